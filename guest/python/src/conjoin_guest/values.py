"""JSON values: read, written, and compared as values.

Numbers are compared by what they are worth (`1` is `1.0`, `True` is neither), object keys in any order. The same number
is written both ways by different producers, and a policy must not see a conflict there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""A metadata bag, a profile, or any other JSON object, as `json.loads` gives it."""

JsonInput: TypeAlias = "None | bool | int | float | str | Sequence[JsonInput] | Mapping[str, JsonInput]"
"""What may be written into a bag: `None`, `bool`, `int`, `float`, `str`, `list`, `tuple` and `dict` with text keys."""

MOST_LEVELS = 100
"""The contract's limit on nesting."""
_LARGE = 1 << 1000


class NotJson(ValueError):
    """A value that has no JSON form, or one that the contract forbids. Names the place, never the value."""


_SCALARS = frozenset((str, bool, type(None)))
_PLAIN = frozenset((str, bool, int, float))

# The functions below call themselves once for each level and call nothing else on the way (see `runtime.forbidden`), and
# they look at plain values in place: a component pays for every call in fuel.


def equal(one: object, other: object) -> bool:
    """Whether two values are the same JSON value."""
    kind = type(one)
    # Most values are plain and equal; all that follows is for the others.
    if one is other or (kind is type(other) and kind in _PLAIN and one == other):
        return True
    if isinstance(one, dict):
        if not isinstance(other, dict) or len(one) != len(other):
            return False
        for key, item in one.items():
            if key not in other or not equal(item, other[key]):
                return False
        return True
    if isinstance(one, (list, tuple)):
        if not isinstance(other, (list, tuple)) or len(one) != len(other):
            return False
        for item, other_item in zip(one, other, strict=True):
            if not equal(item, other_item):
                return False
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, (int, float)):
        return isinstance(other, (int, float)) and _worth(one) == _worth(other)
    return isinstance(one, str) and isinstance(other, str) and one == other


def identity(value: object) -> Hashable:
    """Something hashable that is the same for two JSON values exactly when they are `equal`, so that values can be kept in a set."""
    if isinstance(value, dict):
        entries: list[Hashable] = ["object"]
        for key in sorted(value):
            item = value[key]
            entries.append(key)
            entries.append(item if type(item) is str else identity(item))
        return tuple(entries)
    if isinstance(value, (list, tuple)):
        items: list[Hashable] = ["array"]
        for item in value:
            items.append(item if type(item) is str else identity(item))
        return tuple(items)
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    return _worth(value) if isinstance(value, (int, float)) else str(value)


def read_object(name: str, text: str) -> JsonObject:
    """Parses a JSON object. Raises `NotJson`, which the host rules out, when it is none."""
    try:
        value = json.loads(text)
    except ValueError as error:
        # Python's own message can quote a value; metadata must not reach a log.
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise NotJson(f"cannot read {name}: not JSON{where}") from None
    if not isinstance(value, dict):
        raise NotJson(f"cannot read {name}: not an object")
    return value


def write(name: str, value: object) -> str:
    """JSON text of a value that `check` has passed. Raises `NotJson` for a lone surrogate in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotJson(f"{name} holds a lone surrogate, which is no text") from None
    return text


def check(value: object, name: str) -> None:
    """Raises `NotJson`, naming the place, unless a value has a JSON form within the contract's limits."""
    if not _is_sound([value], 0):
        _complain(value, name, 0)


def _is_sound(items: Iterable[object], level: int) -> bool:
    """Whether all is well. What is only unusual (a subclass, a very large number) is not: `_complain` looks again."""
    for item in items:
        kind = type(item)
        if kind in _SCALARS:
            continue
        if kind is dict:
            if level == MOST_LEVELS or not _only_text(item) or not _is_sound(item.values(), level + 1):  # type: ignore[attr-defined, arg-type]
                return False
        elif kind is list or kind is tuple:
            if level == MOST_LEVELS or not _is_sound(item, level + 1):  # type: ignore[arg-type]
                return False
        elif not (kind is int or kind is float) or not -_LARGE < item < _LARGE:  # type: ignore[operator]
            return False
    return True


def _only_text(keys: Iterable[object]) -> bool:
    return set(map(type, keys)) <= {str}


def _complain(value: object, place: str, level: int) -> None:
    if isinstance(value, (dict, list, tuple)):
        if level == MOST_LEVELS:
            raise NotJson(f"{place} is nested deeper than {MOST_LEVELS} levels, or holds itself")
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, dict) and not isinstance(key, str):
                raise NotJson(f"{place} has a key of the type {type(key).__name__}; keys of a JSON object are text")
            _complain(item, f"{place}/{key}", level + 1)
    elif isinstance(value, (int, float)):
        if not _fits_a_double(value):
            raise NotJson(f"{place} is a number that JSON or the contract cannot hold")
    elif value is not None and not isinstance(value, str):
        raise NotJson(f"{place} is a {type(value).__name__}, which has no JSON form")


def _worth(number: int | float) -> int | float:
    """Exact for 64-bit integers; what lies beyond them is a double to the host, and so it is here."""
    if -(1 << 63) <= number < 1 << 64 or isinstance(number, float):
        return number
    return float(number) if _fits_a_double(number) else number


def _fits_a_double(number: int | float) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False
