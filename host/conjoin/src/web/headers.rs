//! Headers on every answer, and one line in the log for every request.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// No scripts at all, nothing from elsewhere, no frames. Forms may end at the tenant and at any address with TLS: browsers apply `form-action` to the redirects after a form
/// too, and the tenant sends whoever chose an account on to its identity provider.
pub async fn content_security(app: App, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = content_policy(&format!(
        "'self' {} https:",
        app.addresses.issuer.origin().ascii_serialization()
    ));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        // One page says its own.
        response.headers_mut().entry(CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    response
}

fn content_policy(forms: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// What every answer says, whoever gave it.
pub async fn security(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let (false, Ok(policy)) = (
        headers.contains_key(CONTENT_SECURITY_POLICY),
        HeaderValue::from_str(&content_policy("'self'")),
    ) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    let fixed: [(HeaderName, &'static str); 3] = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: under it browsers send `Origin: null` with our own forms.
        (REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages show a person's data; a shared computer's history must not.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Method, path and status. Never the query: it carries codes and states.
pub async fn trace(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    tracing::info!(%method, path, status = response.status().as_u16(), "request");
    response
}
