"""Files, sockets, processes, threads and late imports raise, where a component would trap without a text."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

_FORBIDDEN = (
    "ctypes.",
    "glob.",
    "mmap.",
    "os.",
    "pathlib.",
    "shutil.",
    "socket.",
    "subprocess.",
    "tempfile.",
)
_BUILT_IN = frozenset(sys.builtin_module_names)
# Of those without an audit event: what `os.path`, `linecache` and imports look files up with.
_LOOKUPS = ("stat", "lstat", "access", "readlink", "get_terminal_size")

# Deep recursion through C (`repr`, `sorted`, `==`) ends the component's stack, which nothing can catch, at some 190
# levels of two calls each or 240 of one. A hundred levels of JSON, walked with two calls a level, fit. An author who
# needs more says so with `sys.setrecursionlimit` at the top of the policy.
_MOST_CALLS = 230
_PYTHONS_OWN = 1000


def install() -> None:
    """Once for a process, since an audit hook cannot be taken back: only inside a component."""
    sys.addaudithook(_audit)
    if sys.getrecursionlimit() == _PYTHONS_OWN:
        sys.setrecursionlimit(_MOST_CALLS)
    for name in (*_LOOKUPS, "_exit", "abort", "kill"):
        if hasattr(os, name):
            setattr(os, name, _refused)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "import":
        if arguments[0] not in _BUILT_IN:
            raise ImportError(
                f"cannot import {arguments[0]} while deciding: a component has no files; import it at the top of the policy",
                name=arguments[0],
            )
    elif event == "open" or event.startswith(_FORBIDDEN):
        raise PermissionError(f"a policy has no files, sockets or processes ({event})")
    elif event == "_thread.start_new_thread":
        raise RuntimeError("a policy has no threads")


def _refused(*_: Any, **__: Any) -> NoReturn:
    raise PermissionError("a policy has no files, sockets or processes")
