//! The two ways in which the Management API pages through a list.

use axum::Json;
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::fields::QueryParameters;

/// Where the page that `page` and `per_page` ask for begins, and how many items it has at most. That 50 is the default of `per_page` is unconfirmed.
///
/// # Errors
/// 400 for parameters that are not numbers within bounds.
pub fn bounds(query: &QueryParameters) -> Result<(usize, usize), ApiError> {
    let limit = query.number("per_page", 50, 100)?;
    let start = query.number("page", 0, usize::MAX / 200)? * limit;
    Ok((start, limit))
}

/// `page` and `per_page`: a bare array, or with `include_totals` an object around it.
///
/// # Errors
/// 400 for parameters that are not numbers within bounds.
pub fn numbered(name: &str, items: Vec<Value>, query: &QueryParameters) -> Result<Json<Value>, ApiError> {
    let (start, limit) = bounds(query)?;
    let total = items.len();
    let items: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    if !query.flag("include_totals", false)? {
        return Ok(Json(Value::Array(items)));
    }
    Ok(Json(
        json!({"start": start, "limit": limit, "length": items.len(), "total": total, (name): items}),
    ))
}

/// Checkpoint pagination: at most `take` items after the one whose id is `from`, and the next `from` while there are more.
///
/// # Errors
/// 400 for a `take` that is not a number within bounds.
pub fn checkpoint(name: &str, items: Vec<Value>, query: &QueryParameters) -> Result<Json<Value>, ApiError> {
    let take = query.number("take", 50, 100)?.max(1);
    let id = |item: &Value| item.get("id").and_then(Value::as_str).map(str::to_owned);
    let start = match query.get("from") {
        None => 0,
        Some(from) => {
            let last = items.iter().position(|item| id(item).as_deref() == Some(from));
            last.map_or(items.len(), |last| last + 1)
        }
    };
    let more = items.len() > start + take;
    let items: Vec<Value> = items.into_iter().skip(start).take(take).collect();
    let mut answer = Map::new();
    if let Some(next) = items.last().and_then(id).filter(|_| more) {
        answer.insert("next".to_owned(), next.into());
    }
    answer.insert(name.to_owned(), items.into());
    Ok(Json(Value::Object(answer)))
}
