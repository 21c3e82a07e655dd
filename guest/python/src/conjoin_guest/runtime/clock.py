"""`time` and `datetime` say the event's time, which stands still."""

from __future__ import annotations

import datetime as datetime_module
import time as time_module
from collections.abc import Callable
from typing import Any, SupportsIndex

_NANOSECONDS = 1_000_000_000
_RealDate = datetime_module.date
_RealDatetime = datetime_module.datetime

# Seconds since 1970; none while no event is being decided.
_now: int | None = None


class CannotWait(RuntimeError):
    """A policy must not wait: the clock stands still."""

    def __init__(self) -> None:
        super().__init__("a policy cannot wait: time stands still while it decides")


def set_now(rfc3339: str | None) -> None:
    """What every clock says from now on; `None` gives them back to Python."""
    global _now
    _now = None if rfc3339 is None else int(_RealDatetime.fromisoformat(rfc3339).timestamp())


def install() -> None:
    """Puts the clocks in place. Once for a process; a second time changes nothing."""
    if datetime_module.datetime is _Datetime:
        return
    # The same as the host's `wasi:clocks`: every clock counts from 1970.
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        _replace(name, lambda now: float(now))
        _replace(f"{name}_ns", lambda now: now * _NANOSECONDS)
    for name in ("gmtime", "localtime", "ctime"):
        _replace_default(name, lambda now: now, position=0)
    _replace_default("asctime", lambda now: time_module.gmtime(now), position=0)
    _replace_default("strftime", lambda now: time_module.gmtime(now), position=1)
    _replace_sleep()
    datetime_module.date = _Date  # type: ignore[misc]
    datetime_module.datetime = _Datetime  # type: ignore[misc]


def _replace(name: str, read: Callable[[int], float]) -> None:
    real = getattr(time_module, name, None)
    if real is not None:
        setattr(time_module, name, lambda: real() if _now is None else read(_now))


def _replace_default(name: str, read: Callable[[int], Any], position: int) -> None:
    """For functions whose time, the argument at `position`, is now when it is left out."""
    real = getattr(time_module, name)

    def replaced(*arguments: Any) -> Any:
        if _now is not None and (len(arguments) == position or arguments[position:] == (None,)):
            arguments = (*arguments[:position], read(_now))
        return real(*arguments)

    setattr(time_module, name, replaced)


def _replace_sleep() -> None:
    real = time_module.sleep

    def sleep(seconds: SupportsIndex | float, /) -> None:
        if _now is not None:
            raise CannotWait
        real(seconds)

    time_module.sleep = sleep


class _AlsoReal(type):
    """`isinstance` and `issubclass` of the replaced classes, for values that were made by the real ones."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.__bases__[0])

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.__bases__[0])


class _Date(_RealDate, metaclass=_AlsoReal):
    @classmethod
    def today(cls) -> _Date:
        return cls.fromtimestamp(time_module.time())


class _Datetime(_RealDatetime, metaclass=_AlsoReal):
    @classmethod
    def now(cls, tz: datetime_module.tzinfo | None = None) -> _Datetime:
        return super().now(tz) if _now is None else cls.fromtimestamp(_now, tz)

    @classmethod
    def today(cls) -> _Datetime:
        return cls.now()

    @classmethod
    def utcnow(cls) -> _Datetime:
        return cls.now(datetime_module.timezone.utc).replace(tzinfo=None)


for _class, _name in ((_Date, "date"), (_Datetime, "datetime")):
    _class.__module__, _class.__name__, _class.__qualname__ = "datetime", _name, _name
