//! Keeps the tenant's pages and the providers' apart, by the name that a request calls.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::domain::{called_host, is_host_of};
use crate::pages;
use crate::state::Shared;

/// With `providers_origin`, the tenant's pages are not served under the providers' name, nor theirs under the tenant's: a link that leads to the wrong one of them
/// has to be seen. Assets belong to both.
pub async fn keep_apart(State(tenant): State<Shared>, request: Request, next: Next) -> Response {
    let Some(origin) = &tenant.config.providers_origin else {
        return next.run(request).await;
    };
    let path = request.uri().path();
    let is_at_providers = is_host_of(origin, called_host(request.uri(), request.headers()));
    if path.starts_with("/assets/") || path.starts_with("/upstream/") == is_at_providers {
        return next.run(request).await;
    }
    pages::error(404, "there is no such page")
}
