//! `/oauth/token` and `/oauth/revoke`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::client_authentication::authenticate;
use super::error::OauthError;
use super::id_token::{self, Subject};
use super::parameters::Parameters;
use super::request::AuthorizationRequest;
use crate::config::{Client, GrantType};
use crate::expiring::random_token;
use crate::state::{Shared, State as Changing, Tenant};
use crate::store::User;

/// Seconds that an access token is good for.
const LIFETIME: i64 = 86_400;

/// What people may do to their own account with a token for the Management API.
const OWN_SCOPES: [&str; 3] = [
    "read:current_user",
    "update:current_user_identities",
    "update:current_user_metadata",
];

/// What an authorization code stands for.
pub struct CodeGrant {
    /// For whom, to which client.
    pub subject: Subject,
    redirect_uri: String,
    code_challenge: Option<String>,
}

impl CodeGrant {
    /// For the answer to this request.
    #[must_use]
    pub fn new(request: &AuthorizationRequest, subject: Subject) -> Self {
        Self {
            subject,
            redirect_uri: request.responder.redirect_text.clone(),
            code_challenge: request.code_challenge.clone(),
        }
    }
}

/// What an opaque access token stands for: `/userinfo`, and nothing else.
pub struct AccessGrant {
    /// Who.
    pub subject: Subject,
}

/// What a refresh token stands for.
pub struct RefreshGrant {
    /// For whom, to which client.
    pub subject: Subject,
    /// Names it in the Management API: the token itself is a secret.
    pub id: String,
    /// In seconds since 1970.
    pub created_at: i64,
}

type Answer = Result<Value, OauthError>;

