"""An exception as text for the tenant's log: its type, its message, and where in the policy it came from."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from types import TracebackType

# Where a hook took the wrong turn is at the beginning, what failed at the end.
_FIRST_FRAMES, _LAST_FRAMES = 3, 5
_MOST_CHARACTERS = 500
_LIBRARY = os.path.dirname(__file__)


def told(error: BaseException) -> str:
    """What was raised, then its cause, each with the last few places. Never raises.

    Source lines are not quoted: a component has no files to read them from.
    """
    return "\ncaused by ".join(_one(link) for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """At most four, since exceptions can name each other in a circle."""
    link: BaseException | None = error
    for _ in range(4):
        if link is None:
            return
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _one(error: BaseException) -> str:
    try:
        message = str(error)
    except BaseException:  # an author's `__str__` can fail as well
        message = "(its message cannot be read)"
    # A lone surrogate cannot leave the component.
    message = message[:_MOST_CHARACTERS].encode(errors="replace").decode()
    name = type(error).__name__
    return "\n".join([f"{name}: {message}" if message else name, *_places(error.__traceback__)])


def _places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(_LIBRARY):
            places.append(f"  at {os.path.basename(code.co_filename)}:{traceback.tb_lineno} in {code.co_name}")
        traceback = traceback.tb_next
    left_out = len(places) - _FIRST_FRAMES - _LAST_FRAMES
    if left_out > 0:
        places[_FIRST_FRAMES:-_LAST_FRAMES] = [f"  ... {left_out} more"]
    return places
