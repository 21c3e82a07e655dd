//! `GET /users`: search v3, which sees changes late and pages through the first thousand.

use std::cmp::Ordering;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde_json::Value;

use super::caller::Caller;
use super::error::ApiError;
use super::fields::QueryParameters;
use super::page;
use crate::state::Shared;
use crate::store::Query;

/// What Auth0 lets a caller page through.
const REACHABLE: usize = 1000;

/// Bytes of a request's query, as it is sent, after which it is too long. Auth0 documents the 414 and no length; this is what common gateways take.
const LONGEST_QUERY: usize = 8 * 1024;

/// `GET /users`.
pub async fn users(State(tenant): State<Shared>, caller: Caller, query: RawQuery) -> Result<Json<Value>, ApiError> {
    caller.require(&["read:users"])?;
    if query.0.as_ref().is_some_and(|query| query.len() > LONGEST_QUERY) {
        return Err(ApiError::new(StatusCode::URI_TOO_LONG, "The query is too long."));
    }
    let query = QueryParameters::from(query);
    if query.get("search_engine").is_some_and(|engine| engine != "v3") {
        return Err(ApiError::query("search_engine has to be v3"));
    }
    let (start, limit) = page::bounds(&query)?;
    if start + limit > REACHABLE {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "You can only page through the first 1000 records.",
        )
        .with_code("invalid_paging"));
    }
    let parsed = query
        .get("q")
        .filter(|text| !text.is_empty())
        .map(Query::parse)
        .transpose()
        .map_err(ApiError::query)?;
    let in_primary_order = query.flag("primary_order", true)?;
    let mut found = tenant.lock().store.search(parsed.as_ref());
    if !in_primary_order {
        reorder(&mut found, &mut tenant.lock().search_turn);
    }
    if let Some(connection) = query.get("connection") {
        found.retain(|user| in_connection(user, connection));
    }
    sort(&mut found, query.get("sort"))?;
    found.truncate(REACHABLE);
    let users = found.into_iter().map(|user| query.select(user));
    page::numbered("users", users.collect::<Result<_, _>>()?, &query)
}

fn in_connection(user: &Value, connection: &str) -> bool {
    let identities = user.get("identities").and_then(Value::as_array);
    identities.is_some_and(|all| {
        all.iter()
            .any(|identity| identity.get("connection").and_then(Value::as_str) == Some(connection))
    })
}

/// Auth0 promises no order with `primary_order=false`. Here it is another one each time, by count and never by chance: pages that are asked for one by one then overlap.
fn reorder(users: &mut [Value], turn: &mut usize) {
    *turn = turn.wrapping_add(1);
    if let Some(by) = turn.checked_rem(users.len()) {
        users.rotate_left(by);
    }
}

/// `field:1` or `field:-1`.
fn sort(users: &mut [Value], order: Option<&str>) -> Result<(), ApiError> {
    let Some(order) = order else { return Ok(()) };
    let malformed = || ApiError::query("sort has to be field:1 or field:-1");
    let (field, direction) = order.rsplit_once(':').ok_or_else(malformed)?;
    if !matches!(direction, "1" | "-1") {
        return Err(malformed());
    }
    users.sort_by(|left, right| {
        let ordering = compare(left.get(field), right.get(field));
        if direction == "1" { ordering } else { ordering.reverse() }
    });
    Ok(())
}

fn compare(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left.and_then(Value::as_f64), right.and_then(Value::as_f64)) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.map(Value::to_string).cmp(&right.map(Value::to_string)),
    }
}
