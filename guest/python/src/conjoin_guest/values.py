"""JSON values: read, written, and compared as values.

Numbers are compared by what they are worth (`1` is `1.0`, `True` is neither), object keys in any order. The same number
is written both ways by different producers, and a policy must not see a conflict there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""A metadata bag, a profile, or any other JSON object, as `json.loads` gives it."""

JsonInput: TypeAlias = "None | bool | int | float | str | Sequence[JsonInput] | Mapping[str, JsonInput]"
"""What may be written into a bag: `None`, `bool`, `int`, `float`, `str`, `list`, `tuple` and `dict` with text keys."""

MOST_LEVELS = 100
"""The contract's limit on nesting."""


class NotJson(ValueError):
    """A value that has no JSON form, or one that the contract forbids. Names the place, never the value."""


# `equal`, `identity` and `check` call themselves once for each level and call nothing else on the way: see `runtime.forbidden`.


def equal(one: object, other: object) -> bool:
    """Whether two values are the same JSON value."""
    if one is other:
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


def identity(value: object) -> str:
    """A text that is the same for two values exactly when they are `equal`, so that values can be kept in a set."""
    if isinstance(value, dict):
        entries = []
        for key in sorted(value):
            entries.append(f"{json.dumps(key)}:{identity(value[key])}")
        return "{" + ",".join(entries) + "}"
    if isinstance(value, (list, tuple)):
        items = []
        for item in value:
            items.append(identity(item))
        return "[" + ",".join(items) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        worth = _worth(value)
        # What is equal to a 64-bit integer is written like one.
        return str(int(worth) if worth == worth // 1 and _is_64_bit(int(worth)) else worth)
    return json.dumps(value)


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
    """JSON text of a value. Raises `NotJson` with the place of what has no JSON form."""
    check(value, name)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotJson(f"{name} holds a lone surrogate, which is no text") from None
    return text


def check(value: object, place: str, level: int = 0) -> None:
    """Raises `NotJson`, naming the place, unless a value has a JSON form within the contract's limits."""
    kind = type(value)
    if kind is str or kind is int and -(1 << 64) < value < 1 << 64 or value is None or kind is bool:  # type: ignore[operator]
        return
    if isinstance(value, (dict, list, tuple)):
        if level == MOST_LEVELS:
            raise NotJson(f"{place} is nested deeper than {MOST_LEVELS} levels, or holds itself")
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, str):
                    raise NotJson(f"{place} has a key of the type {type(key).__name__}; keys of a JSON object are text")
                check(item, f"{place}/{key}", level + 1)
        else:
            for at, item in enumerate(value):
                check(item, f"{place}/{at}", level + 1)
    elif isinstance(value, (int, float)):
        if not _fits_a_double(value):
            raise NotJson(f"{place} is a number that JSON or the contract cannot hold")
    elif not isinstance(value, str):
        raise NotJson(f"{place} is a {kind.__name__}, which has no JSON form")


def _worth(number: int | float) -> int | float:
    """Exact for 64-bit integers; what lies beyond them is a double to the host, and so it is here."""
    if isinstance(number, int) and not _is_64_bit(number):
        return float(number) if _fits_a_double(number) else number
    return number


def _is_64_bit(number: int) -> bool:
    return -(1 << 63) <= number < 1 << 64


def _fits_a_double(number: int | float) -> bool:
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False
