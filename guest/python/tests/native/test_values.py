"""JSON values: what is equal, and what has no JSON form."""

import inspect
import math
import sys
from enum import Enum, IntEnum
from typing import Any

import pytest

from conjoin_guest import BagPlan, NotJson, merge
from conjoin_guest.values import check, equal, identity, read_object, write


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": [1, 0]}, {"a": [1.0, -0.0]}, True),
        (2**53 + 1, float(2**53), False),
        (2**64 - 1, 2**64 - 1, True),
        (2**64 - 1, float(2**64), False),
        # Beyond 64 bits a number is a double to the host.
        (2**70 + 1, float(2**70), True),
        (1, "1", False),
        (1, True, False),
        (0, None, False),
        (0, False, False),
        ("", None, False),
        ([], {}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": None}, {}, False),
        ({"a": None}, {"b": None}, False),
        ("é", "e\u0301", False),
    ],
)
def test_values_are_equal_by_what_they_are_worth(one: Any, other: Any, same: bool) -> None:
    assert equal(one, other) is same
    assert equal(other, one) is same


class Colour(str, Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [None, True, 1, 1.5, "é"]}, '{"a":[null,true,1,1.5,"é"]}'),
        ((1, 2), "[1,2]"),
        ([Colour.RED, Level.HIGH], '["red",3]'),
        (18446744073709551616, "18446744073709551616"),
        (1e21, "1e+21"),
        ("\U0001f980\u0000", '"🦀\\u0000"'),
    ],
)
def test_what_has_a_json_form_is_written(value: Any, text: str) -> None:
    check(value, "it")
    assert write("it", value) == text


def _cyclic() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


def _deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels - 1):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"a": [0, math.nan]}, "it/a/1 is a number"),
        ({"a": math.inf}, "it/a is a number"),
        (10**400, "it is a number"),
        ({"a": {1, 2}}, "it/a is a set"),
        ({"a": b"x"}, "it/a is a bytes"),
        ({"a": {1: "x"}}, "it/a has a key of the type int"),
        ({"a": {None: "x"}}, "it/a has a key of the type NoneType"),
        ({"a": object()}, "it/a is a object"),
        (_cyclic(), "nested deeper than 100 levels, or holds itself"),
        (_deep(101), "nested deeper than 100 levels, or holds itself"),
        ({"a": "\ud800"}, "lone surrogate"),
        ({"\udfff": 1}, "lone surrogate"),
    ],
)
def test_what_has_no_json_form_is_named_by_its_place(value: Any, complaint: str) -> None:
    with pytest.raises(NotJson, match=complaint):
        check(value, "it")
        write("it", value)


def test_a_hundred_levels_are_allowed() -> None:
    check(_deep(100), "it")
    assert write("it", _deep(100)) == "[" * 100 + "]" * 100


def test_deep_values_need_few_calls() -> None:
    """A component has room for some 230 calls, of which the author's code wants some too."""
    limit = sys.getrecursionlimit()
    one, other = _deep_object(100), _deep_object(100)
    sys.setrecursionlimit(len(inspect.stack()) + 130)
    try:
        assert equal(one, other)
        identity(one)
        merged = merge.recursive(one, _deep_object(99))
        BagPlan.to_result(one, other, merged)
    finally:
        sys.setrecursionlimit(limit)


def _deep_object(levels: int) -> dict[str, Any]:
    nested: dict[str, Any] = {"leaf": levels}
    for _ in range(levels - 1):
        nested = {"k": nested}
    return nested


@pytest.mark.parametrize("text", ["", "{", '{"plan": secret}', "[1]", "null"])
def test_what_is_no_object_is_told_without_its_text(text: str) -> None:
    with pytest.raises(NotJson, match="cannot read settings: not ") as raised:
        read_object("settings", text)
    assert "secret" not in str(raised.value)
