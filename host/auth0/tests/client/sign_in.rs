//! The authorization request, the exchange of its code, and logout.

use std::collections::HashMap;

use conjoin_auth0::{AuthorizeRequest, OidcError, PendingAuthorization, Prompt, RelyingParty, SignIn};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::signing::{FIRST_KEY, pkce_challenge};
use crate::stub_tenant::{CLIENT_ID, CLIENT_SECRET, Reply, StubTenant};

pub const DISCOVERY: &str = "GET /.well-known/openid-configuration";
pub const KEYS: &str = "GET /.well-known/jwks.json";
pub const TOKEN: &str = "POST /oauth/token";

/// A tenant people can sign in at: discovery, one key, no end-session endpoint.
pub async fn tenant() -> StubTenant {
    let tenant = StubTenant::start().await;
    tenant.always(DISCOVERY, Reply::json(200, &discovery_document(&tenant)));
    tenant.always(KEYS, Reply::json(200, &json!({"keys": [FIRST_KEY.published()]})));
    tenant
}

pub fn discovery_document(tenant: &StubTenant) -> Value {
    let base = &tenant.base;
    json!({
        "issuer": base.as_str(),
        "authorization_endpoint": format!("{base}authorize"),
        "token_endpoint": format!("{base}oauth/token"),
        "userinfo_endpoint": format!("{base}userinfo"),
        "jwks_uri": format!("{base}.well-known/jwks.json"),
        "scopes_supported": ["openid", "profile", "email"],
        "response_types_supported": ["code", "token", "id_token", "code token", "code id_token", "token id_token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
        "claims_supported": ["aud", "auth_time", "email", "email_verified", "exp", "iat", "iss", "name", "sub"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "request_uri_parameter_supported": false,
    })
}

pub fn request() -> AuthorizeRequest {
    AuthorizeRequest {
        redirect_uri: "http://localhost:3000/callback".parse().unwrap(),
        scopes: vec!["openid".to_owned(), "email".to_owned(), "profile".to_owned()],
        prompt: None,
        max_age: None,
        login_hint: None,
        connection: None,
        organization: None,
        audience: None,
        acr_values: None,
        ui_locales: None,
    }
}

pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// The claims of a right token for this sign-in.
pub fn claims(tenant: &StubTenant, pending: &PendingAuthorization) -> Value {
    json!({
        "iss": tenant.base.as_str(), "sub": "auth0|ada", "aud": CLIENT_ID, "exp": now() + 36000, "iat": now(),
        "nonce": pending.nonce, "auth_time": now(), "email": "Ada@Example.com", "email_verified": true,
        "name": "Ada Lovelace", "updated_at": "2026-11-22T12:00:00.000Z", "sid": "session-1",
    })
}

/// Lets the token endpoint answer with this ID token.
pub fn answer_with(tenant: &StubTenant, id_token: &str) {
    let body = json!({"access_token": "at", "id_token": id_token, "token_type": "Bearer", "expires_in": 86400});
    tenant.always(TOKEN, Reply::json(200, &body));
}

/// Signs in with a token made of the right claims as `change` leaves them.
pub async fn sign_in_with(change: impl FnOnce(&mut Value)) -> Result<SignIn, OidcError> {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let pending = relying_party.authorize(&request()).await.unwrap().pending;
    let mut claims = claims(&tenant, &pending);
    change(&mut claims);
    answer_with(&tenant, &FIRST_KEY.sign(&claims));
    relying_party.exchange("the-code", &pending).await
}

async fn query_of(relying_party: &RelyingParty, request: &AuthorizeRequest) -> HashMap<String, String> {
    let url = relying_party.authorize(request).await.unwrap().url;
    url.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn the_authorization_request_asks_for_exactly_what_was_requested() {
    let tenant = tenant().await;
    let request = AuthorizeRequest {
        prompt: Some(Prompt::Login),
        max_age: Some(0),
        login_hint: Some("a+b@x.com".to_owned()),
        connection: Some("google-oauth2".to_owned()),
        organization: Some("org_1".to_owned()),
        acr_values: Some("http://schemas.openid.net/pape/policies/2007/06/multi-factor".to_owned()),
        ui_locales: Some("de en".to_owned()),
        ..request()
    };
    let authorization = tenant.relying_party().authorize(&request).await.unwrap();
    let (url, pending) = (authorization.url, authorization.pending);
    assert!(url.as_str().starts_with(&format!("{}authorize?", tenant.base)), "{url}");
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let expected = [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", "http://localhost:3000/callback"),
        ("scope", "openid email profile"),
        ("state", &pending.state),
        ("nonce", &pending.nonce),
        ("code_challenge", &pkce_challenge(&pending.pkce_verifier)),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("max_age", "0"),
        ("login_hint", "a+b@x.com"),
        ("connection", "google-oauth2"),
        ("organization", "org_1"),
        (
            "acr_values",
            "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
        ),
        ("ui_locales", "de en"),
    ];
    assert_eq!(
        query,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    );
    assert_eq!(
        (pending.max_age, pending.organization.as_deref()),
        (Some(0), Some("org_1"))
    );
    assert_eq!(pending.redirect_uri, request.redirect_uri);
}

#[tokio::test]
async fn a18_a_max_age_of_zero_is_sent_and_an_absent_one_is_not() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    assert!(!query_of(&relying_party, &request()).await.contains_key("max_age"));
    let zero = AuthorizeRequest {
        max_age: Some(0),
        ..request()
    };
    assert_eq!(query_of(&relying_party, &zero).await["max_age"], "0");
}

#[tokio::test]
async fn a11_state_nonce_and_verifier_are_new_each_time_and_survive_storage() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let first = relying_party.authorize(&request()).await.unwrap().pending;
    let second = relying_party.authorize(&request()).await.unwrap().pending;
    assert_ne!(first.state, second.state);
    assert_ne!(first.nonce, second.nonce);
    assert_ne!(first.pkce_verifier, second.pkce_verifier);
    let stored = serde_json::to_string(&first).unwrap();
    assert!(serde_json::from_str::<PendingAuthorization>(&stored).unwrap() == first);
    let printed = format!("{first:?}");
    for secret in [&first.state, &first.nonce, &first.pkce_verifier] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn a11_the_code_is_exchanged_with_the_verifier_and_the_secret_in_the_body() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let authorization = relying_party.authorize(&request()).await.unwrap();
    let pending = authorization.pending;
    answer_with(&tenant, &FIRST_KEY.sign(&claims(&tenant, &pending)));

    let sign_in = relying_party.exchange("the-code", &pending).await.unwrap();
    assert_eq!(sign_in.subject.as_str(), "auth0|ada");
    assert_eq!(sign_in.email.as_deref(), Some("Ada@Example.com"));
    assert!(sign_in.email_verified);
    assert_eq!(sign_in.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(sign_in.sid.as_deref(), Some("session-1"));
    assert_eq!((sign_in.org_id.as_deref(), sign_in.acr.as_deref()), (None, None));
    assert!(sign_in.amr.is_empty());

    let exchange = tenant.only(TOKEN);
    assert!(!exchange.headers.contains_key("authorization"));
    let agent = exchange.headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("conjoin/"), "{agent}");
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", "the-code"),
        ("redirect_uri", "http://localhost:3000/callback"),
        ("code_verifier", &pending.pkce_verifier),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(exchange.form(), expected.into());
}

#[tokio::test]
async fn a_code_the_tenant_refuses_is_refused_with_its_error() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let pending = relying_party.authorize(&request()).await.unwrap().pending;
    // Auth0 answers 403 where RFC 6749 says 400.
    let body = json!({"error": "invalid_grant", "error_description": "Invalid authorization\ncode"});
    tenant.always(TOKEN, Reply::json(403, &body));
    let error = relying_party.exchange("spent", &pending).await.unwrap_err();
    let OidcError::CodeRefused { error, description } = error else {
        panic!("{error:?}");
    };
    assert_eq!(
        (error.as_str(), description.as_deref()),
        ("invalid_grant", Some("Invalid authorization code"))
    );
    assert_eq!(tenant.count(TOKEN), 1);
}

