"""An event loop for policies that use `asyncio`: everything that is ready runs, in order, and nothing waits.

Imported only where the policy imports `asyncio` itself, which makes a component larger.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, NoReturn, TypeVarTuple

from conjoin_guest import log
from conjoin_guest.runtime.awaiting import NeverFinishes

_Ts = TypeVarTuple("_Ts")


class _Loop(asyncio.AbstractEventLoop):
    def __init__(self) -> None:
        self._ready: deque[asyncio.Handle] = deque()
        self._tasks: list[asyncio.Task[Any]] = []

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Time stands still: a timer never fires, so that `asyncio.timeout` works and `asyncio.sleep` never ends."""
        return asyncio.TimerHandle(when, callback, args, self, context)

    def call_later(
        self, delay: float, callback: Callable[[*_Ts], object], *args: *_Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(delay, callback, *args, context=context)

    def time(self) -> float:
        return 0.0

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=self, **options)
        self._tasks.append(task)
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        log.error(f"{context.get('message')}: {type(error).__name__}" if error else str(context.get("message")))

    def run_ready(self) -> None:
        """Runs what is ready, and what becomes ready by it."""
        while self._ready:
            handle = self._ready.popleft()
            if not handle.cancelled():
                handle._run()

    def unfinished(self) -> bool:
        return not all(task.done() for task in self._tasks)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Asked of a loop by its timers; there is no list of them here."""


def install() -> None:
    """Puts `run` in the place of `asyncio.run`, and an exception in the place of loops that could wait."""
    asyncio.run = lambda main, **_: run(main)
    asyncio.new_event_loop = asyncio.events.new_event_loop = _no_loop


def _no_loop() -> NoReturn:
    raise RuntimeError("a policy has no event loop of its own: make the hook `async def`, or use `asyncio.run`")


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine comes to. Raises `NeverFinishes` when it, or a task that it began, does not end."""
    if asyncio._get_running_loop() is not None:
        coroutine.close()
        raise RuntimeError("asyncio.run() cannot be called from a running event loop: use `await`")
    # What it does not have, nothing in a component could ask for.
    loop = _Loop()  # type: ignore[abstract]
    asyncio._set_running_loop(loop)
    try:
        task = loop.create_task(coroutine)
        loop.run_ready()
        if task.done():
            task.result()
        if loop.unfinished():
            raise NeverFinishes
        return task.result()
    finally:
        asyncio._set_running_loop(None)
