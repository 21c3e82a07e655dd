//! Which pages of other origins may call the tenant from a browser.

use axum::http::{HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use url::Url;

use crate::state::{Shared, Tenant};

/// CORS for origins that a client names or has a callback at. Auth0 lets callbacks' origins call by default.
pub fn cors(tenant: Shared) -> CorsLayer {
    let allowed = move |origin: &HeaderValue, _: &axum::http::request::Parts| is_allowed(&tenant, origin);
    let limits = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .expose_headers(limits.map(header::HeaderName::from_static))
}

fn is_allowed(tenant: &Tenant, origin: &HeaderValue) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    origin.is_some_and(|origin| {
        let mut clients = tenant.config.clients.iter();
        clients.any(|client| client.allows_cross_origin(&origin))
    })
}
