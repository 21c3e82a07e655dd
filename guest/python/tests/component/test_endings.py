"""Hostile and unlucky policies in a component: what can be told is told, the rest ends by its own name."""

import json
from pathlib import Path
from typing import Any

from conftest import Run

TOLD = {
    "raise": "ValueError: as asked\n  at probe.py:",
    "surrogate": "ValueError: lone: ?\n",
    "exit": "SystemExit: 3\n",
    "interrupt": "KeyboardInterrupt\n",
    "too much": "OverflowError: ",
    "recursion": "RecursionError: ",
    "repr": "RecursionError: ",
    "equality": "RecursionError: ",
    "sorting": "RecursionError: ",
    "own loop": "RuntimeError: a policy has no event loop of its own",
    "late import": "ImportError: cannot import decimal while deciding",
}
VALUES = {
    "not a number": "NotJson: the bag/value is a number",
    "set": "NotJson: the bag/value is a set",
    "bytes": "NotJson: the bag/value is a bytes",
    "number key": "NotJson: the bag/value has a key of the type int",
    "circle": "NotJson: the bag/value",
    "surrogate": "NotJson: the patch holds a lone surrogate",
    "huge": "NotJson: the bag/value is a number",
    "deep": "NotJson: the bag/value",
}


def merge(settings: object, primary: object = None, secondary: object = None, **event: object) -> dict[str, Any]:
    return {
        "hook": "merge",
        "event": {"settings": settings, **event},
        "primary": primary or {},
        "secondary": secondary or {},
    }


def messages(answer: Any) -> list[Any]:
    return [json.loads(entry["message"]) for entry in answer["log"]]


def test_whatever_is_raised_is_told(run: Run, probe: Path) -> None:
    answers = run(probe, [merge({"act": act}) for act in TOLD])
    for (act, text), answer in zip(TOLD.items(), answers, strict=True):
        assert answer["ended"] == "broken", (act, answer)
        assert text in answer["detail"], (act, answer)


def test_what_has_no_json_form_is_told(run: Run, probe: Path) -> None:
    answers = run(probe, [merge({"value": value}) for value in VALUES])
    for (value, text), answer in zip(VALUES.items(), answers, strict=True):
        assert answer["ended"] == "broken" and text in answer["detail"], (value, answer)


def test_loops_and_greed_end_by_the_hosts_limits(run: Run, probe: Path) -> None:
    endless, allocation, after = run(probe, [merge({"act": "endless"}), merge({"act": "allocation"}), merge({})])
    assert endless["ended"] == "budget-exceeded"
    assert allocation["ended"] == "memory-exceeded"
    assert after["result"]["user_metadata"] == {"calls": 1}


def test_a_hook_that_waits_is_told(run: Run, probe: Path) -> None:
    [answer] = run(probe, [merge({"wait": 0.1})])
    assert answer["ended"] == "broken" and "NeverFinishes: the hook awaits what never comes" in answer["detail"]


def test_a_refusal_reaches_the_person(run: Run, probe: Path) -> None:
    [answer] = run(probe, [merge({"deny": "not-now"})])
    assert answer["refused"] == {"code": "not-now", "message": "No: ?é"}


def test_every_call_is_the_first(run: Run, probe: Path) -> None:
    for answer in run(probe, [merge({})] * 3):
        assert answer["result"]["user_metadata"] == {"calls": 1}


def test_selection_is_the_hooks(run: Run, probe: Path) -> None:
    found = [{"user_id": "auth0|a"}, {"user_id": "auth0|b"}]
    question = {"hook": "select-candidates", "current": {}, "found": found}
    [answer] = run(probe, [question])
    assert [one["user_id"] for one in answer["suggestions"]] == ["auth0|b", "auth0|a"]


def test_a_synchronous_hook_can_run_asynchronous_functions(run: Run, probe: Path) -> None:
    question = {"hook": "select-candidates", "current": {}, "found": []}
    ran, nested = run(probe, [{**question, "event": {"settings": {"act": "run"}}}, merge({"act": "run"})])
    assert messages(ran) == [["ran"]]
    # Within a running loop `asyncio.run` is an error in Python too.
    assert nested["ended"] == "broken" and "RuntimeError: asyncio.run() cannot be called" in nested["detail"]


def test_numbers_survive(run: Run, probe: Path) -> None:
    """Those in keys that are not touched, whatever their size, and those that are carried."""
    untouched = {"big": 123456789012345678901234567890, "u64": 18446744073709551615, "e": 1e300}
    carried = {"i64": -9223372036854775808, "odd": 9007199254740993, "tenth": 0.1}
    [answer] = run(probe, [merge({"merge": True}, {"user_metadata": untouched}, {"user_metadata": {"n": carried}})])
    result = answer["result"]["user_metadata"]
    assert result == {**untouched, "big": result["big"], "n": carried, "calls": 1}
    assert float(result["big"]) == float(untouched["big"])
    assert sorted(operation["path"] for operation in answer["plan"]["user_metadata"]) == ["/calls", "/n"]


def test_a_hundred_levels_are_carried(run: Run, probe: Path) -> None:
    nested: Any = 1
    for _ in range(98):
        nested = {"k": nested}
    [answer] = run(probe, [merge({"merge": True}, {"user_metadata": {"o": nested}}, {"user_metadata": {"p": nested}})])
    assert answer["result"]["user_metadata"] == {"o": nested, "p": nested, "calls": 1}


def test_what_a_component_does_not_have_raises(run: Run, probe: Path) -> None:
    [answer] = run(probe, [merge({"act": "forbidden"})])
    *refused, last = messages(answer)
    assert len(refused) == 17 and all(error is not None for _, error in refused)
    assert {name: error for name, error in refused if name in ("open", "sleep", "import", "thread", "exit")} == {
        "open": "PermissionError",
        "sleep": "CannotWait",
        "import": "ImportError",
        "thread": "RuntimeError",
        "exit": "PermissionError",
    }
    assert last == [False, False, {}]
    assert answer["result"]["user_metadata"] == {"calls": 1}
