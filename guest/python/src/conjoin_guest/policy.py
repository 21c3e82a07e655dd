"""A policy: a module with a `DESCRIPTION` and hooks, and what its hooks answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from conjoin_guest.account import Suggestion
from conjoin_guest.api import Access, MergeApi, SelectCandidatesApi
from conjoin_guest.description import Description
from conjoin_guest.event import MergeEvent, SelectCandidatesEvent
from conjoin_guest.plan import Plan
from conjoin_guest.refusal import Refused
from conjoin_guest.runtime import awaiting
from conjoin_guest.told import told

MERGE = "on_execute_merge"
SELECT_CANDIDATES = "on_execute_select_candidates"

T = TypeVar("T")


class NotAPolicy(Exception):
    """A module that lacks what a policy must have."""


@dataclass(frozen=True)
class Broken:
    """The policy broke. For the tenant's log."""

    text: str


class Policy:
    """The hooks of a module, each answering a value for everything that can happen in it: no exception leaves them."""

    def __init__(self, module: ModuleType) -> None:
        """Raises `NotAPolicy`, saying what is missing."""
        description = getattr(module, "DESCRIPTION", None)
        if not isinstance(description, Description):
            raise NotAPolicy(f"{module.__name__} needs `DESCRIPTION = Description(...)` at its top level")
        self.description = description
        self._merge = _hook(module, MERGE)
        if self._merge is None:
            raise NotAPolicy(f"{module.__name__} needs `def {MERGE}(event, api)` at its top level")
        self._select = _hook(module, SELECT_CANDIDATES)

    def merge(self, event: MergeEvent) -> Plan | Refused | Broken:
        """How the secondary's metadata goes into the primary's."""
        return _caught(lambda: self._merged(event))

    def select_candidates(self, event: SelectCandidatesEvent) -> list[Suggestion] | Refused | Broken:
        """Which of the accounts found to offer. Without a hook: all, in the host's order, and the signed-in account survives."""
        return _caught(lambda: self._selected(event))

    def _merged(self, event: MergeEvent) -> Plan:
        api = MergeApi(event)
        answer = _run(self._merge, event, api, api.access)
        if isinstance(answer, Plan):
            if api.user.used:
                raise TypeError(f"{MERGE} used api.user and returned a Plan; do one of them")
            return answer
        if answer is not None:
            raise TypeError(_wrong(MERGE, answer, "a Plan"))
        return api.user.plan()

    def _selected(self, event: SelectCandidatesEvent) -> list[Suggestion]:
        api = SelectCandidatesApi(event, frozenset(self.description.reasons))
        if self._select is None:
            return [candidate.suggest() for candidate in event.found]
        answer = _run(self._select, event, api, api.access)
        if answer is not None:
            if not isinstance(answer, list) or not all(isinstance(item, Suggestion) for item in answer):
                raise TypeError(_wrong(SELECT_CANDIDATES, answer, "a list of Suggestion"))
            if api.candidates.suggestions:
                raise TypeError(
                    f"{SELECT_CANDIDATES} used api.candidates and returned a list of Suggestion; do one of them"
                )
            for suggestion in answer:
                api.candidates.offer(suggestion)
        return api.candidates.suggestions


def _hook(module: ModuleType, name: str) -> Callable[..., object] | None:
    hook = getattr(module, name, None)
    if hook is not None and not callable(hook):
        raise NotAPolicy(f"{module.__name__}: `{name}` is not a function")
    return hook


def _run(hook: Callable[..., object] | None, event: object, api: object, access: Access) -> object:
    if hook is None:
        return None
    answer = awaiting.finish(hook(event, api))
    if access.denied is not None:
        raise access.denied
    return answer


def _caught(decide: Callable[[], T]) -> T | Refused | Broken:
    # Everything: an exception that leaves a component is a trap without a text, and `sys.exit` is one too.
    try:
        return decide()
    except Refused as refusal:
        return refusal
    except BaseException as error:
        return Broken(told(error))


def _wrong(hook: str, answer: object, wanted: str) -> str:
    return f"{hook} returned a {type(answer).__name__}; say it through `api`, or return {wanted}"
