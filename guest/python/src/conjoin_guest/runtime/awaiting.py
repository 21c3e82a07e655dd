"""`async def` hooks run to their end, on an event loop without waiting."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Generator
from typing import Any

_LOOP = "conjoin_guest.runtime.loop"


class NeverFinishes(RuntimeError):
    """A hook that awaits what nothing will bring about."""

    def __init__(self) -> None:
        super().__init__("the hook awaits what never comes: a policy cannot wait, and nothing happens beside it")


def finish(answer: object) -> object:
    """What a hook returned, or what it came to where that was awaitable.

    Raises `NeverFinishes` where it awaits a time or anything else outside of the policy, and where it leaves a task behind.
    """
    if not inspect.isawaitable(answer):
        return answer
    prepare()
    loop = sys.modules.get(_LOOP)
    return _drive(answer.__await__()) if loop is None else loop.run(_as_coroutine(answer))


def prepare() -> None:
    """Loads the event loop where the policy imported `asyncio`, while a component can still import."""
    if "asyncio" in sys.modules and _LOOP not in sys.modules:
        importlib.import_module(_LOOP)


def install() -> None:
    """Has `asyncio.run`, in hooks that are not `async` themselves, use that loop: Python's own asks for sockets."""
    loop = sys.modules.get(_LOOP)
    if loop is not None:
        loop.install()


async def _as_coroutine(answer: Any) -> object:
    return await answer


def _drive(steps: Generator[Any, None, object]) -> object:
    """Without `asyncio` there is nothing to await but other coroutines, so a step that comes back is a bare `yield`."""
    try:
        while True:
            if next(steps) is not None:
                raise NeverFinishes
    except StopIteration as end:
        return end.value
