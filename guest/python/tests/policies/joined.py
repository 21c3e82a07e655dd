"""`joined`, the default policy, once more: the library's strategies must meet the cases of the one in Rust."""

from typing import Any

from conjoin_guest import (
    Arrays,
    BagPlan,
    Description,
    MergeApi,
    MergeEvent,
    Plan,
    SelectCandidatesApi,
    SelectCandidatesEvent,
    Side,
    merge,
    primary,
)

DESCRIPTION = Description(
    name="joined",
    version="0.1.0",
    summary="Merges both metadata bags recursively; the primary's value wins and arrays are joined.",
    reasons={"same-email": {"en": "Another account uses the same verified e-mail address."}},
)


def on_execute_select_candidates(event: SelectCandidatesEvent, api: SelectCandidatesApi) -> None:
    begun_by_action = event.context.get("begun_by") == "action"
    oldest = event.settings.get("primary", "oldest" if begun_by_action else "current") == "oldest"
    for candidate in event.found:
        side = primary.oldest(event.current, candidate) if oldest else Side.CURRENT
        api.candidates.offer(candidate, side, "same-email")


def on_execute_merge(event: MergeEvent, api: MergeApi) -> Plan | None:
    arrays = Arrays(event.settings.get("arrays", "concat"))
    if event.settings.get("app_metadata") == "keep-primary":
        api.user.merge_user_metadata(arrays)
        api.user.replace_app_metadata(event.primary.app_metadata)
        return None
    # The other way to answer: the same plan, made by hand.
    return Plan(
        user_metadata=_joined(event.primary.user_metadata, event.secondary.user_metadata, arrays),
        app_metadata=_joined(event.primary.app_metadata, event.secondary.app_metadata, arrays),
    )


def _joined(ours: dict[str, Any], theirs: dict[str, Any], arrays: Arrays) -> BagPlan:
    return BagPlan.to_result(ours, theirs, merge.recursive(ours, theirs, arrays))