#[tokio::test]
async fn a_tenant_that_cannot_answer_is_told_apart_from_one_that_refuses() {
    let tenant = tenant().await;
    let relying_party = tenant.relying_party();
    let pending = relying_party.authorize(&request()).await.unwrap().pending;
    tenant.in_turn(
        TOKEN,
        [
            Reply::text(503, "text/html", "<html>busy</html>"),
            Reply::json(429, &json!({"error": "too_many_requests"})),
            Reply::dropped_connection(),
            Reply::text(200, "application/json", "not json"),
            Reply::text(403, "text/html", "<html>blocked</html>"),
            Reply::json(200, &json!({"access_token": "at", "token_type": "Bearer"})),
        ],
    );
    let mut endings = Vec::new();
    for _ in 0..6 {
        endings.push(relying_party.exchange("code", &pending).await.unwrap_err());
    }
    assert!(
        matches!(endings[0], OidcError::Unavailable { status: 503 }),
        "{:?}",
        endings[0]
    );
    assert!(
        matches!(endings[1], OidcError::Unavailable { status: 429 }),
        "{:?}",
        endings[1]
    );
    assert!(matches!(endings[2], OidcError::Unreachable(_)), "{:?}", endings[2]);
    assert!(matches!(endings[3], OidcError::MalformedAnswer), "{:?}", endings[3]);
    assert!(matches!(endings[4], OidcError::MalformedAnswer), "{:?}", endings[4]);
    assert!(matches!(endings[5], OidcError::InvalidIdToken(_)), "{:?}", endings[5]);
}

#[tokio::test]
async fn logout_goes_to_the_discovered_endpoint_and_otherwise_to_the_older_one() {
    let tenant = tenant().await;
    let return_to = "http://localhost:3000/?bye=1".parse().unwrap();
    let older = tenant
        .relying_party()
        .logout_url(&return_to, Some("hint"))
        .await
        .unwrap();
    let expected = "v2/logout?client_id=stub-client&returnTo=http%3A%2F%2Flocalhost%3A3000%2F%3Fbye%3D1";
    assert_eq!(older.as_str(), format!("{}{expected}", tenant.base));

    let mut document = discovery_document(&tenant);
    document["end_session_endpoint"] = json!(format!("{}oidc/logout", tenant.base));
    tenant.always(DISCOVERY, Reply::json(200, &document));
    let url = tenant
        .relying_party()
        .logout_url(&return_to, Some("hint"))
        .await
        .unwrap();
    assert_eq!(url.path(), "/oidc/logout");
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let expected = [
        ("client_id", CLIENT_ID),
        ("post_logout_redirect_uri", "http://localhost:3000/?bye=1"),
        ("id_token_hint", "hint"),
    ];
    assert_eq!(
        query,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    );
}
