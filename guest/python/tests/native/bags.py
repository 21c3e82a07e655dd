"""Generated metadata bags, and what the host's guards ask of a plan, stated once more and without its code."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonpatch
from hypothesis import strategies

from conjoin_guest import Arrays, BagPlan
from conjoin_guest.values import JsonObject

# Few keys and few scalars, so that two bags meet often.
_KEYS = strategies.sampled_from(["a", "b", "0", "", "a/b", "~1", "__proto__"])
_SCALARS = strategies.sampled_from([None, True, False, 0, 1, 1.0, -0.0, 2**53 + 1, 1e300, "", "a", "é", "🦀"])
_VALUES: strategies.SearchStrategy[Any] = strategies.recursive(
    _SCALARS,
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=24,
)
BAGS = strategies.dictionaries(_KEYS, _VALUES, max_size=4)
ARRAYS = strategies.sampled_from(Arrays)


def applied(before: JsonObject, plan: BagPlan) -> JsonObject:
    """A bag with a plan's patch applied, by a library that knows nothing of ours."""
    after = jsonpatch.apply_patch(json.loads(json.dumps(before)), plan.patch)
    assert isinstance(after, dict)
    return after


def written(plan: BagPlan) -> list[str]:
    """The first-level keys that a patch touches, unescaped. None but the operations that the contract allows."""
    operations = json.loads(plan.patch)
    assert all(operation["op"] in ("add", "remove", "replace") and operation["path"] for operation in operations)
    return [unescaped(operation["path"].split("/")[1]) for operation in operations]


def unescaped(segment: str) -> str:
    return segment.replace("~1", "/").replace("~0", "~")


def census(*bags: JsonObject) -> Counter[tuple[str, ...]]:
    """Scalars by place, array indexes and the numeric key as one."""
    return Counter(leaf for bag in bags for leaf in _leaves(bag, ()))


def keys_stand(before: JsonObject, after: JsonObject) -> bool:
    """Whether every key of an object, at every depth, is still there."""
    return all(
        key in after and (not (isinstance(old, dict) and isinstance(after[key], dict)) or keys_stand(old, after[key]))
        for key, old in before.items()
    )


def _leaves(value: Any, place: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*place, "*" if key == "0" else key))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, (*place, "*"))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield (*place, f"number {float(value) + 0.0}")
    elif value is not None:
        yield (*place, repr(value))
