use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::state::Shared;

/// Dates every answer by the tenant's clock; the server would do so by the machine's.
pub async fn stamp(State(tenant): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Ok(date) = HeaderValue::try_from(tenant.clock().http_date()) {
        response.headers_mut().entry(header::DATE).or_insert(date);
    }
    response
}
