"""What `merge` answers.

Auth0 drops the secondary's bags at linking, so every first-level key of theirs must be carried, equal already, or named as
discarded: `BagPlan` works that out, and no plan can be built without.
"""

from __future__ import annotations

from dataclasses import dataclass

from conjoin_guest.patch import MOST_OPERATIONS, Patch, Pointer
from conjoin_guest.values import JsonObject, check, equal, write


class PlanTooLarge(ValueError):
    """More operations than a patch may hold."""


@dataclass(frozen=True)
class BagPlan:
    """How one bag of the secondary goes into the primary's: a patch, and the keys that are left behind.

    Made by `to_result`, `by_patch` or `keep_primary`, which keep the two consistent.
    """

    patch: str
    """RFC 6902, as JSON text."""
    discard: tuple[str, ...]
    """RFC 6901 pointers to the secondary's first-level keys that are left behind."""

    def __post_init__(self) -> None:
        """What is no text, or not UTF-8, could not leave the component."""
        for text in (self.patch, *self.discard):
            if not isinstance(text, str):
                raise TypeError("the patch and the pointers of a plan are text")
            if not text.isascii():
                text.encode()

    @classmethod
    def to_result(cls, primary: JsonObject, secondary: JsonObject, result: JsonObject) -> BagPlan:
        """Makes the primary's bag look like `result`. Keys of the secondary that leave no trace in it are named as discarded.

        Raises `PlanTooLarge` when more than 10,000 first-level keys change, `NotJson` when the result has no JSON form.
        """
        check(result, "the bag")
        return cls._of(primary, secondary, Patch.between(primary, result))

    @classmethod
    def by_patch(cls, primary: JsonObject, secondary: JsonObject, patch: Patch) -> BagPlan:
        """Applies the author's own patch.

        Keys of the secondary at or beneath which it writes nothing, and which the primary does not hold with the same
        value, are named as discarded. Raises `PlanTooLarge` beyond 10,000 operations, `NotJson` for a value without a JSON form.
        """
        check([operation.value for operation in patch.operations], "the patch")
        return cls._of(primary, secondary, patch)

    @classmethod
    def _of(cls, primary: JsonObject, secondary: JsonObject, patch: Patch) -> BagPlan:
        if len(patch.operations) > MOST_OPERATIONS:
            raise PlanTooLarge(f"the plan needs more than {MOST_OPERATIONS} operations for one bag")
        text = write("the patch", [operation.as_json() for operation in patch.operations])
        return cls(text, _discarded(primary, secondary, patch))

    @classmethod
    def keep_primary(cls, primary: JsonObject, secondary: JsonObject) -> BagPlan:
        """Leaves the primary's bag as it is and names every key of the secondary that differs as discarded."""
        return cls.by_patch(primary, secondary, Patch())


@dataclass(frozen=True)
class Plan:
    """How the secondary's metadata goes into the primary's."""

    user_metadata: BagPlan
    app_metadata: BagPlan


def _discarded(primary: JsonObject, secondary: JsonObject, patch: Patch) -> tuple[str, ...]:
    written = {operation.path.first for operation in patch.operations if operation.op in ("add", "replace")}
    removed = {operation.path.first for operation in patch.operations if operation.op == "remove"}
    discarded = []
    for key, value in secondary.items():
        if key in written or (key in primary and key not in removed and equal(primary[key], value)):
            continue
        discarded.append(str(Pointer.key(key)))
    return tuple(discarded)
