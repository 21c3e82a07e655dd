"""Joins preferences, never roles; accounts with different contracts stay apart.

What both accounts prefer is joined. Of what applications rely on, the surviving account's value stands, and what only
the other account has is carried. Accounts that must not be mixed, by default those with different contracts, stay apart.
"""

import json
from pathlib import Path

from conjoin_guest import (
    Arrays,
    Description,
    JsonObject,
    MergeApi,
    MergeEvent,
    SelectCandidatesApi,
    SelectCandidatesEvent,
    primary,
)
from conjoin_guest.values import equal

# Read while the component is built: it has no files of its own.
SCHEMA: JsonObject = json.loads(Path(__file__).with_name("settings.schema.json").read_text(encoding="utf-8"))

DESCRIPTION = Description(
    name="my-policy",
    version="0.1.0",
    summary="Joins preferences, never roles; accounts with different contracts stay apart.",
    settings_schema=SCHEMA,
    reasons={"same-email": {"en": "Another account uses the same verified e-mail address."}},
)


def on_execute_select_candidates(event: SelectCandidatesEvent, api: SelectCandidatesApi) -> None:
    for candidate in event.found:
        api.candidates.offer(candidate, primary.oldest(event.current, candidate), "same-email")


def on_execute_merge(event: MergeEvent, api: MergeApi) -> None:
    keys = event.settings.get("must_agree", ["contract"])
    if any(differ(key, event.primary.app_metadata, event.secondary.app_metadata) for key in keys):
        return api.access.deny("must-agree", "These accounts must not be mixed. Please ask support to join them.")
    api.user.merge_user_metadata(Arrays.UNION)
    api.user.merge_app_metadata(Arrays.PRIMARY)


def differ(key: str, ours: JsonObject, theirs: JsonObject) -> bool:
    """Whether both bags have the key, with different values."""
    return key in ours and key in theirs and not equal(ours[key], theirs[key])
