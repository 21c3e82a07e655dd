"""The second argument of a hook: what a policy may do, named as in Auth0 Actions."""

from __future__ import annotations

from conjoin_guest import merge
from conjoin_guest.account import Account, Candidate, Side, Suggestion
from conjoin_guest.event import MergeEvent, SelectCandidatesEvent
from conjoin_guest.merge import Arrays
from conjoin_guest.plan import BagPlan, Plan
from conjoin_guest.refusal import Refused
from conjoin_guest.values import JsonInput, JsonObject, read_object


class Access:
    """`api.access`: the policy's own no."""

    def __init__(self) -> None:
        self.denied: Refused | None = None

    def deny(self, code: str, message: str) -> None:
        """Refuses, whatever else the hook does: as in Actions the hook goes on, so `return` after it. The first one stands.

        `code` is `[a-z0-9_-]{1,64}`, `message` for the person. Raises `ValueError` for another code.
        """
        refusal = Refused(code, message)
        self.denied = self.denied or refusal


class Bag:
    """One metadata bag of the joined account, as it is to become. It begins as the primary's, with the keys that only the
    secondary has: where there is no conflict there is nothing to decide.

    A first-level key of which nothing is written is named as discarded, and the person sees it before agreeing. A key counts
    as carried when anything at or beneath it is written: whoever takes over a part of an object leaves the rest behind silently.
    """

    def __init__(self, name: str, primary: str, secondary: str) -> None:
        # Parsed anew: what the hook does to the event's objects must not change what is compared.
        self._primary = read_object(name, primary)
        self._secondary = read_object(name, secondary)
        self._result = {**self._primary, **_missing(self._primary, self._secondary)}
        self.used = False

    def set(self, key: str, value: JsonInput) -> None:
        """Sets a first-level key. `None` removes it, as in Auth0, where a first-level `null` cannot be stored."""
        self._use(key)
        if value is None:
            self._result.pop(key, None)
        else:
            self._result[key] = value

    def replace(self, result: JsonObject) -> None:
        """Sets the whole bag."""
        if not isinstance(result, dict):
            raise TypeError("a metadata bag is a dict")
        self.used = True
        self._result = dict(result)

    def discard(self, key: str) -> None:
        """Leaves the secondary's value of a first-level key behind."""
        self._use(key)
        if key in self._primary:
            self._result[key] = self._primary[key]
        else:
            self._result.pop(key, None)

    def merge(self, arrays: Arrays) -> None:
        """Merges the secondary's bag into it: see `merge.recursive`."""
        self.used = True
        # What is there as it came is carried already: its arrays would meet themselves.
        result = self._result
        rest = {key: value for key, value in self._secondary.items() if key not in result or result[key] is not value}
        self._result = merge.recursive(result, rest, arrays)

    def plan(self) -> BagPlan:
        """What turns the primary's bag into this."""
        return BagPlan.to_result(self._primary, self._secondary, self._result)

    def _use(self, key: str) -> None:
        if not isinstance(key, str):
            raise TypeError("a metadata key is text")
        self.used = True


def _missing(primary: JsonObject, secondary: JsonObject) -> JsonObject:
    return {key: value for key, value in secondary.items() if key not in primary}


class MergedUser:
    """`api.user` of a merge: the joined account's metadata."""

    def __init__(self, primary: Account, secondary: Account) -> None:
        self._user = Bag("user_metadata", primary.user_metadata_json, secondary.user_metadata_json)
        self._app = Bag("app_metadata", primary.app_metadata_json, secondary.app_metadata_json)

    def set_user_metadata(self, key: str, value: JsonInput) -> None:
        """Sets a first-level key of `user_metadata`; `None` removes it."""
        self._user.set(key, value)

    def set_app_metadata(self, key: str, value: JsonInput) -> None:
        """Sets a first-level key of `app_metadata`; `None` removes it."""
        self._app.set(key, value)

    def replace_user_metadata(self, result: JsonObject) -> None:
        """Sets `user_metadata` as a whole, such as what a strategy answered."""
        self._user.replace(result)

    def replace_app_metadata(self, result: JsonObject) -> None:
        """Sets `app_metadata` as a whole, such as what a strategy answered."""
        self._app.replace(result)

    def discard_user_metadata(self, key: str) -> None:
        """Leaves the secondary's value of a first-level key of `user_metadata` behind."""
        self._user.discard(key)

    def discard_app_metadata(self, key: str) -> None:
        """Leaves the secondary's value of a first-level key of `app_metadata` behind."""
        self._app.discard(key)

    def merge_user_metadata(self, arrays: Arrays = Arrays.CONCAT) -> None:
        """Merges the secondary's `user_metadata` into it recursively; the primary's value wins."""
        self._user.merge(arrays)

    def merge_app_metadata(self, arrays: Arrays = Arrays.CONCAT) -> None:
        """Merges the secondary's `app_metadata` into it recursively; the primary's value wins."""
        self._app.merge(arrays)

    @property
    def used(self) -> bool:
        """Whether the hook has said anything."""
        return self._user.used or self._app.used

    def plan(self) -> Plan:
        """The answer as it stands."""
        return Plan(self._user.plan(), self._app.plan())


class MergeApi:
    """The `api` of `on_execute_merge`.

    Untouched, it carries the keys that only the secondary has, and discards the secondary's side of conflicts.
    """

    def __init__(self, event: MergeEvent) -> None:
        self.access = Access()
        self.user = MergedUser(event.primary, event.secondary)


class Offers:
    """`api.candidates`: the accounts to offer, best first."""

    def __init__(self, event: SelectCandidatesEvent, reasons: frozenset[str]) -> None:
        self._left = {candidate.user_id for candidate in event.found}
        self._reasons = reasons
        self.suggestions: list[Suggestion] = []

    def offer(self, candidate: Candidate | Suggestion, primary: Side = Side.CURRENT, reason: str = "") -> None:
        """Offers a candidate, after those already offered.

        Raises `ValueError` for one that was not found or is offered already, and for a reason that the policy's
        `DESCRIPTION` does not declare.
        """
        given = candidate if isinstance(candidate, Suggestion) else candidate.suggest(primary, reason)
        if given.user_id not in self._left:
            raise ValueError("only an account that was found can be offered, and only once")
        if given.reason != "" and given.reason not in self._reasons:
            raise ValueError("the reason is none of those that DESCRIPTION declares")
        if not isinstance(given.primary, Side):
            raise TypeError("`primary` is Side.CURRENT or Side.FOUND")
        self._left.remove(given.user_id)
        self.suggestions.append(given)


class SelectCandidatesApi:
    """The `api` of `on_execute_select_candidates`. Untouched, it offers nothing."""

    def __init__(self, event: SelectCandidatesEvent, reasons: frozenset[str]) -> None:
        self.access = Access()
        self.candidates = Offers(event, reasons)
