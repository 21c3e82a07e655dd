"""One case, read and completed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from conjoin_guest.cases import complete
from conjoin_guest.cases.expectation import Outcome, read
from conjoin_guest.cases.fields import CaseError, Fields
from conjoin_guest.event import MergeEvent, SelectCandidatesEvent

__all__ = ["Case", "CaseError"]


@dataclass(frozen=True)
class Case:
    """What a hook is called with, and what it must answer."""

    about: str | None
    """One sentence for people."""
    event: MergeEvent | SelectCandidatesEvent
    """Which of the two says which hook."""
    expect: Outcome | None
    """Nothing in a line for `conjoin policy run`."""

    @classmethod
    def parse(cls, text: str) -> Case:
        """Reads one case from JSON text and completes it. Raises `CaseError`, naming the key that is wrong."""
        try:
            value = json.loads(text)
        except ValueError as error:
            raise CaseError(f"not a case: {error}") from None
        fields = Fields("case", value)
        hook = fields.take("hook", str)
        about = fields.take_optional("about", str)
        context = complete.context(fields.take("event", dict, {}))
        expect = fields.take_optional("expect", dict)
        event = _event(hook, fields, context)
        fields.end()
        return cls(about, event, None if expect is None else read(hook, expect))


def _event(hook: str, fields: Fields, context: dict[str, Any]) -> MergeEvent | SelectCandidatesEvent:
    if hook == "merge":
        return MergeEvent(
            primary=complete.account("primary", fields.take("primary", dict), complete.PRIMARY),
            secondary=complete.account("secondary", fields.take("secondary", dict), complete.SECONDARY),
            **context,
        )
    if hook == "select-candidates":
        return SelectCandidatesEvent(
            current=complete.account("current", fields.take("current", dict), complete.PRIMARY),
            found=tuple(map(complete.candidate, fields.take("found", list))),
            **context,
        )
    raise CaseError(f"there is no hook `{hook}`; a case is for `merge` or `select-candidates`")
