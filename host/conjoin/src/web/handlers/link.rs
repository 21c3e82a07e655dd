//! Choosing an account and proving it.

use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use conjoin_linking::LinkError;
use conjoin_linking::proof::ProofError;
use conjoin_linking::record::{LinkId, Stage};
use serde::Deserialize;

use super::review::planned;
use crate::app::App;
use crate::web::action::on_visit;
use crate::web::error::WebError;
use crate::web::form::SignedForm;
use crate::web::sign_in::{Next, Purpose, Returned, prove, sign_in_again, take_back};
use crate::web::visitor::{Member, Visitor};

/// The form beside an offer.
#[derive(Deserialize)]
pub struct Choice {
    /// The opaque token of the account.
    candidate: String,
}

/// `POST /link`: fixes the target on the server and sends the browser to prove it. A session whose own sign-in is too long ago, or too weak, signs in again first: an unattended
/// browser must not be enough.
pub async fn request(app: App, form: SignedForm<Choice>) -> Result<Response, WebError> {
    let member = form.member;
    let chosen = form.fields.candidate;
    let record = app
        .linking
        .request(&member.linking(), |user_id| {
            member.visitor.offer_token(user_id) == chosen
        })
        .await?;
    match app.linking.check_proof(&member.signed_in.proof).await {
        Ok(()) => {}
        Err(LinkError::Proof(_)) => return sign_in_again(&app, &member, Next::Prove(record.id)).await,
        Err(error) => return Err(error.into()),
    }
    match &record.stage {
        Stage::Requested(request) => prove(&app, &member.visitor, &record.id, request).await,
        _ => Err(LinkError::NoSuchLink.into()),
    }
}

/// `GET /link/callback`: the end of the sign-in to the chosen account. The session stays the first account's, whoever signed in.
pub async fn callback(app: App, visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    let returned = match take_back(&app, &visitor, &query.unwrap_or_default()).await {
        Err(WebError::StrayCallback) if visitor.remembered.signed_in.is_none() => return Err(WebError::SignedOut),
        returned => returned?,
    };
    match returned.purpose.clone() {
        Purpose::Prove(id) => prove_chosen(&app, visitor.into_member()?, &returned, &id).await,
        Purpose::ProveOnVisit { visit, link } => on_visit(&app, visitor, &returned, visit, &link).await,
        Purpose::LogIn | Purpose::LogInAnew | Purpose::SignInAgain(_) => Err(WebError::StrayCallback),
    }
}

async fn prove_chosen(app: &App, mut member: Member, returned: &Returned, id: &LinkId) -> Result<Response, WebError> {
    let session = member.linking();
    let record = app.linking.record(&session, id).await?;
    let sign_in = match returned.sign_in(app).await {
        Ok(sign_in) => sign_in,
        Err(error) => {
            app.linking.abandon(&record, error.refused_by()).await;
            return Err(error);
        }
    };
    member.visitor.follow_tenant_session(&sign_in);
    match app
        .linking
        .prove(&session, record, &sign_in, returned.requested_at)
        .await
    {
        Ok(record) => {
            member.visitor.rotate(app).await?;
            planned(app, &session, record).await?;
            Ok(Redirect::to(&format!("/link/review/{}", id.0)).into_response())
        }
        Err(error) => {
            // The tenant's single sign-on is somebody else's now.
            if matches!(
                error,
                LinkError::Proof(ProofError::WrongAccount) | LinkError::BelongsToAnother
            ) {
                member.visitor.remembered.ask_who = true;
            }
            member.visitor.save(app).await?;
            Err(error.into())
        }
    }
}
