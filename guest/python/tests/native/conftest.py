"""Asking a hook that a test writes down as a function."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from conjoin_guest import Description, Plan, Refused, Suggestion
from conjoin_guest.cases import Case
from conjoin_guest.event import MergeEvent, SelectCandidatesEvent
from conjoin_guest.policy import Broken, Policy

# Nothing is left behind in the folder of the sources.
settings.register_profile("here", database=None)
settings.load_profile("here")

DESCRIPTION = Description("test", "1", "A test.", reasons={"known": {"en": "Known."}})
Hook = Callable[[Any, Any], object]
Merge = Callable[..., Plan | Refused | Broken]
Select = Callable[..., list[Suggestion] | Refused | Broken]


def _policy(**hooks: Hook) -> Policy:
    module = ModuleType("policy")
    module.__dict__.update({"DESCRIPTION": DESCRIPTION, "on_execute_merge": lambda event, api: None, **hooks})
    return Policy(module)


@pytest.fixture
def merge() -> Merge:
    """Answers what a merge hook comes to, for two accounts given in part."""

    def ask(hook: Hook, primary: object = None, secondary: object = None) -> Plan | Refused | Broken:
        case = {"hook": "merge", "primary": primary or {}, "secondary": secondary or {}}
        event = Case.parse(json.dumps(case)).event
        assert isinstance(event, MergeEvent)
        return _policy(on_execute_merge=hook).merge(event)

    return ask


@pytest.fixture
def select() -> Select:
    """Answers what a selection hook comes to, for candidates given by id."""

    def ask(hook: Hook | None, *found: str) -> list[Suggestion] | Refused | Broken:
        case = {"hook": "select-candidates", "current": {}, "found": [{"user_id": one} for one in found]}
        event = Case.parse(json.dumps(case)).event
        assert isinstance(event, SelectCandidatesEvent)
        hooks = {} if hook is None else {"on_execute_select_candidates": hook}
        return _policy(**hooks).select_candidates(event)

    return ask
