"""The authentication client of `auth0-python`, unmodified."""

from auth0.authentication import Database, GetToken, Passwordless, RevokeToken, Users
from auth0.authentication.exceptions import Auth0Error
from auth0.authentication.pushed_authorization_requests import PushedAuthorizationRequests
from auth0.authentication.token_verifier import AsymmetricSignatureVerifier, TokenVerifier

from report import CALLBACK, DOMAIN, ISSUER, PATIENCE, authorization_code, claims, dev, failure, finish, mailed_code, operation

APP = (DOMAIN, "conjoin-dev", "conjoin-dev-secret")
tokens = GetToken(*APP, timeout=PATIENCE)


def verifier(**more):
    keys = AsymmetricSignatureVerifier(f"{ISSUER}.well-known/jwks.json")
    return TokenVerifier(signature_verifier=keys, issuer=ISSUER, audience="conjoin-dev", **more)


@operation("client_credentials")
def _():
    answer = tokens.client_credentials(f"{ISSUER}api/v2/")
    assert answer["token_type"] == "Bearer" and answer["expires_in"] == 86400
    error = failure(Auth0Error, lambda: GetToken(DOMAIN, "conjoin-dev", "wrong").client_credentials(f"{ISSUER}api/v2/"))
    assert (error.status_code, error.error_code) == (401, "access_denied")


@operation("authorization_code, and the ID token verified with the published keys")
def _():
    code = authorization_code("ada@example.com", nonce="n", max_age="0")
    answer = tokens.authorization_code(code, CALLBACK)
    verifier().verify(answer["id_token"], nonce="n", max_age=60)
    person = Users(DOMAIN, timeout=PATIENCE).userinfo(answer["access_token"])
    assert (person["sub"], person["email"]) == ("auth0|ada", "ada@example.com")
    error = failure(Auth0Error, lambda: tokens.authorization_code(code, CALLBACK))
    assert (error.status_code, error.error_code, error.message) == (403, "invalid_grant", "Invalid authorization code")


@operation("the ID token of an organization")
def _():
    answer = tokens.authorization_code(authorization_code("hamilton@example.com", organization="apollo"), CALLBACK)
    verifier().verify(answer["id_token"], organization="org_ApolloGuidance01")


@operation("keys rotate under a running verifier")
def _():
    running = verifier()
    code = authorization_code("ada@example.com")
    running.verify(tokens.authorization_code(code, CALLBACK)["id_token"])
    dev("POST", "rotate-keys", {"keep_previous": True})
    code = authorization_code("ada@example.com")
    running.verify(tokens.authorization_code(code, CALLBACK)["id_token"])


@operation("refresh_token and revoke_refresh_token")
def _():
    code = authorization_code("ada@example.com", scope="openid offline_access")
    refresh = tokens.authorization_code(code, CALLBACK)["refresh_token"]
    assert claims(tokens.refresh_token(refresh)["id_token"])["sub"] == "auth0|ada"
    RevokeToken(*APP, timeout=PATIENCE).revoke_refresh_token(refresh)
    error = failure(Auth0Error, lambda: tokens.refresh_token(refresh))
    assert (error.status_code, error.error_code) == (403, "invalid_grant")


@operation("login with a password and a realm")
def _():
    realm = "Username-Password-Authentication"
    answer = tokens.login(username="ada@example.com", password="correct-horse", realm=realm, scope="openid")
    assert claims(answer["id_token"])["sub"] == "auth0|ada"
    error = failure(Auth0Error, lambda: tokens.login(username="ada@example.com", password="x", realm=realm))
    assert (error.status_code, error.message) == (403, "Wrong email or password.")


@operation("passwordless by e-mail")
def _():
    email = "python-code@example.com"
    Passwordless(*APP, timeout=PATIENCE).email(email, send="code")
    answer = tokens.passwordless_login(username=email, otp=mailed_code(email), realm="email", scope="openid email", audience="")
    assert claims(answer["id_token"])["email"] == email
    again = {"username": email, "otp": "000000", "realm": "email", "scope": "openid", "audience": ""}
    assert failure(Auth0Error, lambda: tokens.passwordless_login(**again)).error_code == "invalid_grant"


@operation("database: signup and change_password")
def _():
    database = Database(*APP, timeout=PATIENCE)
    realm = "Username-Password-Authentication"
    answer = database.signup("python-signup@example.com", "a-Password-1", realm)
    assert answer["email_verified"] is False
    error = failure(Auth0Error, lambda: database.signup("python-signup@example.com", "a-Password-1", realm))
    assert error.status_code == 400, error
    assert "sent you an email" in database.change_password("ada@example.com", realm)


@operation("pushed authorization request")
def _():
    pushed = PushedAuthorizationRequests(*APP, timeout=PATIENCE).pushed_authorization_request("code", CALLBACK, scope="openid")
    code = authorization_code("ada@example.com", request_uri=pushed["request_uri"])
    assert claims(tokens.authorization_code(code, CALLBACK)["id_token"])["sub"] == "auth0|ada"


finish()
