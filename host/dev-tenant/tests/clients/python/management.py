"""The Management API client of `auth0-python`, unmodified."""

import gzip
import json

import httpx
from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError
from auth0.management.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
)

from report import DOMAIN, PATIENCE, dev, eventually, failure, finish, operation

DATABASE = "Username-Password-Authentication"
ONCE = {"max_retries": 0}

client = ManagementClient(domain=DOMAIN, client_id="conjoin-m2m", client_secret="conjoin-m2m-secret")
readonly = ManagementClient(domain=DOMAIN, client_id="conjoin-readonly", client_secret="conjoin-readonly-secret")


@operation("token: a wrong secret is refused")
def _():
    wrong = ManagementClient(domain=DOMAIN, client_id="conjoin-m2m", client_secret="wrong")
    error = failure(httpx.HTTPStatusError, lambda: wrong.users.get("auth0|ada"))
    assert error.response.status_code == 401
    assert error.response.json()["error"] == "access_denied"


@operation("users.get")
def _():
    user = client.users.get("auth0|ada")
    assert (user.email, user.identities[0].connection) == ("ada@example.com", DATABASE)


@operation("users.get: an identity id that is a number, and email_verified that is a string")
def _():
    raw = client.users.with_raw_response.get("github|8001")
    assert str(raw.data.identities[0].user_id) == "8001"
    assert client.users.get("google-oauth2|9001").user_id == "google-oauth2|9001"


@operation("users.get: nobody")
def _():
    error = failure(NotFoundError, lambda: client.users.get("auth0|nobody"))
    assert error.body["errorCode"] == "inexistent_user", error.body


@operation("users.list_users_by_email: case-sensitive")
def _():
    found = client.users.list_users_by_email(email="Ada@Example.com")
    assert [user.user_id for user in found] == ["github|1002"]


@operation("users.list: a query, totals and pages")
def _():
    query = 'email:"ada@example.com" AND email_verified:true'
    page = client.users.list(q=query, search_engine="v3", per_page=1, sort="user_id:1")
    assert page.response.total == 3
    assert [user.user_id for user in page] == ["auth0|ada", "github|1002", "google-oauth2|1001"]


@operation("users.create, update, delete")
def _():
    user = client.users.create(
        connection=DATABASE,
        email="Python@Example.com",
        password="a-Password-1",
        user_metadata={"theme": "dark", "nested": {"a": 1}},
    )
    assert (user.email, user.email_verified) == ("python@example.com", False)
    taken = failure(
        ConflictError,
        lambda: client.users.create(connection=DATABASE, email="python@example.com", password="a-Password-1"),
    )
    assert taken.body["message"] == "The user already exists."
    changed = client.users.update(user.user_id, user_metadata={"theme": None, "nested": {"b": 2}}, app_metadata={"x": 1})
    assert (changed.user_metadata, changed.app_metadata) == ({"nested": {"b": 2}}, {"x": 1})
    wiped = client.users.update(user.user_id, user_metadata={}, app_metadata={})
    assert (wiped.user_metadata, wiped.app_metadata) == ({}, None)
    client.users.delete(user.user_id)
    client.users.delete(user.user_id)
    failure(NotFoundError, lambda: client.users.get(user.user_id))


@operation("users.update: refused")
def _():
    error = failure(BadRequestError, lambda: client.users.update("google-oauth2|1001", email="x@example.com"))
    assert error.body["errorCode"] == "operation_not_supported", error.body
    error = failure(BadRequestError, lambda: client.users.update("auth0|ada", connection="nowhere"))
    assert error.body["errorCode"] == "inexistent_connection", error.body


@operation("users.identities.link and delete")
def _():
    identities = client.users.identities.link("auth0|hedy", provider="github", user_id="7002")
    assert [one.provider for one in identities] == ["auth0", "google-oauth2", "github"]
    again = failure(
        ConflictError, lambda: client.users.identities.link("auth0|hedy", provider="github", user_id="7002")
    )
    assert again.body["message"] == "Specified identity already exists."
    itself = failure(BadRequestError, lambda: client.users.identities.link("auth0|hedy", provider="auth0", user_id="hedy"))
    assert itself.body["message"] == "Main identity and the new one are the same."
    remaining = client.users.identities.delete("auth0|hedy", "github", "7002")
    assert len(remaining) == 2
    assert client.users.get("github|7002").user_metadata is None
    main = failure(BadRequestError, lambda: client.users.identities.delete("auth0|hedy", "auth0", "hedy"))
    assert main.body["message"] == "Main identity cannot be removed."


@operation("scope: insufficient")
def _():
    error = failure(ForbiddenError, lambda: readonly.users.delete("auth0|ada"))
    assert error.body["errorCode"] == "insufficient_scope", error.body


@operation("users.roles, permissions, organizations, sessions")
def _():
    assert [role.name for role in client.users.roles.list("auth0|hamilton")] == ["Guidance"]
    assert [one.permission_name for one in client.users.permissions.list("auth0|hamilton")] == ["land"]
    assert [one.name for one in client.users.organizations.list("auth0|hamilton")] == ["apollo"]
    assert list(client.users.sessions.list("auth0|hamilton")) == []
    client.users.sessions.delete("auth0|hamilton")


@operation("connections.list and get")
def _():
    names = [connection.name for connection in client.connections.list(take=2)]
    assert "workforce" in names and len(names) > 5, names
    assert client.connections.get("con_GitHub0000000001").strategy == "github"
    failure(NotFoundError, lambda: client.connections.get("con_Nowhere000000001"))


def finished(job):
    def ask():
        found = client.jobs.get(job.id)
        return found if found.status == "completed" else None

    return eventually(ask)


@operation("jobs.users_exports and users_imports")
def _():
    exported = finished(client.jobs.users_exports.create(format="json", connection_id="con_GitHub0000000001"))
    lines = gzip.decompress(httpx.get(exported.location, timeout=PATIENCE).content).decode().splitlines()
    assert "github|1002" in [json.loads(line)["user_id"] for line in lines]
    users = json.dumps([{"email": "py-import@example.com"}, {"email": "ada@example.com"}])
    imported = client.jobs.users_imports.create(
        users=("users.json", users, "application/json"), connection_id="con_Database00000001"
    )
    done = finished(imported)
    assert (done.summary.inserted, done.summary.failed) == (1, 1), done
    errors = client.jobs.errors.get(imported.id)
    assert errors[0].errors[0].code == "DUPLICATED_USER", errors


@operation("rate limit: the client tries again, and gives up")
def _():
    dev("POST", "faults", [{"path": "/api/v2/users/", "times": 1, "status": 429, "retry_after": 1}])
    assert client.users.get("auth0|ada", request_options={"max_retries": 2}).user_id == "auth0|ada"
    dev("POST", "faults", [{"path": "/api/v2/users/", "times": 1, "status": 429}])
    error = failure(TooManyRequestsError, lambda: client.users.get("auth0|ada", request_options=ONCE))
    assert error.headers["x-ratelimit-remaining"] == "0", error.headers


@operation("a token that is none")
def _():
    bad = ManagementClient(domain=DOMAIN, token="a.b.c")
    failure(UnauthorizedError, lambda: bad.users.get("auth0|ada"))
    opaque = ManagementClient(domain=DOMAIN, token="opaque")
    assert failure(ApiError, lambda: opaque.users.get("auth0|ada")).status_code == 400


finish()
