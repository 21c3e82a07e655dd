"""The same event gives the same answer: chance, time, order, and where output goes."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import TESTS, Run
from test_endings import merge, messages

ONE, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2


def without_time(answer: Any) -> Any:
    return {key: value for key, value in answer.items() if key != "micros"}


def test_chance_follows_the_events_seed(run: Run, probe: Path) -> None:
    first, again, other = run(probe, [merge({"act": "chance"}, seed=seed) for seed in (ONE, ONE, OTHER)])
    assert without_time(first) == without_time(again)
    drawn, redrawn, seeded = messages(first)
    drawn_other, redrawn_other, seeded_other = messages(other)
    assert all(ours != theirs for ours, theirs in zip(drawn + redrawn, drawn_other + redrawn_other, strict=True))
    # Nothing drawn twice either.
    chances = [drawn[1], *drawn[2], *redrawn]
    assert len(set(chances)) == len(chances)
    assert seeded == seeded_other == [random.Random(7).random()] * 2


def test_chance_is_not_what_it_was_at_build(
    run: Run, probe: Path, build: Callable[[Path], Path], tmp_path: Path
) -> None:
    """Two builds, whose own chance differs, answer alike."""
    copy = tmp_path / "copy" / "probe.py"
    copy.parent.mkdir()
    copy.write_bytes((TESTS / "policies" / "probe.py").read_bytes())
    second = build(copy)
    acts = [merge({"act": act}, seed=ONE) for act in ("chance", "clock")]
    assert [messages(answer) for answer in run(probe, acts)] == [messages(answer) for answer in run(second, acts)]


def test_every_clock_says_the_events_time(run: Run, probe: Path) -> None:
    [answer] = run(probe, [merge({"act": "clock"}, now="2031-05-06T07:08:09Z")])
    counted, dates, formatted, made = messages(answer)
    seconds = 1935817689
    assert counted == [seconds, seconds * 10**9, seconds, seconds * 10**9, seconds]
    assert dates == ["2031-05-06 07:08:09", "2031-05-06 07:08:09+00:00", "2031-05-06", "2031-05-06"]
    assert formatted == [
        "2031-05-06",
        [2031, 5, 6],
        [2031, 5, 6],
        "Tue May  6 07:08:09 2031",
        "Tue May  6 07:08:09 2031",
    ]
    assert made == [["2020-01-02 00:00:00", "2031-05-07 07:08:09", "2020-01-01 00:00:00"], [[True, True]] * 3]


def test_sets_have_one_order_in_one_component(run: Run, probe: Path) -> None:
    """The seed of text hashes is drawn at build: another build may differ, and two calls of one may not."""
    first, *others = run(probe, [merge({"act": "chaos"}, seed=seed) for seed in (ONE, OTHER, ONE)])
    assert all(messages(first) == messages(other) for other in others)


def test_what_is_printed_and_logged_is_kept_with_the_decision(run: Run, probe: Path) -> None:
    [answer] = run(probe, [merge({"act": "output"})])
    said = [(entry["level"], entry["message"].split("\n")[0]) for entry in answer["log"]]
    for entry in (
        ("info", "one 2"),
        ("info", "no line breakwide: é🦀 and lone: ?"),
        ("warn", "to stderr"),
        ("error", "by the library"),
        ("info", "mine: info 1"),
        ("error", "mine: critical"),
        ("error", "root: caught"),
        ("info", json.dumps(["json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)"])),
    ):
        assert entry in said, (entry, said)
    assert any(level == "error" and "cannot be formatted" in text for level, text in said)
    assert any(level == "warn" and "UserWarning: a warning" in text for level, text in said)
    assert not any("not seen" in text for _, text in said)
