"""Lines for the tenant's log, kept with the decision and cut at the tenant's limits. No metadata values in them.

`print` and the standard `logging` end here too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["debug", "info", "warn", "error"]


def debug(message: str) -> None:
    """For the author, while a policy is being written."""
    _sink("debug", message)


def info(message: str) -> None:
    """A fact about the decision."""
    _sink("info", message)


def warn(message: str) -> None:
    """Something the tenant should look at."""
    _sink("warn", message)


def error(message: str) -> None:
    """Something that kept the policy from deciding."""
    _sink("error", message)


def use(sink: Callable[[Level, str], None]) -> None:
    """Sends every further line to `sink`: the component's glue names the host's log, a test a list of its own."""
    global _sink
    _sink = sink


def _to_standard_error(level: Level, message: str) -> None:
    """Outside a component there is no host: tests see the lines on standard error."""
    print(f"{level}: {message}", file=sys.stderr)


_sink: Callable[[Level, str], None] = _to_standard_error
