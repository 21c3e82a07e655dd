"""Which of two accounts survives."""

from __future__ import annotations

import re
from datetime import date

from conjoin_guest.account import Account, Candidate, Side

_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[\x00-\x7f]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
_SECONDS_OF_A_DAY = 86_400
_DAYS_OF_400_YEARS = 146_097


def oldest(current: Account, candidate: Candidate) -> Side:
    """The account that was created first; on a tie, the one whose `user_id` sorts first.

    An account without a creation time, or with one that is no RFC 3339, is never the older one: nothing is known of its
    age. Where that goes for both, the current account stays primary.
    """
    ours, theirs = _instant(current.created_at), _instant(candidate.created_at)
    if theirs is None:
        return Side.CURRENT
    if ours is None or (theirs, candidate.user_id) < (ours, current.user_id):
        return Side.FOUND
    return Side.CURRENT


def _instant(text: str | None) -> int | None:
    """Nanoseconds from a day that does not matter. `datetime` has room for microseconds only, and reads more than RFC 3339.

    The rule is the one of the other guest libraries: any ASCII character may stand in the place of the `T`, as RFC 3339
    leaves open, and a leap second, at the end of a month in UTC, is the nanosecond before the next.
    """
    match = _RFC_3339.fullmatch(text or "")
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    fraction, sign, hours, minutes = match.groups()[6:]
    # The calendar repeats itself every 400 years; `date` knows none before the year 1.
    cycle, year = divmod(year, 400)
    try:
        days = date(2000 + year, month, day).toordinal()
    except ValueError:
        return None
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * 60
    seconds = (days * 24 + hour) * 3600 + minute * 60 + second + (offset if sign == "-" else -offset)
    nanoseconds = int((fraction or "0")[:9].ljust(9, "0"))
    if second == 60:
        if seconds % _SECONDS_OF_A_DAY != 0 or date.fromordinal(seconds // _SECONDS_OF_A_DAY).day != 1:
            return None
        nanoseconds = -1
    return (seconds + cycle * _DAYS_OF_400_YEARS * _SECONDS_OF_A_DAY) * 1_000_000_000 + nanoseconds
