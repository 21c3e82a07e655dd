//! How a request that a fault struck comes to its end.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::faults::Release;
use super::rule::FaultRule;
use crate::management::ApiError;
use crate::rate_limit::RateLimitHeaders;
use crate::state::Tenant;

/// What a 429 claims the limit to be when the tenant has none.
const CLAIMED_LIMIT: u32 = 10;
/// Bytes of an answer that is cut: every answer of this tenant is far smaller.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Marks a response that must not be sent.
#[derive(Clone, Copy)]
pub struct Reset;

/// Lets a rule do to a request what it says.
pub async fn fail(tenant: &Tenant, rule: FaultRule, release: Release, request: Request, next: Next) -> Response {
    if rule.hold {
        release.clone().wait().await;
    }
    tokio::time::sleep(rule.delay()).await;
    let method = request.method().clone();
    let worked = work(&rule, release, request, next).await;
    tokio::time::sleep(rule.timeout()).await;
    if rule.reset {
        let mut response = StatusCode::NO_CONTENT.into_response();
        response.extensions_mut().insert(Reset);
        return response;
    }
    let mut response = match worked {
        Some(answer) if !rule.fails() => answer,
        Some(answer) if rule.malformed => cut(answer, rule.status()).await,
        _ => failure(tenant, &rule, method.as_str()),
    };
    add_headers(&rule, &mut response);
    response
}

/// Does the work at the time that the rule says: now, later, or never.
async fn work(rule: &FaultRule, release: Release, request: Request, next: Next) -> Option<Response> {
    if rule.after_effect || rule.malformed || !rule.fails() {
        return Some(next.run(request).await);
    }
    if rule.has_late_effect() {
        let (after, on_release) = (rule.late_effect(), rule.late_effect_on_release);
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if on_release {
                release.wait().await;
            }
            next.run(request).await;
        });
    }
    None
}

/// The first half of an answer, as if the connection's other end had lost the rest without noticing.
async fn cut(answer: Response, status: Option<StatusCode>) -> Response {
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, LARGEST_ANSWER).await.unwrap_or_default();
    // The length is that of the half: a client that compares the two would notice before it reads JSON.
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.status = status.unwrap_or(parts.status);
    Response::from_parts(parts, Body::from(body.slice(..body.len() / 2)))
}

fn failure(tenant: &Tenant, rule: &FaultRule, method: &str) -> Response {
    let status = rule.status().unwrap_or(StatusCode::GATEWAY_TIMEOUT);
    let limited = status == StatusCode::TOO_MANY_REQUESTS;
    let mut response = match &rule.body {
        None if limited => ApiError::too_many_requests().into_response(),
        None => ApiError::new(status, "injected by a fault rule").into_response(),
        Some(Value::String(text)) => (status, text.clone()).into_response(),
        Some(body) => (status, Json(body)).into_response(),
    };
    if limited {
        let wait = rule.retry_after.unwrap_or(1);
        let bucket = tenant.config.rate_limit.management(method);
        let limits = RateLimitHeaders {
            limit: bucket.map_or(CLAIMED_LIMIT, |(_, bucket)| bucket.burst),
            remaining: 0,
            reset: tenant.clock().now().saturating_add_unsigned(wait),
        };
        limits.add_to(&mut response);
    }
    response
}

fn add_headers(rule: &FaultRule, response: &mut Response) {
    if let Some(seconds) = rule.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    for (name, value) in &rule.headers {
        // Both were looked at when the rule was read.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
}
