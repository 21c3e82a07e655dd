"""A policy that does what its settings say, to see what becomes of it in a component."""

import asyncio
import datetime
import json
import logging
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid
import warnings
from collections.abc import Callable
from datetime import date
from datetime import datetime as named_datetime
from pathlib import Path
from time import time as named_time
from typing import Any

from conjoin_guest import Description, MergeApi, MergeEvent, SelectCandidatesApi, SelectCandidatesEvent, log

DESCRIPTION = Description("probe", "1.0.0", "Does what its settings say.")

# An author's own handler and stream, bound while the component is built.
logging.basicConfig(stream=sys.stderr)
calls = 0


def tell(*values: object) -> None:
    print(json.dumps(values))


def chance() -> None:
    shuffled = list(range(20))
    random.shuffle(shuffled)
    unseeded = [random.Random().random(), random.SystemRandom().random()]
    tell(shuffled, random.random(), unseeded, secrets.token_hex(8), str(uuid.uuid4()), os.urandom(8).hex())
    random.seed()
    tell(random.random())
    random.seed(7)
    tell(random.random(), random.Random(7).random())


def clock() -> None:
    tell(time.time(), time.time_ns(), time.monotonic(), time.perf_counter_ns(), named_time())
    tell(
        str(named_datetime.now()),
        str(datetime.datetime.now(datetime.UTC)),
        str(date.today()),
        str(datetime.date.today()),
    )
    tell(time.strftime("%Y-%m-%d"), time.gmtime()[:3], time.localtime(None)[:3], time.ctime(), time.asctime())
    made = [
        datetime.datetime(2020, 1, 2),
        named_datetime.now() + datetime.timedelta(1),
        datetime.datetime.strptime("2020", "%Y"),
    ]
    tell([str(one) for one in made], [[isinstance(one, kind) for kind in (named_datetime, date)] for one in made])


def output() -> None:
    print("one", 2)
    print("no line break", end="")
    print("to stderr", file=sys.stderr)
    print("wide: é🦀 and lone: \ud800")
    log.error("by the library")
    logging.getLogger("mine").info("info %s", 1)
    logging.getLogger("mine").debug("not seen")
    logging.getLogger("mine").critical("critical")
    logging.getLogger("mine").info("broken %d", "x")
    warnings.warn("a warning", stacklevel=1)
    try:
        json.loads("nonsense")
    except ValueError:
        logging.exception("caught")
        tell(traceback.format_exc().splitlines()[-1])
    sys.stdout.flush()


def forbidden() -> None:
    """Each one alone, and the call goes on."""
    refused: list[tuple[str, Callable[[], object]]] = [
        ("open", lambda: open("x")),
        ("read", lambda: Path("x").read_text()),
        ("listdir", lambda: os.listdir(".")),
        ("stat", lambda: os.stat(".")),
        ("mkdir", lambda: os.mkdir("x")),
        ("mkstemp", lambda: tempfile.mkstemp()),
        ("socket", lambda: socket.create_connection(("127.0.0.1", 1))),
        ("getaddrinfo", lambda: socket.getaddrinfo("example.com", 443)),
        ("popen", lambda: subprocess.run(["true"])),
        ("system", lambda: os.system("true")),
        ("thread", lambda: threading.Thread(target=print).start()),
        ("sleep", lambda: time.sleep(1)),
        ("import", lambda: __import__("decimal")),
        ("input", lambda: input()),
        ("exit", lambda: os._exit(0)),
        ("abort", lambda: os.abort()),
        ("terminal", lambda: os.get_terminal_size()),
    ]
    for name, act in refused:
        try:
            act()
            tell(name, None)
        except BaseException as error:
            tell(name, type(error).__name__)
    tell(os.path.exists("x"), Path("x").exists(), dict(os.environ))


def chaos() -> None:
    """What differs between two builds must not differ between two calls."""
    tell(list({f"key {n}" for n in range(50)}), hash("a"), id(object()) > 0)


def recursion() -> None:
    recursion()


class Mirror:
    def __repr__(self) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return [self] == [other] or [other] == [self, self]


def sorting(depth: int = 0) -> object:
    return sorted([1], key=lambda _: sorting(depth + 1))  # type: ignore[arg-type, return-value]


def endless() -> None:
    while True:
        pass


def allocation() -> None:
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def raise_(error: BaseException) -> None:
    raise error


ACTS: dict[str, Callable[[], object]] = {
    "chance": chance,
    "clock": clock,
    "output": output,
    "forbidden": forbidden,
    "chaos": chaos,
    "recursion": recursion,
    "repr": lambda: repr(Mirror()),
    "equality": lambda: Mirror() == Mirror(),
    "sorting": sorting,
    "endless": endless,
    "allocation": allocation,
    "raise": lambda: raise_(ValueError("as asked")),
    "surrogate": lambda: raise_(ValueError("lone: \ud800")),
    "exit": lambda: sys.exit(3),
    "interrupt": lambda: raise_(KeyboardInterrupt()),
    "too much": lambda: "a" * (1 << 62),
    "late import": lambda: __import__("decimal"),
    "run": lambda: tell(asyncio.run(_answer())),
    "own loop": lambda: asyncio.new_event_loop(),
}

VALUES: dict[str, Callable[[], Any]] = {
    "not a number": lambda: float("nan"),
    "set": lambda: {1},
    "bytes": lambda: b"x",
    "number key": lambda: {1: 1},
    "circle": lambda: _circle(),
    "surrogate": lambda: "\ud800",
    "huge": lambda: 10**400,
    "deep": lambda: _deep(101),
}


async def on_execute_merge(event: MergeEvent, api: MergeApi) -> None:
    global calls
    calls += 1
    await asyncio.gather(asyncio.sleep(0), asyncio.create_task(asyncio.sleep(0)))
    settings = event.settings
    if "act" in settings:
        ACTS[settings["act"]]()
    if "value" in settings:
        api.user.set_user_metadata("value", VALUES[settings["value"]]())
    if "wait" in settings:
        await asyncio.sleep(settings["wait"])
    if "deny" in settings:
        return api.access.deny(settings["deny"], "No: \ud800é")
    api.user.set_user_metadata("calls", calls)
    if settings.get("merge"):
        api.user.merge_user_metadata()


def on_execute_select_candidates(event: SelectCandidatesEvent, api: SelectCandidatesApi) -> None:
    if "act" in event.settings:
        ACTS[event.settings["act"]]()
    for candidate in reversed(event.found):
        api.candidates.offer(candidate)
    assert [event.current.email, event.current.identities[0].provider] == ["person@example.com", "auth0"]


async def _answer() -> str:
    await asyncio.sleep(0)
    return "ran"


def _circle() -> list[Any]:
    circle: list[Any] = []
    circle.append(circle)
    return circle


def _deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels - 1):
        nested = [nested]
    return nested
