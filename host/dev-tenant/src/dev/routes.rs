use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::calls::Call;
use super::page;
use super::rule::FaultRule;
use super::switches::Switches;
use crate::domain::{called_host, is_host_of};
use crate::inbox::Message;
use crate::keys::SigningKey;
use crate::state::Shared;
use crate::store::User;

/// Everything below `/_dev`; with TLS the authority's certificate among it.
pub fn routes(authority: Option<String>) -> Router<Shared> {
    Router::new()
        .route("/_dev/authority.pem", get(|| async { certificate(authority) }))
        .route("/_dev/calls", get(calls).delete(forget_calls))
        .route("/_dev/inbox", get(inbox))
        .route("/_dev/users", get(users))
        .route("/_dev/users/{id}", put(put_user))
        .route("/_dev/reset", post(reset))
        .route(
            "/_dev/faults",
            get(faults).put(put_faults).post(add_faults).delete(clear_faults),
        )
        .route("/_dev/rotate-keys", post(rotate_keys))
        .route("/_dev/oidc", get(switches).put(put_switches))
        .merge(page::routes())
        .route_layer(middleware::from_fn(own_only))
}

/// A page of another site must change nothing here. What it may send without being asked for leave (CORS), a `POST` without a body among it, says where it comes from.
async fn own_only(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_own(&request) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "this belongs to the tenant's own page").into_response()
}

/// Browsers say so of names that they trust: https, and this machine's. Of others they say where a page is from; programs say neither.
fn is_own(request: &Request) -> bool {
    let headers = request.headers();
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        Some(site) => matches!(site, b"same-origin" | b"none"),
        None => headers.get(header::ORIGIN).is_none_or(|origin| {
            let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Url>().ok());
            origin.is_some_and(|origin| is_host_of(&origin, called_host(request.uri(), headers)))
        }),
    }
}

fn certificate(authority: Option<String>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/x-pem-file")];
    match authority {
        Some(pem) => (content_type, pem).into_response(),
        None => (StatusCode::NOT_FOUND, "this tenant is served without TLS").into_response(),
    }
}

async fn calls(State(tenant): State<Shared>) -> Json<Vec<Call>> {
    Json(tenant.lock().calls.all())
}

async fn forget_calls(State(tenant): State<Shared>) -> StatusCode {
    tenant.lock().calls.clear();
    StatusCode::NO_CONTENT
}

async fn inbox(State(tenant): State<Shared>) -> Json<Vec<Message>> {
    Json(tenant.lock().inbox.messages().cloned().collect())
}

async fn users(State(tenant): State<Shared>) -> Json<Vec<Value>> {
    Json(tenant.lock().store.users().map(User::to_fixture).collect())
}

async fn put_user(State(tenant): State<Shared>, Path(id): Path<String>, Json(mut fixture): Json<Value>) -> Response {
    if let Value::Object(object) = &mut fixture {
        object.insert("user_id".to_owned(), id.into());
    }
    match User::from_fixture(fixture) {
        Ok(user) => {
            let answer = Json(user.to_fixture());
            tenant.lock().store.put(user);
            answer.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({"error": error.to_string()}))).into_response(),
    }
}

async fn reset(State(tenant): State<Shared>) -> StatusCode {
    tenant.lock().reset(&tenant.config);
    StatusCode::NO_CONTENT
}

async fn faults(State(tenant): State<Shared>) -> Json<Vec<FaultRule>> {
    Json(tenant.lock().faults.rules())
}

async fn put_faults(State(tenant): State<Shared>, Json(rules): Json<Vec<FaultRule>>) -> StatusCode {
    tenant.lock().faults.replace(rules);
    StatusCode::NO_CONTENT
}

/// For several tests that share a tenant: each adds its own rules and takes them away by name, and the others' stay.
async fn add_faults(State(tenant): State<Shared>, Json(rules): Json<Vec<FaultRule>>) -> StatusCode {
    tenant.lock().faults.append(rules);
    StatusCode::NO_CONTENT
}

/// Which rules; all by default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: Option<String>,
}

async fn clear_faults(State(tenant): State<Shared>, Query(named): Query<Named>) -> StatusCode {
    let faults = &mut tenant.lock().faults;
    match named.name {
        Some(name) => faults.remove(&name),
        None => faults.replace(Vec::new()),
    }
    StatusCode::NO_CONTENT
}

/// `keep_previous` (default true): whether the old key stays in the JWKS.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    #[serde(default = "yes")]
    keep_previous: bool,
}

fn yes() -> bool {
    true
}

async fn rotate_keys(
    State(tenant): State<Shared>,
    rotation: Option<Json<Rotation>>,
) -> Result<Json<Value>, StatusCode> {
    let keep_previous = rotation.is_none_or(|Json(rotation)| rotation.keep_previous);
    let key = tokio::task::spawn_blocking(SigningKey::generate)
        .await
        .ok()
        .and_then(Result::ok);
    let key = key.ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
    let answer = json!({"kid": key.key_id});
    tenant.lock().keys.rotate(key, keep_previous);
    Ok(Json(answer))
}

async fn switches(State(tenant): State<Shared>) -> Json<Switches> {
    Json(tenant.lock().switches.clone())
}

async fn put_switches(State(tenant): State<Shared>, Json(switches): Json<Switches>) -> StatusCode {
    tenant.lock().switches = switches;
    StatusCode::NO_CONTENT
}
