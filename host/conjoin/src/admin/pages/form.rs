//! What makes a POST ours: it comes from our own pages, and carries the session's secret.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::PageError;
use super::session::Member;
use crate::admin::Admin;
use crate::admin::problem::Problem;
use crate::app::App;
use crate::web::form::{comes_from_elsewhere, own_origin};

/// A form of somebody who is signed in, with a `csrf_token` that is the session's.
pub(super) struct Signed<T> {
    /// Whose.
    pub(super) member: Member,
    /// The other fields.
    pub(super) fields: T,
}

/// A form without fields of its own.
#[derive(Deserialize)]
pub(super) struct Nothing {}

#[derive(Deserialize)]
struct Guarded<T> {
    csrf_token: String,
    #[serde(flatten)]
    fields: T,
}

impl<T: DeserializeOwned> FromRequest<Admin> for Signed<T> {
    type Rejection = PageError;

    async fn from_request(request: Request, admin: &Admin) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let member = <Member as FromRequestParts<Admin>>::from_request_parts(&mut parts, admin).await?;
        let form = Form::<Guarded<T>>::from_request(Request::from_parts(parts, body), admin).await;
        let Form(form) = form.map_err(Problem::from)?;
        member.sent(&form.csrf_token)?;
        Ok(Self {
            member,
            fields: form.fields,
        })
    }
}

/// Refuses writes that another site's page began.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    if !request.method().is_safe() && comes_from_elsewhere(request.headers(), &origins(&request)) {
        return PageError::Forged.into_response();
    }
    next.run(request).await
}

/// Our own: of the tenant whose host name was asked, or, where the pages listen apart, whatever name the browser has for them.
fn origins(request: &Request) -> Vec<String> {
    if let Some(app) = request.extensions().get::<App>() {
        return vec![own_origin(app)];
    }
    let header = || request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let asked = authority.or_else(header).unwrap_or_default().to_ascii_lowercase();
    ["http", "https"].map(|scheme| format!("{scheme}://{asked}")).to_vec()
}

/// A form that cannot be read.
pub(super) fn bad(detail: impl Into<String>) -> PageError {
    Problem::bad_request(detail).into()
}

/// Settings as they are typed; an empty field is an empty object.
pub(super) fn settings(text: &str) -> Result<Map<String, Value>, PageError> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|error| bad(format!("the settings are no JSON object: {error}")))
}

/// The number of a change.
pub(super) fn number(text: &str) -> Result<i64, PageError> {
    text.parse()
        .map_err(|_| bad("the number of a change is missing: load the page again"))
}
