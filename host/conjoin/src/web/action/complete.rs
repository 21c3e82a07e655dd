//! `POST /action/complete`: the Action, in which the tenant has bound the browser, asks for what the person agreed to.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use conjoin_auth0::UserId;
use conjoin_linking::LinkError;
use conjoin_linking::plan::PlanHash;
use conjoin_linking::record::{LinkId, Record, Stage};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::app::App;

/// How long the answer waits for the link: an Action has 20 seconds in all.
const PATIENCE: Duration = Duration::from_secs(7);

/// What the Action read in the token that the browser brought back.
#[derive(Deserialize)]
pub struct Asked {
    link: LinkId,
    plan: PlanHash,
    /// `event.user.user_id`: whose sign-in it is, by the tenant's own word.
    user_id: UserId,
}

/// Every way in which nothing can be said of the link.
pub enum Refusal {
    Absent,
    Unauthorized,
    BadRequest,
    Failed,
}

/// 200 `{"outcome": "linked", "primary_user_id"}` or `{"outcome": "not_linked", "reason"}`; 202 `{"outcome": "under_way", "primary_user_id"}` while it is not settled. Asking
/// again is harmless.
pub async fn complete(
    app: App,
    headers: HeaderMap,
    asked: Result<Json<Asked>, JsonRejection>,
) -> Result<Response, Refusal> {
    authorize(&app, &headers)?;
    let Ok(Json(Asked { link, plan, user_id })) = asked else {
        return Err(Refusal::BadRequest);
    };
    let linking = app.linking.clone();
    let asked = link.clone();
    // It goes on when the Action does not wait.
    let mut work = tokio::spawn(async move { linking.complete(&asked, &user_id, &plan).await });
    match tokio::time::timeout(PATIENCE, &mut work).await {
        Ok(Ok(Ok(record))) => answer(&app, &record).await,
        Ok(Ok(Err(error @ (LinkError::Tenant(_) | LinkError::Journal(_) | LinkError::Busy)))) => {
            tracing::warn!(link = %link.0, %error, "an agreement could not be looked at");
            Err(Refusal::Failed)
        }
        Ok(Ok(Err(error))) => {
            tracing::info!(link = %link.0, %error, "an agreement was not carried out");
            Ok(not_linked(reason(&error)))
        }
        Ok(Err(error)) => {
            tracing::error!(link = %link.0, %error, "carrying out an agreement ended in a panic");
            Err(Refusal::Failed)
        }
        Err(_) => Ok((StatusCode::ACCEPTED, Json(json!({ "outcome": "under_way" }))).into_response()),
    }
}

fn authorize(app: &App, headers: &HeaderMap) -> Result<(), Refusal> {
    let secret = app.action_secret.as_ref().ok_or(Refusal::Absent)?;
    let shown = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = shown
        .and_then(|shown| shown.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    // Of the same length whatever was shown, so that a comparison tells nothing.
    let digest = |text: &str| -> [u8; 32] { Sha256::digest(text).into() };
    let known = digest(secret.expose_secret());
    if token.is_some_and(|(_, token)| bool::from(digest(token.trim()).ct_eq(&known))) {
        Ok(())
    } else {
        Err(Refusal::Unauthorized)
    }
}

async fn answer(app: &App, record: &Record) -> Result<Response, Refusal> {
    let primary = record.stage.pair().map(|(primary, _)| primary.clone());
    match &record.stage {
        Stage::Done(_) => match app.linking.is_in_force(record).await {
            Ok(true) => Ok(Json(json!({ "outcome": "linked", "primary_user_id": primary })).into_response()),
            Ok(false) => Ok(not_linked("unlinked_since")),
            Err(error) => {
                tracing::error!(%error, "what became of a link could not be read");
                Err(Refusal::Failed)
            }
        },
        stage if stage.is_unsettled() => {
            let body = json!({ "outcome": "under_way", "primary_user_id": primary });
            Ok((StatusCode::ACCEPTED, Json(body)).into_response())
        }
        stage => Ok(not_linked(stage.name())),
    }
}

fn not_linked(reason: &str) -> Response {
    Json(json!({ "outcome": "not_linked", "reason": reason })).into_response()
}

/// For whoever reads the Action's log.
fn reason(error: &LinkError) -> &'static str {
    match error {
        LinkError::Changed => "changed",
        LinkError::Expired | LinkError::Proof(_) => "expired",
        LinkError::NoSuchLink => "no_such_agreement",
        LinkError::Paused => "paused",
        LinkError::Unsettled => "unsettled",
        _ => "refused",
    }
}

impl IntoResponse for Refusal {
    /// RFC 9457.
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::Absent => (StatusCode::NOT_FOUND, "There is no such thing here."),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "Show the Action's secret: `Authorization: Bearer …`.",
            ),
            Self::BadRequest => (
                StatusCode::BAD_REQUEST,
                "Send JSON: `{\"link\": …, \"plan\": …, \"user_id\": …}`.",
            ),
            Self::Failed => (
                StatusCode::SERVICE_UNAVAILABLE,
                "It cannot be told now; ask again in a moment.",
            ),
        };
        let problem: Value = json!({ "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
        let mut response = (status, problem.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
