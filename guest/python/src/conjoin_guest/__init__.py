"""What a Conjoin policy in Python is written against.

A policy is a module with a `DESCRIPTION` and hooks, which read like Auth0 Actions:

    from conjoin_guest import Arrays, Description, MergeApi, MergeEvent

    DESCRIPTION = Description(
        name="keep-app-metadata",
        version="1.0.0",
        summary="Joins user_metadata; app_metadata stays the primary's.",
        settings_schema={"type": "object", "additionalProperties": False},
    )


    def on_execute_merge(event: MergeEvent, api: MergeApi) -> None:
        if event.secondary.app_metadata.get("suspended"):
            return api.access.deny("suspended", "The other account is suspended.")
        api.user.merge_user_metadata(Arrays.UNION)
        api.user.replace_app_metadata(event.primary.app_metadata)

`python -m conjoin_guest.build policy.py --out policy.wasm` makes the component.

Reading order: `policy` (what a module must have), `event` and `account` (what a hook is given), `api` (what it may say),
`plan` (what becomes of it; here the rule that every key of the secondary is accounted for is kept), `patch`, `merge` and
`primary` (strategies), `cases` (how a policy is tested), `component` and `runtime` (what stands between a component
and Python).

Not here: anything a host decides. A policy that breaks the contract is caught by the host, not by this library.
"""

from conjoin_guest.account import Account, Candidate, Identity, Side, Suggestion
from conjoin_guest.api import MergeApi, SelectCandidatesApi
from conjoin_guest.description import Description
from conjoin_guest.event import MergeEvent, SelectCandidatesEvent
from conjoin_guest.merge import Arrays
from conjoin_guest.patch import Operation, Patch, Pointer
from conjoin_guest.plan import BagPlan, Plan, PlanTooLarge
from conjoin_guest.refusal import Refused
from conjoin_guest.values import JsonInput, JsonObject, NotJson

__all__ = [
    "Account",
    "Arrays",
    "BagPlan",
    "Candidate",
    "Description",
    "Identity",
    "JsonInput",
    "JsonObject",
    "MergeApi",
    "MergeEvent",
    "NotJson",
    "Operation",
    "Patch",
    "Plan",
    "PlanTooLarge",
    "Pointer",
    "Refused",
    "SelectCandidatesApi",
    "SelectCandidatesEvent",
    "Side",
    "Suggestion",
]
