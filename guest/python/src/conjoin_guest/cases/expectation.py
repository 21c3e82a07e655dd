"""What a case demands, and whether an answer meets it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias

from conjoin_guest.account import Side, Suggestion
from conjoin_guest.cases.fields import CaseError, Fields, expect
from conjoin_guest.values import JsonObject, equal


@dataclass(frozen=True)
class Merged:
    """Both bags of the primary after the plan, and what the plan discards (`None` in a case that does not say)."""

    user_metadata: JsonObject
    app_metadata: JsonObject
    discard_user_metadata: list[str] | None
    discard_app_metadata: list[str] | None


@dataclass(frozen=True)
class Suggested:
    """These suggestions, in this order."""

    suggestions: list[Suggestion]


@dataclass(frozen=True)
class Refusal:
    """The policy's own no."""

    code: str
    message: str | None
    """For the person (`None` in a case that does not say)."""


@dataclass(frozen=True)
class Ended:
    """No answer. The ending's name, `broken` or one of the engine's."""

    name: str


Outcome: TypeAlias = Merged | Suggested | Refusal | Ended
"""What a case demands, and what a hook answered."""


def read(hook: str, value: JsonObject) -> Outcome:
    """Reads `expect`. Raises `CaseError` when it says nothing, two things, or what the hook never answers."""
    fields = Fields("expect", value)
    stated = [key for key in ("result", "suggestions", "refused", "ended") if key in value]
    if len(stated) != 1:
        raise CaseError("`expect` must hold exactly one of `result`, `suggestions`, `refused` and `ended`")
    [answer] = stated
    if (hook, answer) in (("merge", "suggestions"), ("select-candidates", "result")):
        raise CaseError(f"the hook `{hook}` never answers `{answer}`")
    outcome = _READERS[answer](fields)
    fields.end()
    return outcome


def mismatch(wanted: Outcome, got: Outcome) -> str | None:
    """The first part of an answer that is not what the case demands, or nothing."""
    if isinstance(wanted, Refusal) and isinstance(got, Refusal) and wanted.message is None:
        got = Refusal(got.code, None)
    if not isinstance(wanted, Merged) or not isinstance(got, Merged):
        return None if wanted == got else _differs("the answer", wanted, got)
    for bag in ("user_metadata", "app_metadata"):
        if not equal(getattr(wanted, bag), getattr(got, bag)):
            return _differs(bag, _text(getattr(wanted, bag)), _text(getattr(got, bag)))
    for name in ("discard_user_metadata", "discard_app_metadata"):
        demanded, discarded = getattr(wanted, name), getattr(got, name)
        if demanded is not None and sorted(demanded) != sorted(discarded):
            return _differs(name, sorted(demanded), sorted(discarded))
    return None


def _merged(fields: Fields) -> Outcome:
    result = Fields("expect.result", fields.take("result", dict))
    merged = Merged(
        user_metadata=result.take("user_metadata", dict, {}),
        app_metadata=result.take("app_metadata", dict, {}),
        discard_user_metadata=fields.take_optional("discard_user_metadata", list),
        discard_app_metadata=fields.take_optional("discard_app_metadata", list),
    )
    result.end()
    return merged


def _suggested(fields: Fields) -> Outcome:
    return Suggested([_suggestion(one) for one in fields.take("suggestions", list)])


def _suggestion(value: object) -> Suggestion:
    fields = Fields("expect.suggestions", value)
    side = fields.take("primary", str, "current")
    if side not in ("current", "found"):
        raise CaseError(f"`expect.suggestions.primary` is `{side}`; it is `current` or `found`")
    suggestion = Suggestion(fields.take("user_id", str), Side(side), fields.take("reason", str, ""))
    fields.end()
    return suggestion


def _refusal(fields: Fields) -> Outcome:
    refused = Fields("expect.refused", fields.take("refused", dict))
    refusal = Refusal(refused.take("code", str), refused.take_optional("message", str))
    refused.end()
    return refusal


def _ended(fields: Fields) -> Outcome:
    return Ended(expect(str, "expect.ended", fields.take("ended", str)))


_READERS = {"result": _merged, "suggestions": _suggested, "refused": _refusal, "ended": _ended}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _differs(what: str, wanted: object, got: object) -> str:
    return f"{what}: expected {wanted}, got {got}"
