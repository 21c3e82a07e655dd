//! How long a request may take.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::timeout;

use super::problem::Problem;

/// Answers in time, if only that it did not come to an end.
pub(super) async fn within(longest: Duration, request: Request, next: Next) -> Result<Response, Problem> {
    let answered = timeout(longest, next.run(request)).await;
    answered.map_err(|_| Problem::timed_out())
}
