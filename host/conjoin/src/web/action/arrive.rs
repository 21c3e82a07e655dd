//! Coming from the tenant.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::leave::go_on;
use super::token;
use super::visit::Visit;
use crate::app::App;
use crate::web::error::WebError;
use crate::web::visitor::Visitor;

/// The longest `state` that is given back: more than any tenant's, and short enough for an address.
const MAX_STATE: usize = 2048;

/// What the tenant sends the browser with.
#[derive(Deserialize)]
pub struct Arrival {
    /// Of the Action's `api.redirect.encodeToken`.
    #[serde(default)]
    session_token: String,
    /// The tenant's own.
    state: String,
}

/// `GET /action/link`: uses the session token up and takes it out of the address. One that is forged, expired, used before or another tenant's sends the browser back at once,
/// and the sign-in goes on; so does our own failure.
pub async fn link(
    app: App,
    visitor: Visitor,
    arrival: Result<Query<Arrival>, QueryRejection>,
) -> Result<Response, WebError> {
    if app.action_secret.is_none() {
        return Err(WebError::NotFound);
    }
    let Ok(Query(Arrival { session_token, state })) = arrival else {
        return Err(WebError::BadForm);
    };
    if state.is_empty() || state.len() > MAX_STATE {
        return Err(WebError::BadForm);
    }
    match begin(&app, visitor, &session_token, &state).await {
        Ok(Some(visit)) => Ok(Redirect::to(&format!("/action/visit/{}", visit.id)).into_response()),
        Ok(None) => Ok(go_on(&app, &state, None)),
        Err(error) => {
            tracing::error!(%error, "a visit could not begin; the sign-in goes on without it");
            Ok(go_on(&app, &state, None))
        }
    }
}

/// None for a token that is not accepted.
async fn begin(app: &App, visitor: Visitor, token: &str, state: &str) -> Result<Option<Visit>, WebError> {
    let Some(secret) = &app.action_secret else {
        return Ok(None);
    };
    let arriving = match token::read(app, secret, token) {
        Ok(arriving) => arriving,
        Err(error) => {
            tracing::warn!(%error, "a session token was not accepted");
            return Ok(None);
        }
    };
    let visit = Visit::begin(app, visitor, token, state.to_owned(), arriving).await?;
    if visit.is_none() {
        tracing::warn!("a session token was shown a second time");
    }
    Ok(visit)
}
