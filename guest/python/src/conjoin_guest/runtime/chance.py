"""`random`, `secrets`, `uuid` and `os.urandom` are drawn from the event's seed.

A stubbed component would answer the number that was drawn at build, for every person the same.
"""

from __future__ import annotations

import os
import random
from typing import Any

# What `os.urandom` and unseeded generators draw from; none while no event is being decided.
_source: random.Random | None = None
_real_seed = random.Random.seed
_real_urandom = os.urandom


def set_seed(seed: str | None) -> None:
    """Begins all chance anew from a seed; `None` gives it back to Python."""
    global _source
    if seed is None:
        _source = None
        random.seed()
        return
    _source = random.Random(f"urandom {seed}")
    random.seed(f"random {seed}")


def install() -> None:
    """Puts the sources in place. Once for a process; a second time changes nothing."""
    random.Random.seed = _seed  # type: ignore[method-assign]
    # Bound when `random` was imported, to the method that was there.
    random.seed = random._inst.seed  # type: ignore[attr-defined]
    random._urandom = os.urandom = _urandom  # type: ignore[attr-defined]


def _seed(self: random.Random, a: Any = None, version: int = 2) -> None:
    if a is None and _source is not None:
        a = _source.getrandbits(128)
    _real_seed(self, a, version)


def _urandom(size: int, /) -> bytes:
    return _real_urandom(size) if _source is None else _source.randbytes(size)