/// `POST /oauth/token`.
pub async fn exchange(State(tenant): State<Shared>, headers: HeaderMap, body: Bytes) -> Result<Response, OauthError> {
    let parameters = Parameters::from_body(&headers, &body)
        .ok_or_else(|| OauthError::invalid_request("the body is not a JSON object"))?;
    let client = authenticate(&tenant, &headers, &parameters)?;
    let grant = parameters
        .get("grant_type")
        .ok_or_else(|| OauthError::missing("grant_type"))?;
    let allowed = |kind| {
        if client.may(kind) {
            Ok(())
        } else {
            Err(OauthError::grant_not_allowed(grant))
        }
    };
    let answer = match grant {
        "authorization_code" => {
            allowed(GrantType::AuthorizationCode).and_then(|()| by_code(&tenant, client, &parameters))?
        }
        "client_credentials" => {
            allowed(GrantType::ClientCredentials).and_then(|()| by_credentials(&tenant, client, &parameters))?
        }
        "refresh_token" => {
            allowed(GrantType::RefreshToken).and_then(|()| by_refresh_token(&tenant, client, &parameters))?
        }
        other => {
            let description = format!("Unsupported grant type: {other}");
            return Err(OauthError {
                status: StatusCode::FORBIDDEN,
                error: "unsupported_grant_type",
                description,
            });
        }
    };
    Ok((
        [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
        Json(answer),
    )
        .into_response())
}

/// `POST /oauth/revoke`: 200 and nothing, whether or not there was such a refresh token.
pub async fn revoke(State(tenant): State<Shared>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, OauthError> {
    let parameters = Parameters::from_body(&headers, &body).unwrap_or_default();
    let client = authenticate(&tenant, &headers, &parameters)?;
    let token = parameters.get("token").ok_or_else(|| OauthError::missing("token"))?;
    let mut state = tenant.lock();
    if state
        .refresh_tokens
        .get(token)
        .is_some_and(|grant| grant.subject.client_id == client.client_id)
    {
        state.refresh_tokens.take(token);
    }
    Ok(StatusCode::OK)
}

fn by_code(tenant: &Tenant, client: &Client, parameters: &Parameters) -> Answer {
    let code = parameters.get("code").ok_or_else(|| OauthError::missing("code"))?;
    let mut state = tenant.lock();
    // Taken out before it is looked at: a code that was tried is spent.
    let grant = state
        .codes
        .take(code)
        .filter(|grant| grant.subject.client_id == client.client_id);
    let grant = grant.ok_or_else(|| OauthError::invalid_grant("Invalid authorization code"))?;
    let sent = parameters.get("redirect_uri").unwrap_or("null");
    if sent != grant.redirect_uri {
        let description = format!(
            "The redirect URI is wrong. You sent {sent}, and we expected {}",
            grant.redirect_uri
        );
        return Err(OauthError::invalid_grant(description));
    }
    let verifier = parameters.get("code_verifier");
    let matches = match (&grant.code_challenge, verifier) {
        (Some(challenge), Some(verifier)) => {
            *challenge == BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
        }
        (challenge, verifier) => challenge.is_none() && verifier.is_none(),
    };
    if !matches {
        return Err(OauthError::invalid_grant("Failed to verify code verifier"));
    }
    let mut answer = tokens(tenant, &mut state, &grant.subject)?;
    if grant.subject.has_scope("offline_access") && client.may(GrantType::RefreshToken) {
        let created_at = state.clock().now();
        let token = state.refresh_tokens.insert(RefreshGrant {
            subject: grant.subject,
            id: format!("rt_{}", random_token()),
            created_at,
        });
        answer.insert("refresh_token".to_owned(), token.into());
    }
    Ok(Value::Object(answer))
}

/// Refresh tokens do not rotate: Auth0's default.
fn by_refresh_token(tenant: &Tenant, client: &Client, parameters: &Parameters) -> Answer {
    let token = parameters
        .get("refresh_token")
        .ok_or_else(|| OauthError::missing("refresh_token"))?;
    let mut state = tenant.lock();
    let grant = state
        .refresh_tokens
        .get(token)
        .filter(|grant| grant.subject.client_id == client.client_id);
    let subject = grant
        .map(|grant| grant.subject.clone())
        .ok_or_else(|| OauthError::invalid_grant("Unknown or invalid refresh token."))?;
    // The nonce was for the request that the person made.
    Ok(Value::Object(tokens(
        tenant,
        &mut state,
        &Subject { nonce: None, ..subject },
    )?))
}

fn tokens(tenant: &Tenant, state: &mut Changing, subject: &Subject) -> Result<Map<String, Value>, OauthError> {
    let user = state
        .store
        .get(&subject.sign_in.account)
        .filter(|user| !user.is_blocked())
        .cloned();
    let user = user.ok_or_else(|| OauthError::invalid_grant("user is blocked or does not exist"))?;
    let mut answer = Map::new();
    answer.insert(
        "access_token".to_owned(),
        access_token(tenant, state, subject, &user)?.into(),
    );
    if subject.has_scope("openid") {
        let id_token = id_token::issue(tenant, state, subject, &user, &[]).map_err(|_| OauthError::server())?;
        answer.insert("id_token".to_owned(), id_token.into());
    }
    answer.insert("scope".to_owned(), subject.scope.clone().into());
    answer.insert("expires_in".to_owned(), LIFETIME.into());
    answer.insert("token_type".to_owned(), "Bearer".into());
    Ok(answer)
}

/// An access token for a person: opaque, for `/userinfo`; or a JWT for the Management API with the scopes that people have for themselves.
///
/// # Errors
/// When it cannot be signed.
pub fn access_token(
    tenant: &Tenant,
    state: &mut Changing,
    subject: &Subject,
    user: &User,
) -> Result<String, OauthError> {
    if subject.audience.as_deref() != Some(tenant.management_audience().as_str()) {
        return Ok(state.access_tokens.insert(AccessGrant {
            subject: subject.clone(),
        }));
    }
    let openid = ["openid", "profile", "email"];
    let granted = subject
        .scope
        .split_ascii_whitespace()
        .filter(|scope| OWN_SCOPES.contains(scope) || openid.contains(scope));
    let scope = granted.collect::<Vec<_>>().join(" ");
    let now = state.clock().now();
    let claims = access_claims(tenant, now, user.user_id.as_str(), &subject.client_id, &scope);
    id_token::encode(&claims, &state.keys.current()).map_err(|_| OauthError::server())
}

fn by_credentials(tenant: &Tenant, client: &Client, parameters: &Parameters) -> Answer {
    let missing = "No audience parameter was provided, and no default audience has been configured";
    let audience = parameters.get("audience").ok_or_else(|| OauthError::denied(missing))?;
    if audience != tenant.management_audience() {
        return Err(OauthError::denied(format!("Service not found: {audience}")));
    }
    if client.management_scopes.is_empty() {
        let description = format!(
            "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" associated to this API."
        );
        return Err(OauthError::denied(description));
    }
    let asked: Vec<&str> = parameters.words("scope").collect();
    let granted = client
        .management_scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| asked.is_empty() || asked.contains(scope));
    let scope = granted.collect::<Vec<_>>().join(" ");
    let (now, key) = {
        let state = tenant.lock();
        (state.clock().now(), state.keys.current())
    };
    let mut claims = access_claims(
        tenant,
        now,
        &format!("{}@clients", client.client_id),
        &client.client_id,
        &scope,
    );
    claims.insert("gty".to_owned(), "client-credentials".into());
    let token = id_token::encode(&claims, &key).map_err(|_| OauthError::server())?;
    Ok(json!({"access_token": token, "scope": scope, "expires_in": LIFETIME, "token_type": "Bearer"}))
}

fn access_claims(tenant: &Tenant, now: i64, subject: &str, client: &str, scope: &str) -> Map<String, Value> {
    let claims = [
        ("iss", json!(tenant.issuer)),
        ("sub", json!(subject)),
        ("aud", json!(tenant.management_audience())),
        ("iat", json!(now)),
        ("exp", json!(now + LIFETIME)),
        ("azp", json!(client)),
        ("scope", json!(scope)),
    ];
    claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
