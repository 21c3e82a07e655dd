//! Around every request: the log of calls, and the faults.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::connection::Connection;
use super::fail::{Reset, fail};
use crate::management::{ApiError, MAX_BODY, bearer, unverified_client};
use crate::oidc::{Parameters, basic};
use crate::state::Shared;

/// Never kept in the log.
const SECRETS: [&str; 7] = [
    "password",
    "new_password",
    "client_secret",
    "refresh_token",
    "token",
    "client_assertion",
    "code_verifier",
];

/// Notes a request, and lets a fault strike it.
pub async fn observe(State(tenant): State<Shared>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/_dev/") || request.uri().path().starts_with("/assets/") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Payload content length greater than maximum allowed",
        )
        .into_response();
    };
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned();
    let (number, fault) = {
        let mut state = tenant.lock();
        let logged = readable(&parts.headers, &body);
        let client = client(&parts, logged.as_ref());
        let number = state
            .calls
            .received(parts.method.as_str(), parts.uri.to_string(), client, logged, body.len());
        let fault = state.faults.strike(parts.method.as_str(), &path);
        if let Some((rule, _)) = &fault {
            state.calls.faulted(number, rule.name.clone());
        }
        (number, fault)
    };
    let connection = parts
        .extensions
        .get::<ConnectInfo<Connection>>()
        .map(|info| info.0.clone());
    let request = Request::from_parts(parts, Body::from(body));
    let response = match fault {
        None => next.run(request).await,
        Some((rule, release)) => fail(&tenant, rule, release, request, next).await,
    };
    if response.extensions().get::<Reset>().is_some() {
        connection.inspect(Connection::cut);
        return response;
    }
    tenant.lock().calls.answered(number, response.status().as_u16());
    response
}

/// The body as a JSON value, without secrets; `None` when there is none or it is neither JSON nor a form.
fn readable(headers: &HeaderMap, body: &Bytes) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut value = if content_type.starts_with("application/x-www-form-urlencoded") {
        Parameters::from_urlencoded(body).to_json()
    } else {
        serde_json::from_slice(body).ok()?
    };
    if let Value::Object(object) = &mut value {
        for secret in SECRETS {
            object.entry(secret).and_modify(|value| *value = json!("[redacted]"));
        }
    }
    Some(value)
}

fn client(parts: &Parts, body: Option<&Value>) -> Option<String> {
    let in_token = || {
        bearer(&parts.headers)
            .and_then(unverified_client)
            .filter(|client| !client.is_empty())
    };
    let in_body = || body?.get("client_id")?.as_str().map(str::to_owned);
    let in_query = || Parameters::from_urlencoded(parts.uri.query().unwrap_or_default().as_bytes()).owned("client_id");
    in_token()
        .or_else(|| basic(&parts.headers).map(|(id, _)| id))
        .or_else(in_body)
        .or_else(in_query)
}
