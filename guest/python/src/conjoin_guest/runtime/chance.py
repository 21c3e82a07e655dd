"""`random`, `secrets`, `uuid` and `os.urandom` are drawn from the event's seed.

A stubbed component would answer the number that was drawn at build, for every person the same.
"""

from __future__ import annotations

import os
import random
from typing import Any

# None while no event is being decided.
_event_seed: str | None = None
# What `os.urandom` and unseeded generators draw from, made when it is first asked: most policies never do.
_source: random.Random | None = None
_real_seed = random.Random.seed
_real_urandom = os.urandom


def set_seed(seed: str | None) -> None:
    """Begins all chance anew from a seed; `None` gives it back to Python."""
    global _event_seed, _source
    _event_seed, _source = seed, None
    random.seed(None if seed is None else f"random {seed}")


def install() -> None:
    """Puts the sources in place. Once for a process; a second time changes nothing."""
    random.Random.seed = _seed  # type: ignore[method-assign]
    # Bound when `random` was imported, to the method that was there.
    random.seed = random._inst.seed
    random._urandom = os.urandom = _urandom  # type: ignore[attr-defined]


def _seed(self: random.Random, a: Any = None, version: int = 2) -> None:
    if a is None and _event_seed is not None:
        a = _stream(_event_seed).getrandbits(128)
    _real_seed(self, a, version)


def _urandom(size: int, /) -> bytes:
    return _real_urandom(size) if _event_seed is None else _stream(_event_seed).randbytes(size)


def _stream(seed: str) -> random.Random:
    global _source
    if _source is None:
        _source = random.Random(f"urandom {seed}")
    return _source
