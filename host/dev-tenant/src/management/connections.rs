use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::caller::Caller;
use super::error::ApiError;
use super::fields::QueryParameters;
use super::page;
use crate::config::Connection;
use crate::state::{Shared, Tenant};

/// `GET /connections`, with `name` and `strategy` (any of several) as filters: an array; with `include_totals` an object; with `take` a checkpoint page.
pub async fn list(State(tenant): State<Shared>, caller: Caller, query: RawQuery) -> Result<Json<Value>, ApiError> {
    caller.require(&["read:connections"])?;
    let query = QueryParameters::from(query);
    let strategies: Vec<&str> = query.all("strategy").collect();
    let wanted = |connection: &&Connection| {
        query.get("name").is_none_or(|name| name == connection.name)
            && (strategies.is_empty() || strategies.contains(&connection.strategy.as_str()))
    };
    let found = tenant.config.connections.iter().filter(wanted);
    let found: Vec<Value> = found.map(|connection| shape(&tenant, connection)).collect();
    if query.get("take").is_some() || query.get("from").is_some() {
        return page::checkpoint("connections", found, &query);
    }
    page::numbered("connections", found, &query)
}

/// `GET /connections/{id}`.
pub async fn show(
    State(tenant): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(&["read:connections"])?;
    let connection = tenant.config.connections.iter().find(|connection| connection.id == id);
    let missing =
        || ApiError::new(StatusCode::NOT_FOUND, "The connection does not exist").with_code("inexistent_connection");
    connection
        .map(|connection| Json(shape(&tenant, connection)))
        .ok_or_else(missing)
}

fn shape(tenant: &Tenant, connection: &Connection) -> Value {
    let clients: Vec<&str> = tenant
        .config
        .clients
        .iter()
        .map(|client| client.client_id.as_str())
        .collect();
    json!({
        "id": connection.id, "name": connection.name, "strategy": connection.strategy, "display_name": connection.display_name,
        "options": {}, "realms": [connection.name], "is_domain_connection": false, "enabled_clients": clients,
    })
}
