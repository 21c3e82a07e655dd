"""RFC 6902 JSON Patch, as far as the contract allows it: add, remove, replace, test, never the root."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from conjoin_guest.values import JsonInput, JsonObject, equal

MOST_OPERATIONS = 10_000
"""At most so many operations may a patch have; the host refuses more."""

MOST_OPERATIONS_PER_KEY = 16
"""Beyond so many changes below one first-level key, the key is replaced whole.

The host writes first-level keys whole in any case, and one value is shorter than many operations with their paths.
"""

Path: TypeAlias = tuple[str, ...]


class Pointer(str):
    """An RFC 6901 JSON Pointer of at least one segment: the root, which no patch may touch, cannot be said."""

    __slots__ = ()

    def __new__(cls, text: str) -> Pointer:
        """As RFC 6901 writes it. Raises `ValueError` for the root."""
        if not text.startswith("/"):
            raise ValueError("a pointer begins with `/`; the root cannot be patched")
        return super().__new__(cls, text)

    @classmethod
    def key(cls, name: str) -> Pointer:
        """Points to a first-level key."""
        return cls("/" + _escaped(name))

    def child(self, name: str) -> Pointer:
        """One level deeper: a key, the index of an item, or `-` for the end of an array."""
        return Pointer(f"{self}/{_escaped(name)}")

    @property
    def first(self) -> str:
        """The first-level key at or beneath which this is."""
        return self.split("/", 2)[1].replace("~1", "/").replace("~0", "~")


class Operation(NamedTuple):
    """One step of a patch. `remove` has no value."""

    op: Literal["add", "remove", "replace", "test"]
    path: Pointer
    value: JsonInput = None

    def as_json(self) -> JsonObject:
        """As RFC 6902 writes it."""
        if self.op == "remove":
            return {"op": self.op, "path": self.path}
        return {"op": self.op, "path": self.path, "value": self.value}


@dataclass
class Patch:
    """Operations against one metadata bag of the primary, in order."""

    operations: list[Operation] = field(default_factory=list)

    @classmethod
    def between(cls, before: JsonObject, after: JsonObject) -> Patch:
        """What turns `before` into `after`. Both must be JSON values.

        Objects are compared key by key, everything else whole; values equal as JSON are left alone.
        """
        patch = cls._between_within(before, after, MOST_OPERATIONS_PER_KEY)
        if len(patch.operations) <= MOST_OPERATIONS:
            return patch
        return cls._between_within(before, after, 1)

    @classmethod
    def _between_within(cls, before: JsonObject, after: JsonObject, most_per_key: int) -> Patch:
        patch = cls([Operation("remove", Pointer.key(key)) for key in before if key not in after])
        for key, value in after.items():
            if key in before and before[key] is value:
                continue
            start = len(patch.operations)
            patch._change((), before, key, value)
            if len(patch.operations) - start > most_per_key:
                patch.operations[start:] = [Operation("replace", Pointer.key(key), value)]
        return patch

    def _change(self, around: Path, before: JsonObject, key: str, after: Any) -> None:
        """One key of an object. Calls itself once for each level: see `runtime.forbidden`."""
        if key not in before:
            self.operations.append(Operation("add", _pointer(around, key), after))
            return
        old = before[key]
        if not isinstance(old, dict) or not isinstance(after, dict):
            if not equal(old, after):
                self.operations.append(Operation("replace", _pointer(around, key), after))
        elif old is not after:
            path = (*around, key)
            self.operations.extend([Operation("remove", _pointer(path, gone)) for gone in old if gone not in after])
            for name, value in after.items():
                self._change(path, old, name, value)


def _pointer(around: Path, key: str) -> Pointer:
    return Pointer("".join([f"/{_escaped(segment)}" for segment in (*around, key)]))


def _escaped(segment: str) -> str:
    return segment.replace("~", "~0").replace("/", "~1")
