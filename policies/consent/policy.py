"""`consent`: preferences are joined, a no to a consent outweighs a yes, and the keys that hold roles stay the primary's.

Both bags are merged recursively and the primary's value wins, but

- of a *consent* (a boolean, or what lies beneath its key) the joined account keeps a yes only where neither account says no;
- of an *objection* it keeps a no-contact, no-sale and the like where either account has one;
- *grants* (roles, groups, permissions) stay the primary's, unless the tenant's settings join them.

Where only one account was asked for a consent, its answer stands. Only `true` and `false` are answers that can be weighed, and against an object or a list of the
primary's they change nothing. Items of arrays are not looked into: a role in one of them is joined like everything else. Which keys are which is a setting; the
schema beside this file has the defaults.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conjoin_guest import (
    Arrays,
    Description,
    JsonObject,
    MergeApi,
    MergeEvent,
    SelectCandidatesApi,
    SelectCandidatesEvent,
    merge,
)
from conjoin_guest.values import equal

# Read while the component is built: it has no files of its own.
SCHEMA: JsonObject = json.loads(Path(__file__).with_name("settings.schema.json").read_text(encoding="utf-8"))

DESCRIPTION = Description(
    name="consent",
    version="0.1.0",
    summary="Merges preferences; a no to a consent outweighs a yes, and the keys that hold roles stay the primary's.",
    settings_schema=SCHEMA,
    reasons={
        "same-email": {
            "en": "Another account uses the same verified e-mail address.",
            "de": "Ein anderes Konto verwendet dieselbe bestätigte E-Mail-Adresse.",
            "fr": "Un autre compte utilise la même adresse e-mail vérifiée.",
        }
    },
)


@dataclass(frozen=True)
class Rules:
    """The tenant's settings. The host has checked them against the schema."""

    consents: frozenset[str]
    objections: frozenset[str]
    grants: frozenset[str]
    join_grants: bool
    arrays: Arrays

    @classmethod
    def of(cls, event: MergeEvent) -> "Rules":
        defaults = {name: rule["default"] for name, rule in SCHEMA["properties"].items()}
        settings = {**defaults, **event.settings}
        return cls(
            consents=frozenset(settings["consents"]),
            objections=frozenset(settings["objections"]),
            grants=frozenset(settings["grants"]),
            join_grants=settings["join_grants"],
            arrays=Arrays(settings["arrays"]),
        )

    def careful(self, key: str, around: bool | None) -> bool | None:
        """Which answer beneath a key is the careful one; none where it is neither a consent nor an objection."""
        if key in self.consents:
            return False
        return True if key in self.objections else around


def on_execute_select_candidates(event: SelectCandidatesEvent, api: SelectCandidatesApi) -> None:
    for candidate in event.found:
        api.candidates.offer(candidate, reason="same-email")


def on_execute_merge(event: MergeEvent, api: MergeApi) -> None:
    rules = Rules.of(event)
    primary, secondary = event.primary, event.secondary
    api.user.replace_user_metadata(joined(primary.user_metadata, secondary.user_metadata, rules, None))
    api.user.replace_app_metadata(joined(primary.app_metadata, secondary.app_metadata, rules, None))


def joined(primary: JsonObject, secondary: JsonObject, rules: Rules, around: bool | None) -> JsonObject:
    """Two objects at the same place in one. `around` is the careful answer there, if there is one."""
    result = dict(primary)
    # A consent is often a record: its date and wording must be of the answer that is kept.
    theirs_stands = around is not None and more_careful(secondary, primary, around)
    for key, theirs in secondary.items():
        if key in rules.grants and not rules.join_grants:
            continue
        if key not in primary:
            carried = joined({}, theirs, rules, None) if isinstance(theirs, dict) else theirs
            # An object of nothing but grants leaves nothing to carry.
            if carried or not theirs:
                result[key] = carried
        else:
            result[key] = value(primary[key], theirs, rules, rules.careful(key, around), theirs_stands)
    return result


def value(ours: Any, theirs: Any, rules: Rules, careful: bool | None, theirs_stands: bool) -> Any:
    """Two values at the same place in one."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return joined(ours, theirs, rules, careful)
    if isinstance(ours, list) and isinstance(theirs, list):
        return items(ours, theirs, rules.arrays, careful)
    # Whatever the primary holds, but for an object or a list: more than one answer would go with it.
    if careful is not None and not isinstance(ours, (dict, list)) and (ours is careful or theirs is careful):
        return careful
    return theirs if theirs_stands and type(ours) is type(theirs) else ours


def items(ours: list[Any], theirs: list[Any], arrays: Arrays, careful: bool | None) -> list[Any]:
    """Two arrays in one: of what was agreed to what both have, of what was objected to what either has."""
    if careful is None:
        return merge.join(ours, theirs, arrays)
    if careful:
        return merge.join(ours, theirs, Arrays.UNION)
    return [item for item in ours if any(equal(item, their) for their in theirs)]


def more_careful(one: JsonObject, other: JsonObject, careful: bool) -> bool:
    """Whether the booleans of one record are more careful than those of another, and nowhere less."""
    differing = [
        answer
        for key, answer in one.items()
        if isinstance(answer, bool) and isinstance(other.get(key), bool) and answer != other[key]
    ]
    return bool(differing) and all(answer is careful for answer in differing)
