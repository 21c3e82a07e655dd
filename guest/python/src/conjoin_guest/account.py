"""What a policy is given of accounts: the two of a merge, and the candidates of a selection."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from conjoin_guest.values import JsonObject, read_object


class Side(Enum):
    """One of the two accounts, seen from the session: the one signed in, or the one found."""

    CURRENT = "current"
    FOUND = "found"


@dataclass(frozen=True)
class Identity:
    """One way to sign in to an account."""

    connection: str
    """The connection's name in the tenant: `Username-Password-Authentication`, `google-oauth2`."""
    provider: str
    """The strategy: `auth0`, `google-oauth2`, `samlp`."""
    user_id: str
    """Without the provider: `1001` of `google-oauth2|1001`."""
    is_social: bool
    profile_json: str

    @cached_property
    def profile(self) -> JsonObject:
        """What the identity provider said of the person (Auth0's `profileData`). Open: new keys appear."""
        return read_object("profile of an identity", self.profile_json)


@dataclass(frozen=True)
class Account:
    """An account whose owner has signed in to it in this transaction.

    The objects that it gives are the policy's own copies: to change them changes nothing. What a plan is made of is said
    through `api`.
    """

    user_id: str
    """Whole, as Auth0 names it: `auth0|ada`, `samlp|acme|hopper`."""
    email: str | None
    email_verified: bool
    created_at: str | None
    """RFC 3339."""
    last_login: str | None
    """RFC 3339."""
    logins_count: int
    identities: tuple[Identity, ...]
    """The account's own identity first, then those already linked into it."""
    profile_json: str
    user_metadata_json: str
    app_metadata_json: str

    @cached_property
    def profile(self) -> JsonObject:
        """Every other root attribute (`name`, `phone_number`...). Open: new keys appear."""
        return read_object("profile", self.profile_json)

    @cached_property
    def user_metadata(self) -> JsonObject:
        """Preferences. The person can often edit it: do not trust it for authority."""
        return read_object("user_metadata", self.user_metadata_json)

    @cached_property
    def app_metadata(self) -> JsonObject:
        """Facts that applications rely on, often permissions."""
        return read_object("app_metadata", self.app_metadata_json)


@dataclass(frozen=True)
class Candidate:
    """What a policy may know of an account before anyone has proven that it is theirs: no profile, no metadata."""

    user_id: str
    connection: str
    provider: str
    is_social: bool
    created_at: str | None
    """RFC 3339."""
    last_login: str | None
    """RFC 3339."""
    logins_count: int

    def suggest(self, primary: Side = Side.CURRENT, reason: str = "") -> Suggestion:
        """Offers this account. `reason` is the code of one of the policy's declared reasons, or empty."""
        return Suggestion(self.user_id, primary, reason)


@dataclass(frozen=True)
class Suggestion:
    """An account to offer."""

    user_id: str
    """One of the candidates given, at most once."""
    primary: Side = Side.CURRENT
    """Which account survives. The host may forbid `FOUND`; then `CURRENT` is taken."""
    reason: str = ""
    """The code of one of `Description.reasons`; empty for none."""
