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
        ("2020-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", Side.CURRENT),
        ("yesterday", "2019-01-01T00:00:00Z", Side.FOUND),
        (None, None, Side.CURRENT),
    ],
)
def test_instants_are_compared(current: str | None, found: str | None, side: Side) -> None:
    account = Account("auth0|m", None, True, current, None, 0, (), "{}", "{}", "{}")
    assert oldest(account, Candidate("auth0|z", "c", "auth0", False, found, None, 0)) is side
