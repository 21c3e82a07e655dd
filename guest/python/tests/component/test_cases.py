"""The same cases, in components, under the host's limits and guards."""

import json
from pathlib import Path
from typing import Any

from conftest import POLICIES, Run
from conjoin_guest.account import Side, Suggestion
from conjoin_guest.cases import Case, Outcome
from conjoin_guest.cases.expectation import Ended, Merged, Refusal, Suggested, mismatch


def outcome(answer: Any) -> Outcome:
    """A line of the program in the terms of a case."""
    if "result" in answer and "ended" not in answer:
        plan = answer["plan"]
        return Merged(**answer["result"], **{key: plan[key] for key in plan if key.startswith("discard_")})
    if "suggestions" in answer:
        return Suggested(
            [Suggestion(one["user_id"], Side(one["primary"]), one["reason"]) for one in answer["suggestions"]]
        )
    if "refused" in answer:
        return Refusal(answer["refused"]["code"])
    return Ended(answer["ended"])


def failures(run: Run, component: Path, cases: Path) -> list[str]:
    files = sorted(cases.glob("*.json"))
    lines = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    answers = run(component, lines)
    assert len(answers) == len(files) > 0
    failed = []
    for file, answer in zip(files, answers, strict=True):
        expect = Case.parse(file.read_text(encoding="utf-8")).expect
        assert expect is not None
        problem = mismatch(expect, outcome(answer))
        if problem is not None:
            failed.append(f"{file.name}: {problem}: {answer}")
    return failed


def test_the_cases_of_consent(run: Run, consent: Path) -> None:
    assert failures(run, consent, POLICIES / "consent" / "cases") == []


def test_the_cases_of_joined_in_rust(run: Run, joined: Path) -> None:
    assert failures(run, joined, POLICIES / "joined" / "cases") == []


def test_a_component_describes_itself(run: Run, consent: Path) -> None:
    [answer] = run(consent, [{"hook": "describe"}])
    description = answer["description"]
    schema = json.loads((POLICIES / "consent" / "settings.schema.json").read_text(encoding="utf-8"))
    assert (description["name"], description["settings_schema"]) == ("consent", schema)
    assert [(one["code"], one["locale"]) for one in description["reasons"]] == [
        ("same-email", "en"),
        ("same-email", "de"),
        ("same-email", "fr"),
    ]
