"""The context of one decision, in the vocabulary of Auth0 Actions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from conjoin_guest.account import Account, Candidate
from conjoin_guest.values import JsonObject, read_object


@dataclass(frozen=True)
class Context:
    """What both hooks are told. The same event, accounts and component give the same answer, always."""

    transaction_id: str
    """One link or one look at the page; opaque."""
    tenant: str
    """The tenant's name in the host's configuration."""
    client_id: str
    """The application through which the person signed in."""
    organization: str | None
    """Auth0's `org_id`, when the session belongs to an organization."""
    now: str
    """RFC 3339, UTC, whole seconds. `time` and `datetime` say the same."""
    seed: str
    """32 hexadecimal digits. `random`, `secrets`, `uuid` and `os.urandom` are drawn from it."""
    settings_json: str
    context_json: str

    @cached_property
    def settings(self) -> JsonObject:
        """The tenant's settings, checked by the host against `Description.settings_schema`."""
        return read_object("settings", self.settings_json)

    @cached_property
    def context(self) -> JsonObject:
        """What else is known: `locale`, `begun_by`, `current`. Open: new keys appear."""
        return read_object("context", self.context_json)


@dataclass(frozen=True)
class MergeEvent(Context):
    """Of `on_execute_merge`. Both accounts are proven."""

    primary: Account
    """The account that survives."""
    secondary: Account
    """The account whose metadata Auth0 drops."""


@dataclass(frozen=True)
class SelectCandidatesEvent(Context):
    """Of `on_execute_select_candidates`. None of the accounts found is proven yet."""

    current: Account
    """The signed-in account."""
    found: tuple[Candidate, ...]
    """What the host found and would allow, in its order."""
