"""Partial JSON accounts, candidates and events, completed with their defaults."""

from __future__ import annotations

import json
from typing import Any

from conjoin_guest.account import Account, Candidate, Identity
from conjoin_guest.cases.fields import CaseError, Fields, expect

PRIMARY = "auth0|primary"
SECONDARY = "auth0|secondary"
_DATABASE = "Username-Password-Authentication"


def context(value: object) -> dict[str, Any]:
    """What both events have, by name."""
    fields = Fields("event", value)
    known = {
        "transaction_id": fields.take("transaction_id", str, "case"),
        "tenant": fields.take("tenant", str, "case"),
        "client_id": fields.take("client_id", str, "case"),
        "organization": fields.take_optional("organization", str),
        "now": fields.take("now", str, "2026-01-01T00:00:00Z"),
        "seed": fields.take("seed", str, "0" * 32),
        "settings_json": json.dumps(fields.take_optional("settings", dict) or {}),
        "context_json": json.dumps(fields.take("context", dict, {})),
    }
    fields.end()
    return known


def account(place: str, value: object, default_user_id: str) -> Account:
    """An account in which every key is optional. What the contract has no key for goes into its profile."""
    fields = Fields(place, value)
    user_id = fields.take_optional("user_id", str) or default_user_id
    identities = fields.take_optional("identities", list)
    known: dict[str, Any] = {
        "user_id": user_id,
        "email": fields.take_optional("email", str, "person@example.com"),
        "email_verified": fields.take("email_verified", bool, True),
        "created_at": fields.take_optional("created_at", str),
        "last_login": fields.take_optional("last_login", str),
        "logins_count": _count(place, fields),
        "identities": tuple(_identity(place, one, user_id) for one in ([{}] if identities is None else identities)),
        "user_metadata_json": json.dumps(fields.take("user_metadata", dict, {})),
        "app_metadata_json": json.dumps(fields.take("app_metadata", dict, {})),
    }
    profile = fields.take("profile", dict, {})
    return Account(profile_json=json.dumps({**fields.rest(), **profile}), **known)


def candidate(value: object) -> Candidate:
    """A candidate in which every key is optional."""
    fields = Fields("found", value)
    user_id = fields.take("user_id", str, SECONDARY)
    provider = fields.take_optional("provider", str) or _split(user_id)[0]
    known = Candidate(
        user_id=user_id,
        connection=fields.take_optional("connection", str) or _connection_of(provider),
        provider=provider,
        is_social=fields.take("is_social", bool, False),
        created_at=fields.take_optional("created_at", str),
        last_login=fields.take_optional("last_login", str),
        logins_count=_count("found", fields),
    )
    fields.end()
    return known


def _identity(place: str, value: object, account_user_id: str) -> Identity:
    """Auth0 gives more keys (tokens, refresh times) than the contract has: they are left out."""
    fields = Fields(f"{place}.identities", value)
    own_provider, own_id = _split(account_user_id)
    provider = fields.take_optional("provider", str) or own_provider
    given = fields.rest()
    # Some providers' ids come as numbers from Auth0; the contract has them as text.
    user_id = given.get("user_id")
    return Identity(
        connection=given.get("connection") or _connection_of(provider),
        provider=provider,
        user_id=own_id if user_id is None else str(user_id),
        is_social=expect(bool, f"{place}.identities.is_social", given.get("is_social", given.get("isSocial", False))),
        profile_json=json.dumps(given.get("profile", given.get("profileData", {}))),
    )


def _count(place: str, fields: Fields) -> int:
    count = fields.take("logins_count", int, 0)
    if not 0 <= count < 1 << 32:
        raise CaseError(f"`{place}.logins_count` is {count}, which is no count")
    return count


def _split(user_id: str) -> tuple[str, str]:
    """Everything up to the first `|` is the provider; `samlp|acme|hopper` has the id `acme|hopper`."""
    provider, bar, rest = user_id.partition("|")
    return (provider, rest) if bar else ("auth0", user_id)


def _connection_of(provider: str) -> str:
    return _DATABASE if provider == "auth0" else provider
