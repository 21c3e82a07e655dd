//! What an account is signed in to: its sessions and its refresh tokens, listed and ended.
//!
//! Paths, scopes, 202 and 404 are those of Auth0's API description (auth0/docs-v2, `main/docs/oas/management/v2/management-api-oas.json`, operations
//! `get_sessions_for_user`, `delete_sessions_for_user`, `get_refresh_tokens_for_user`, `delete_refresh_tokens_for_user`: "Session deletion request accepted.",
//! "Refresh token deletion request accepted.", "User not found"). Auth0 deletes asynchronously, "eventually consistent"; here it is done when the answer
//! comes, and a fault with `late_effect_ms` makes it late. Refresh tokens outlive their session, as Auth0 documents.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::caller::Caller;
use super::error::ApiError;
use super::page;
use super::users::UserPath;
use crate::clock;
use crate::oidc::{RefreshGrant, Session};
use crate::state::{REFRESH_LIFETIME, SESSION_LIFETIME, Shared, Tenant};
use crate::store::UserId;

/// `GET /users/{id}/sessions`.
pub async fn list(
    State(tenant): State<Shared>,
    caller: Caller,
    path: UserPath,
    query: RawQuery,
) -> Result<Json<Value>, ApiError> {
    let user = admit(&tenant, &caller, "read:sessions", path)?;
    let state = tenant.lock();
    let own = state
        .sessions
        .values()
        .filter(|session| session.sign_in.account == user);
    let mut sessions: Vec<&Session> = own.collect();
    sessions.sort_by_key(|session| (session.sign_in.auth_time, &session.sid));
    page::checkpoint("sessions", sessions.into_iter().map(session).collect(), &query.into())
}

/// `DELETE /users/{id}/sessions`: 202. A browser that comes back has to sign in; tokens, refresh tokens among them, are not touched.
pub async fn end(State(tenant): State<Shared>, caller: Caller, path: UserPath) -> Result<StatusCode, ApiError> {
    let user = admit(&tenant, &caller, "delete:sessions", path)?;
    let sessions = &mut tenant.lock().sessions;
    sessions.retain(|session| session.sign_in.account != user);
    Ok(StatusCode::ACCEPTED)
}

/// `GET /users/{id}/refresh-tokens`. The tokens themselves are never told.
pub async fn list_refresh_tokens(
    State(tenant): State<Shared>,
    caller: Caller,
    path: UserPath,
    query: RawQuery,
) -> Result<Json<Value>, ApiError> {
    let user = admit(&tenant, &caller, "read:refresh_tokens", path)?;
    let state = tenant.lock();
    let grants = state.refresh_tokens.values();
    let mut own: Vec<&RefreshGrant> = grants
        .filter(|grant| grant.subject.sign_in.account == user && !grant.spent)
        .collect();
    own.sort_by_key(|grant| (grant.created_at, &grant.id));
    page::checkpoint(
        "tokens",
        own.into_iter().map(|grant| refresh_token(&tenant, grant)).collect(),
        &query.into(),
    )
}

/// `DELETE /users/{id}/refresh-tokens`: 202.
pub async fn revoke_refresh_tokens(
    State(tenant): State<Shared>,
    caller: Caller,
    path: UserPath,
) -> Result<StatusCode, ApiError> {
    let user = admit(&tenant, &caller, "delete:refresh_tokens", path)?;
    let grants = &mut tenant.lock().refresh_tokens;
    grants.retain(|grant| grant.subject.sign_in.account != user);
    Ok(StatusCode::ACCEPTED)
}

/// The user of the path, if the caller may and the plan includes it.
///
/// # Errors
/// 403 without the scope or the plan, 404 for a user that is not there. The `errorCode` of the 404, and the order of the three, are unconfirmed.
fn admit(tenant: &Tenant, caller: &Caller, scope: &str, path: UserPath) -> Result<UserId, ApiError> {
    let user = UserId::from(path?.0);
    caller.require(&[scope])?;
    if !tenant.config.session_management {
        return Err(not_in_plan());
    }
    if tenant.lock().store.get(&user).is_none() {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "User not found").with_code("inexistent_user"));
    }
    Ok(user)
}

/// Auth0 offers these endpoints on Enterprise plans, and answers 403 `insufficient_entitlement` for features that a plan does not include. That these
/// endpoints do so, and the wording, are unconfirmed.
fn not_in_plan() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "The account is not entitled to this feature: session management is not part of the plan.",
    )
    .with_code("insufficient_entitlement")
}

/// Auth0's shape, without the device: this tenant does not look at browsers.
fn session(session: &Session) -> Value {
    let sign_in = &session.sign_in;
    let began = clock::text(sign_in.auth_time);
    let ends = clock::text(sign_in.auth_time.saturating_add_unsigned(SESSION_LIFETIME.as_secs()));
    let clients: Vec<Value> = session.clients.iter().map(|id| json!({"client_id": id})).collect();
    json!({
        "id": session.sid,
        "user_id": sign_in.account,
        "created_at": began,
        "updated_at": began,
        "authenticated_at": began,
        "idle_expires_at": ends,
        "expires_at": ends,
        "clients": clients,
        "authentication": {"methods": methods(session)},
    })
}

/// Names as Actions use them; those of a session's answer are unconfirmed.
fn methods(session: &Session) -> Vec<Value> {
    let sign_in = &session.sign_in;
    let first = if sign_in.identity.provider() == "auth0" {
        "pwd"
    } else {
        "federated"
    };
    let second = sign_in.second_factor.then_some("mfa");
    let names = std::iter::once(first).chain(second);
    names
        .map(|name| json!({"name": name, "timestamp": clock::text(sign_in.auth_time)}))
        .collect()
}

/// Auth0's shape, without the device.
fn refresh_token(tenant: &Tenant, grant: &RefreshGrant) -> Value {
    let subject = &grant.subject;
    let ends = grant.created_at.saturating_add_unsigned(REFRESH_LIFETIME.as_secs());
    let client = tenant.config.client(&subject.client_id);
    let rotating = client.is_some_and(|client| client.refresh_token_rotation);
    let server = json!({"audience": subject.audience, "scopes": subject.scope});
    json!({
        "id": grant.id,
        "user_id": subject.sign_in.account,
        "created_at": clock::text(grant.created_at),
        "idle_expires_at": null,
        "expires_at": clock::text(ends),
        "client_id": subject.client_id,
        "session_id": subject.sid,
        "rotating": rotating,
        "resource_servers": [server],
    })
}
