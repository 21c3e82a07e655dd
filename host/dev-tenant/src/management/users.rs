//! One user: found by address, shown, changed, deleted.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::caller::Caller;
use super::changes::Changes;
use super::error::ApiError;
use super::fields::QueryParameters;
use super::limits::check_size;
use crate::state::{Shared, Tenant};
use crate::store::{User, UserId};

/// A user id from a path, percent-decoded.
pub type UserPath = Result<Path<String>, PathRejection>;
/// A body within the limit.
pub type Body = Result<Bytes, BytesRejection>;

/// `GET /users-by-email`: at once, case-sensitive, by the accounts' own addresses; verified or not, the caller's own included.
pub async fn by_email(
    State(tenant): State<Shared>,
    caller: Caller,
    query: RawQuery,
) -> Result<Json<Vec<Value>>, ApiError> {
    caller.require(&["read:users"])?;
    let query = QueryParameters::from(query);
    let email = query
        .get("email")
        .ok_or_else(|| ApiError::query("Missing required property: email"))?;
    let found: Vec<Value> = {
        let linked = tenant.config.unconfirmed.by_email_finds_linked;
        let state = tenant.lock();
        state.store.by_email(email, linked).map(User::to_json).collect()
    };
    Ok(Json(
        found
            .into_iter()
            .map(|user| query.select(user))
            .collect::<Result<_, _>>()?,
    ))
}

/// `GET /users/{id}`.
pub async fn show(
    State(tenant): State<Shared>,
    caller: Caller,
    path: UserPath,
    query: RawQuery,
) -> Result<Json<Value>, ApiError> {
    let id = UserId::from(path?.0);
    caller.require_for(&id, &["read:users"], "read:current_user")?;
    let user = tenant
        .lock()
        .store
        .get(&id)
        .map(|user| shape(&tenant, user))
        .ok_or_else(ApiError::no_user)?;
    Ok(Json(QueryParameters::from(query).select(user)?))
}

/// `PATCH /users/{id}`.
pub async fn update(
    State(tenant): State<Shared>,
    caller: Caller,
    path: UserPath,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let id = UserId::from(path?.0);
    let over_all = ["update:users", "update:users_app_metadata"];
    caller.require_for(&id, &over_all, "update:current_user_metadata")?;
    let changes = Changes::parse(&body?, tenant.config.unconfirmed)?;
    if !changes.is_user_metadata_only() {
        // People may change their own user_metadata, never what applications authorise by.
        caller.require(&over_all)?;
    }
    apply(&tenant, &id, changes).map(|user| Json(shape(&tenant, &user)))
}

fn apply(tenant: &Tenant, id: &UserId, changes: Changes) -> Result<User, ApiError> {
    let mut state = tenant.lock();
    changes.check_against(&state.store, id, &tenant.config)?;
    let now = state.clock().now_text();
    let changed = state.store.update(id, |user| {
        changes.apply(user)?;
        user.touch(&now);
        check_size(tenant.config.unconfirmed, user)
    });
    changed.ok_or_else(ApiError::no_user)?
}

/// One user as read and changed by id.
fn shape(tenant: &Tenant, user: &User) -> Value {
    let mut value = user.to_json();
    if let (true, Value::Object(object)) = (tenant.config.unconfirmed.profile_data_on_own_identity, &mut value) {
        object.insert("identities".to_owned(), json!(user.full_identities()));
    }
    value
}

/// `DELETE /users/{id}`: 204 whether or not there was one.
pub async fn delete(State(tenant): State<Shared>, caller: Caller, path: UserPath) -> Result<StatusCode, ApiError> {
    let id = UserId::from(path?.0);
    caller.require_for(&id, &["delete:users"], "delete:current_user")?;
    tenant.lock().store.remove(&id);
    Ok(StatusCode::NO_CONTENT)
}
