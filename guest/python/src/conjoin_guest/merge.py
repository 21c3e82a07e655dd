"""Merge strategies: what a bag becomes. `BagPlan.to_result` turns the answer into a plan."""

from __future__ import annotations

from enum import Enum
from typing import Any

from conjoin_guest.values import JsonObject, identity


class Arrays(Enum):
    """What two arrays at the same place become. Their items are never looked into."""

    CONCAT = "concat"
    """The primary's items, then the secondary's. Duplicates stay."""
    UNION = "union"
    """The primary's items, then the secondary's, each value where it occurs first and nowhere else."""
    PRIMARY = "primary"
    """The primary's array, as it is."""


def recursive(primary: JsonObject, secondary: JsonObject, arrays: Arrays = Arrays.CONCAT) -> JsonObject:
    """Both bags in one, as a new object.

    Keys that only one side has are kept, objects on both sides are merged key by key, arrays on both sides become what
    `arrays` says, and in every other conflict the primary's value stands, `None` included.
    """
    merged = dict(primary)
    for key, theirs in secondary.items():
        if key not in merged:
            merged[key] = theirs
            continue
        ours = merged[key]
        if isinstance(ours, dict) and isinstance(theirs, dict):
            merged[key] = recursive(ours, theirs, arrays)
        elif isinstance(ours, list) and isinstance(theirs, list):
            merged[key] = join(ours, theirs, arrays)
    return merged


def join(primary: list[Any], secondary: list[Any], arrays: Arrays) -> list[Any]:
    """What two arrays become."""
    if arrays is Arrays.PRIMARY:
        return primary
    both = primary + secondary
    if arrays is Arrays.CONCAT:
        return both
    seen = set()
    union = []
    for item in both:
        known = identity(item)
        if known not in seen:
            seen.add(known)
            union.append(item)
    return union
