//! What linking drops, so that a caller can list it beforehand: roles, permissions, organizations. Read only.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};

use super::caller::Caller;
use super::error::ApiError;
use super::fields::QueryParameters;
use super::users::UserPath;
use crate::state::{Shared, Tenant};
use crate::store::{User, UserId};

type Page = Result<Json<Value>, ApiError>;

/// `GET /users/{id}/roles`.
pub async fn roles(State(tenant): State<Shared>, caller: Caller, path: UserPath, query: RawQuery) -> Page {
    caller.require(&["read:users", "read:roles", "read:role_members"])?;
    let roles = of_user(&tenant, path, |user| user.roles.clone())?;
    page("roles", roles, query)
}

/// `GET /users/{id}/permissions`.
pub async fn permissions(State(tenant): State<Shared>, caller: Caller, path: UserPath, query: RawQuery) -> Page {
    caller.require(&["read:users"])?;
    let permissions = of_user(&tenant, path, |user| user.permissions.clone())?;
    page("permissions", permissions, query)
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
    page(
        "organizations",
        known.map(|organization| json!(organization)).collect(),
        query,
    )
}

fn of_user<T>(tenant: &Tenant, path: UserPath, read: impl FnOnce(&User) -> T) -> Result<T, ApiError> {
    let id = UserId::from(path?.0);
    tenant.lock().store.get(&id).map(read).ok_or_else(ApiError::no_user)
}

/// A bare array, or with `include_totals` an object around it.
fn page(name: &str, items: Vec<Value>, query: RawQuery) -> Page {
    let query = QueryParameters::from(query);
    let limit = query.number("per_page", 50, 100)?;
    let start = query.number("page", 0, 10_000)? * limit;
    let total = items.len();
    let items: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    if !query.flag("include_totals", false)? {
        return Ok(Json(Value::Array(items)));
    }
    Ok(Json(
        json!({"start": start, "limit": limit, "total": total, (name): items}),
    ))
}
