//! What makes a POST ours: it comes from our own pages, and carries the session's secret.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::error::WebError;
use super::visitor::{Member, Visitor};
use crate::app::App;

/// A form of a signed-in person, with a `csrf_token` that is the session's.
pub struct SignedForm<T> {
    /// Whose.
    pub member: Member,
    /// The other fields.
    pub fields: T,
}

/// A form of anyone with a session, with a `csrf_token` that is the session's.
pub struct VisitorForm<T> {
    /// Whose.
    pub visitor: Visitor,
    /// The other fields.
    pub fields: T,
}

#[derive(Deserialize)]
struct Guarded<T> {
    csrf_token: String,
    #[serde(flatten)]
    fields: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for SignedForm<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebError> {
        let (mut parts, body) = request.into_parts();
        let member = <Member as FromRequestParts<S>>::from_request_parts(&mut parts, state).await?;
        let fields = fields(&member.visitor, Request::from_parts(parts, body), state).await?;
        Ok(Self { member, fields })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for VisitorForm<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, state: &S) -> Result<Self, WebError> {
        let (mut parts, body) = request.into_parts();
        let visitor = <Visitor as FromRequestParts<S>>::from_request_parts(&mut parts, state).await?;
        let fields = fields(&visitor, Request::from_parts(parts, body), state).await?;
        Ok(Self { visitor, fields })
    }
}

async fn fields<S: Send + Sync, T: DeserializeOwned>(
    visitor: &Visitor,
    request: Request,
    state: &S,
) -> Result<T, WebError> {
    let Form(form) = Form::<Guarded<T>>::from_request(request, state)
        .await
        .map_err(|_| WebError::BadForm)?;
    let expected = visitor.remembered.csrf_token.as_bytes();
    if !bool::from(form.csrf_token.as_bytes().ct_eq(expected)) {
        return Err(WebError::ForgedForm);
    }
    Ok(form.fields)
}

/// Refuses writes that another site's page began. Beside the token, since a token can leak and a browser's word on where a form came from cannot be forged
/// by a page.
pub async fn same_origin(app: App, request: Request, next: Next) -> Response {
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if writes && comes_from_elsewhere(request.headers(), &[own_origin(&app)]) {
        return WebError::ForgedForm.into_response();
    }
    next.run(request).await
}

/// The origin of a tenant's own pages.
pub(crate) fn own_origin(app: &App) -> String {
    app.addresses.base.origin().ascii_serialization()
}

/// Whether a browser says that a page of none of these origins began this.
pub(crate) fn comes_from_elsewhere(headers: &HeaderMap, ours: &[String]) -> bool {
    // All of a name: a header that comes twice must not hide behind its first value.
    let every = |name: &str, allowed: &dyn Fn(&str) -> bool| {
        let mut values = headers.get_all(name).iter();
        values.all(|value| value.to_str().is_ok_and(allowed))
    };
    !every(ORIGIN.as_str(), &|origin| ours.iter().any(|own| own == origin))
        || !every("sec-fetch-site", &|site| ["same-origin", "none"].contains(&site))
}
