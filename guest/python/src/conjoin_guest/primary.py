"""Which of two accounts survives."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from conjoin_guest.account import Account, Candidate, Side

_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[\x00-\x7f](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):([0-5]\d))", re.ASCII
)


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


def _instant(text: str | None) -> tuple[datetime, int] | None:
    """Whole seconds and nanoseconds: `datetime` has room for six digits only, and reads more than RFC 3339."""
    match = _RFC_3339.fullmatch(text or "")
    if match is None:
        return None
    date, time, fraction, sign, hours, minutes = match.groups()
    try:
        instant = datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=timezone.utc)
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if offset >= timedelta(days=1):
            return None
        instant = instant + offset if sign == "-" else instant - offset
    except (ValueError, OverflowError):
        return None
    return instant, int((fraction or "0")[:9].ljust(9, "0"))
