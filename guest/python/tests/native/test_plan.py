"""Patches and plans, by example."""

import json
from typing import Any

import pytest

from conjoin_guest import BagPlan, Operation, Patch, PlanTooLarge, Pointer
from conjoin_guest.patch import MOST_OPERATIONS, MOST_OPERATIONS_PER_KEY


def between(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation.as_json() for operation in Patch.between(before, after).operations]


def test_only_what_changed_is_written_at_its_own_place() -> None:
    before = {"a": 1, "b": {"c": 1, "d": [1]}, "x": 0}
    after = {"a": 1.0, "b": {"c": 1, "d": [1, 2], "e~/": None}}
    assert between(before, after) == [
        {"op": "remove", "path": "/x"},
        {"op": "replace", "path": "/b/d", "value": [1, 2]},
        {"op": "add", "path": "/b/e~0~1", "value": None},
    ]


def test_a_key_with_many_changes_is_replaced_whole() -> None:
    after = {str(n): n for n in range(MOST_OPERATIONS_PER_KEY + 1)}
    assert between({"a": {}}, {"a": after}) == [{"op": "replace", "path": "/a", "value": after}]


def test_many_keys_with_a_few_changes_each_stay_within_the_limit() -> None:
    before: dict[str, Any] = {str(n): {} for n in range(MOST_OPERATIONS)}
    after = {str(n): {"a": 1, "b": 2} for n in range(MOST_OPERATIONS)}
    assert len(between(before, after)) == MOST_OPERATIONS


def test_more_changes_than_a_patch_may_hold_are_an_error() -> None:
    secondary = {str(n): n for n in range(MOST_OPERATIONS + 1)}
    with pytest.raises(PlanTooLarge):
        BagPlan.to_result({}, secondary, secondary)


def test_every_key_is_carried_equal_or_discarded() -> None:
    primary = {"same": 1, "conflict": "p", "part": {"a": 1}, "gone": 1}
    secondary = {"same": 1.0, "conflict": "s", "part": {"b": 2}, "new/~": 1, "gone": 1}
    result = {"same": 1, "conflict": "p", "part": {"a": 1, "b": 2}, "new/~": 1}
    assert BagPlan.to_result(primary, secondary, result).discard == ("/conflict", "/gone")


def test_a_test_operation_carries_nothing() -> None:
    patch = Patch([Operation("test", Pointer.key("a"), 1)])
    assert BagPlan.by_patch({"a": 1}, {"a": 2}, patch) == BagPlan('[{"op":"test","path":"/a","value":1}]', ("/a",))


def test_the_empty_key_is_a_key() -> None:
    assert BagPlan.keep_primary({}, {"": 1}) == BagPlan("[]", ("/",))


def test_the_root_cannot_be_pointed_at() -> None:
    with pytest.raises(ValueError, match="root"):
        Pointer("")


def test_numbers_in_untouched_keys_are_not_written_again() -> None:
    """What Python reads as a double keeps its digits, since a patch does not mention it."""
    bag = json.loads('{"decimal": 0.12345678901234567890123, "big": 123456789012345678901234567890, "x": 1}')
    plan = BagPlan.to_result(bag, {}, {**bag, "x": 2})
    assert plan.patch == '[{"op":"replace","path":"/x","value":2}]'


def test_large_integers_that_are_carried_keep_their_digits() -> None:
    secondary = json.loads('{"big": 9007199254740993, "list": [18446744073709551615]}')
    plan = BagPlan.to_result({}, secondary, secondary)
    assert "9007199254740993" in plan.patch and "18446744073709551615" in plan.patch
