"""Reading JSON objects key by key, with the key in every complaint."""

from __future__ import annotations

import json
from typing import Any, TypeVar

T = TypeVar("T")


class CaseError(ValueError):
    """A case that cannot be read. Says what is wrong with the text; values are the case author's own."""


_MISSING: Any = object()


class Fields:
    """An object whose keys are taken one by one, so that what is left over can be refused."""

    def __init__(self, place: str, value: object) -> None:
        self._place = place
        self._left = dict(expect(dict, place, value))

    def take(self, key: str, kind: type[T], default: T = _MISSING) -> T:
        """A key that may be left out where there is a default, and may not be `null`."""
        value = self._left.pop(key, _MISSING)
        if value is not _MISSING:
            return expect(kind, f"{self._place}.{key}", value)
        if default is _MISSING:
            raise CaseError(f"`{self._place}` needs the key `{key}`")
        return default

    def take_optional(self, key: str, kind: type[T], default: T | None = None) -> T | None:
        """A key that may be left out or `null`."""
        value = self._left.pop(key, _MISSING)
        if value is _MISSING:
            return default
        return None if value is None else expect(kind, f"{self._place}.{key}", value)

    def rest(self) -> dict[str, Any]:
        """Everything not yet taken."""
        rest, self._left = self._left, {}
        return rest

    def end(self) -> None:
        """Raises `CaseError` when a key is left."""
        if self._left:
            raise CaseError(f"`{self._place}` has no key `{sorted(self._left)[0]}`")


def expect(kind: type[T], place: str, value: object) -> T:
    """A value of a type; an integer is not taken for a boolean nor the reverse."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CaseError(f"`{place}` is not of the type {kind.__name__}: {json.dumps(value)[:80]}")
    return value
