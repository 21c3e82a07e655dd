//! What linking drops, so that a caller can list it beforehand: roles, permissions, organizations. Read only.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};

use super::caller::Caller;
use super::error::ApiError;
use super::page;
use super::users::UserPath;
use crate::state::{Shared, Tenant};
use crate::store::{User, UserId};

type Page = Result<Json<Value>, ApiError>;

/// `GET /users/{id}/roles`.
pub async fn roles(State(tenant): State<Shared>, caller: Caller, path: UserPath, query: RawQuery) -> Page {
    caller.require(&["read:users", "read:roles", "read:role_members"])?;
    let roles = of_user(&tenant, path, |user| user.roles.clone())?;
    page::numbered("roles", roles, &query.into())
}

/// `GET /users/{id}/permissions`.
pub async fn permissions(State(tenant): State<Shared>, caller: Caller, path: UserPath, query: RawQuery) -> Page {
    caller.require(&["read:users"])?;
    let permissions = of_user(&tenant, path, |user| user.permissions.clone())?;
    page::numbered("permissions", permissions, &query.into())
}

/// `GET /users/{id}/organizations`.
pub async fn organizations(State(tenant): State<Shared>, caller: Caller, path: UserPath, query: RawQuery) -> Page {
    caller.require(&["read:organizations"])?;
    let ids = of_user(&tenant, path, |user| user.organizations.clone())?;
    let known = tenant
        .config
        .organizations
        .iter()
        .filter(|organization| ids.contains(&organization.id));
    page::numbered(
        "organizations",
        known.map(|organization| json!(organization)).collect(),
        &query.into(),
    )
}

fn of_user<T>(tenant: &Tenant, path: UserPath, read: impl FnOnce(&User) -> T) -> Result<T, ApiError> {
    let id = UserId::from(path?.0);
    tenant.lock().store.get(&id).map(read).ok_or_else(ApiError::no_user)
}
