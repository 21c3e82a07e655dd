"""Which account is older. The rest is in the cases of `joined`."""

import pytest

from conjoin_guest import Account, Candidate, Side
from conjoin_guest.primary import oldest


@pytest.mark.parametrize(
    ("current", "found", "side"),
    [
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000000001Z", Side.CURRENT),
        ("2020-01-01T00:00:00.000000002Z", "2020-01-01T00:00:00.000000001Z", Side.FOUND),
        ("2020-01-01T00:00:00Z", "2020-01-01 00:00:00-00:01", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2020-01-01t00:00:00+00:01", Side.FOUND),
        # `datetime.fromisoformat` reads these; RFC 3339 does not.
        ("2020-01-01T00:00:00Z", "2019-01-01", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "20190101T000000Z", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2019-01-01T00:00:00", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2019-02-30T00:00:00Z", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2019-01-01T00:00:00+24:00", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2019-01-01T00:00:00+23:60", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2019-01-01T24:00:00Z", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2019-01-01T00:00:00.Z", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2019-01-01\u00e900:00:00Z", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2019-01-01T00:00:00Z\n", Side.CURRENT),
        # As in Rust: any ASCII character may part date and time, and no year is too early.
        ("2020-01-01T00:00:00Z", "2019-01-01_00:00:00Z", Side.FOUND),
        ("2020-01-01T00:00:00Z", "2019-01-01500:00:00Z", Side.FOUND),
        ("2020-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", Side.FOUND),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00+00:01", Side.FOUND),
        # A leap second is the nanosecond before the next month, in UTC.
        ("2017-01-01T00:00:00Z", "2016-12-31T23:59:60Z", Side.FOUND),
        ("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999998Z", Side.FOUND),
        ("2016-12-31T22:59:60.5-01:00", "2016-12-31T23:59:59.999999999Z", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2016-12-30T23:59:60Z", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2016-12-31T22:59:60Z", Side.CURRENT),
        ("2020-01-01T00:00:00Z", "2016-12-31T23:59:61Z", Side.CURRENT),
        ("yesterday", "2019-01-01T00:00:00Z", Side.FOUND),
        (None, None, Side.CURRENT),
    ],
)
def test_instants_are_compared(current: str | None, found: str | None, side: Side) -> None:
    account = Account("auth0|m", None, True, current, None, 0, (), "{}", "{}", "{}")
    assert oldest(account, Candidate("auth0|z", "c", "auth0", False, found, None, 0)) is side
