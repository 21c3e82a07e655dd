use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::caller::Caller;
use super::error::ApiError;
use super::fields::QueryParameters;
use crate::config::Connection;
use crate::state::{Shared, Tenant};

/// `GET /connections`, with `name` and `strategy` as filters.
pub async fn list(State(tenant): State<Shared>, caller: Caller, query: RawQuery) -> Result<Json<Vec<Value>>, ApiError> {
    caller.require(&["read:connections"])?;
    let query = QueryParameters::from(query);
    let wanted = |connection: &&Connection| {
        query.get("name").is_none_or(|name| name == connection.name)
            && query
                .get("strategy")
                .is_none_or(|strategy| strategy == connection.strategy)
    };
    Ok(Json(
        tenant
            .config
            .connections
            .iter()
            .filter(wanted)
            .map(|connection| shape(&tenant, connection))
            .collect(),
    ))
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
