"""Running cases in the test's own process. Fast and debuggable; limits and imports are tried by the host's engine."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import jsonpatch

from conjoin_guest.cases.case import Case, CaseError
from conjoin_guest.cases.expectation import Ended, Merged, Outcome, Refusal, Suggested, mismatch
from conjoin_guest.event import MergeEvent, SelectCandidatesEvent
from conjoin_guest.plan import BagPlan, Plan
from conjoin_guest.policy import Broken, Policy
from conjoin_guest.refusal import Refused
from conjoin_guest.runtime import chance, clock
from conjoin_guest.values import JsonObject


def load(file: Path | str) -> Policy:
    """The policy in a file, imported as a component imports it: with the clock and the chance of the event in place.

    Raises what the file raises, and `NotAPolicy`.
    """
    file = Path(file).resolve()
    clock.install()
    chance.install()
    # A path, which no import can mean: a policy may be called as some module is.
    name = str(file.with_suffix(""))
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Where a class looks for the module that it is made in, as `dataclass` does.
    sys.modules[name] = module
    # Its own neighbours can be imported, as they can at build.
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(file.parent))
    return Policy(module)


def failures(policy: Policy | Path | str, folder: Path | str) -> list[str]:
    """Runs every `*.json` file of a folder, and answers a line for each case that is not met or cannot be run.

    An empty folder is a failure: it would prove nothing.
    """
    policy = policy if isinstance(policy, Policy) else load(policy)
    files = sorted(Path(folder).glob("*.json"))
    if not files:
        return [f"{folder} holds no case"]
    failed = []
    for file in files:
        try:
            problem = run(policy, Case.parse(file.read_text(encoding="utf-8")))
        except (CaseError, OSError) as error:
            problem = str(error)
        if problem is not None:
            failed.append(f"{file.name}: {problem}")
    return failed


def run(policy: Policy, case: Case) -> str | None:
    """What is wrong with a policy's answer to a case, or nothing."""
    if case.expect is None:
        return "a case in a file needs `expect`"
    return mismatch(case.expect, outcome(policy, case.event))


def outcome(policy: Policy, event: MergeEvent | SelectCandidatesEvent) -> Outcome:
    """What a policy answers to one event, its plan applied."""
    answer = _ask(policy, event)
    if isinstance(answer, Broken):
        print(answer.text, file=sys.stderr)
        return Ended("broken")
    if isinstance(answer, Refused):
        return Refusal(answer.code, answer.message)
    if isinstance(answer, Plan) and isinstance(event, MergeEvent):
        return Merged(
            _apply(event.primary.user_metadata_json, answer.user_metadata),
            _apply(event.primary.app_metadata_json, answer.app_metadata),
            list(answer.user_metadata.discard),
            list(answer.app_metadata.discard),
        )
    assert isinstance(answer, list)
    return Suggested(answer)


def _ask(policy: Policy, event: MergeEvent | SelectCandidatesEvent) -> object:
    clock.set_now(event.now)
    chance.set_seed(event.seed)
    try:
        return policy.merge(event) if isinstance(event, MergeEvent) else policy.select_candidates(event)
    finally:
        clock.set_now(None)
        chance.set_seed(None)


def _apply(bag: str, plan: BagPlan) -> JsonObject:
    patched = jsonpatch.apply_patch(json.loads(bag), plan.patch)
    assert isinstance(patched, dict)
    return patched
