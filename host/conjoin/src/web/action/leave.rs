//! Going back to the sign-in that waits at the tenant.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Redirect, Response};
use conjoin_linking::LinkError;
use conjoin_linking::clock::now;
use conjoin_linking::error::RefusedBy;
use conjoin_linking::record::Stage;
use serde::Deserialize;
use url::Url;

use super::token::{self, Outcome};
use super::visit::Visit;
use crate::app::App;
use crate::pages::ActionReturn;
use crate::web::error::{WebError, html};
use crate::web::headers::content_policy;
use crate::web::visitor::Visitor;

/// What brought the browser to leave.
#[derive(Deserialize)]
pub struct Leaving {
    /// Present when it did not work, rather than that the person did not want to.
    failed: Option<String>,
}

/// `GET /action/leave/{visit}`: back without an agreement. Ends the link that was under way.
pub async fn leave(
    app: App,
    visitor: Visitor,
    Path(id): Path<String>,
    leaving: Result<Query<Leaving>, QueryRejection>,
) -> Result<Response, WebError> {
    let visit = Visit::find(&app, visitor, id).await?;
    if let Ok(record) = visit.record(&app).await {
        app.linking.abandon(&record, RefusedBy::Person).await;
    }
    let failed = leaving.is_ok_and(|leaving| leaving.0.failed.is_some());
    let outcome = if failed { Outcome::Failed } else { Outcome::Declined };
    send_back(&app, &visit, &outcome)
}

/// `GET /action/return/{visit}`: the way back with an agreement. By a form, so that the token that carries it stands in no address; by a button, since pages have no scripts.
pub async fn give_back(app: App, visitor: Visitor, Path(id): Path<String>) -> Result<Response, WebError> {
    let visit = Visit::find(&app, visitor, id).await?;
    let record = visit.record(&app).await.map_err(|error| visit.failed(error))?;
    let Stage::Agreed(agreed) = &record.stage else {
        return Ok(Redirect::to(&format!("/action/review/{}", visit.id)).into_response());
    };
    let left = record.expires_at.saturating_sub(now());
    if left <= 0 {
        return Err(visit.failed(LinkError::Expired));
    }
    let plan = &agreed.planned.plan;
    let outcome = Outcome::Agreed {
        link: record.id.clone(),
        plan: plan.hash(),
        primary_user_id: plan.primary.user_id.clone(),
        expires_at: record.expires_at,
    };
    let mut page = html(&ActionReturn {
        shell: visit.visitor.shell(&app),
        continue_at: back(&app, &visit.kept.state, None).as_str(),
        session_token: &token::sign(&app, &visit, &outcome)?,
        minutes: left / 60,
    })?;
    // Without `form-action`: browsers apply it to the redirects after the form too, and those end at an application that this host does not know.
    if let Ok(policy) = HeaderValue::from_str(&content_policy(None)) {
        page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(page)
}

/// Sends the browser back with what a visit came to. In the address: none of these outcomes joins anything, and a second time it is another sign-in's `state`.
///
/// # Errors
/// When the token cannot be signed.
pub fn send_back(app: &App, visit: &Visit, outcome: &Outcome) -> Result<Response, WebError> {
    let token = token::sign(app, visit, outcome)?;
    Ok(go_on(app, &visit.kept.state, Some(&token)))
}

/// Sends the browser back. Without a token the Action knows nothing, and the sign-in goes on.
pub fn go_on(app: &App, state: &str, token: Option<&str>) -> Response {
    Redirect::to(back(app, state, token).as_str()).into_response()
}

/// Always to this tenant, whatever came with the browser.
fn back(app: &App, state: &str, token: Option<&str>) -> Url {
    let mut url = app.addresses.continue_sign_in.clone();
    url.query_pairs_mut().append_pair("state", state);
    if let Some(token) = token {
        url.query_pairs_mut().append_pair("session_token", token);
    }
    url
}
