//! Choosing an account and proving it, on a visit.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use conjoin_linking::LinkError;
use conjoin_linking::candidates::Offer;
use conjoin_linking::record::{LinkId, Stage};
use serde::Deserialize;

use super::leave::send_back;
use super::token::Outcome;
use super::visit::Visit;
use crate::app::App;
use crate::pages::{ActionVisit, OfferView};
use crate::web::error::{WebError, html};
use crate::web::form::VisitorForm;
use crate::web::sign_in::{Purpose, Returned, prove_on_visit};
use crate::web::visitor::Visitor;

/// The form beside an offer.
#[derive(Deserialize)]
pub struct Choice {
    visit: String,
    /// The opaque token of the account.
    candidate: String,
}

/// `GET /action/visit/{visit}`: what could be joined. Where there is nothing, or nobody can tell, the person sees no page at all.
pub async fn show(app: App, visitor: Visitor, Path(id): Path<String>) -> Result<Response, WebError> {
    let visit = Visit::find(&app, visitor, id).await?;
    match offers(&app, &visit).await {
        // The policy's no reads like an empty list: what it knows of unproven accounts stays with it.
        Err(LinkError::RefusedByPolicy(_)) => send_back(&app, &visit, &Outcome::Nothing),
        Ok(offers) if offers.is_empty() => send_back(&app, &visit, &Outcome::Nothing),
        Ok(offers) => page(&app, &visit, offers),
        Err(error) => {
            tracing::warn!(%error, "nothing could be offered on a visit; the sign-in goes on");
            send_back(&app, &visit, &Outcome::Failed)
        }
    }
}

/// The sign-in that waits has to be as fresh as any that counts as proof: one that a session answered long after is for another time.
async fn offers(app: &App, visit: &Visit) -> Result<Vec<Offer>, LinkError> {
    app.linking.check_proof(&visit.kept.proof).await?;
    app.linking.look(&visit.session()).await?.offers
}

fn page(app: &App, visit: &Visit, offers: Vec<Offer>) -> Result<Response, WebError> {
    let view = |offer: Offer| OfferView {
        token: visit.visitor.offer_token(&offer.user_id),
        label: offer.label,
        reason: offer.reason,
    };
    html(&ActionVisit {
        shell: visit.visitor.shell(app),
        visit: &visit.id,
        offers: offers.into_iter().map(view).collect(),
    })
}

/// `POST /action/choose`: fixes the target on the server and sends the browser to prove it.
pub async fn choose(app: App, form: VisitorForm<Choice>) -> Result<Response, WebError> {
    let mut visit = Visit::find(&app, form.visitor, form.fields.visit).await?;
    match begin(&app, &mut visit, &form.fields.candidate).await {
        Ok(response) => Ok(response),
        Err(error) => Err(visit.failed(error)),
    }
}

async fn begin(app: &App, visit: &mut Visit, chosen: &str) -> Result<Response, WebError> {
    app.linking.check_proof(&visit.kept.proof).await?;
    let named = |user_id: &conjoin_auth0::UserId| visit.visitor.offer_token(user_id) == chosen;
    let record = app.linking.request(&visit.session(), named).await?;
    let Stage::Requested(request) = &record.stage else {
        return Err(LinkError::NoSuchLink.into());
    };
    visit.follow(app, record.id.clone()).await?;
    let purpose = Purpose::ProveOnVisit {
        visit: visit.id.clone(),
        link: record.id.clone(),
    };
    prove_on_visit(app, &visit.visitor, purpose, request, visit.kept.email.clone()).await
}

/// The end of the sign-in to the chosen account, at `/link/callback`: the one address for all of them, as the tenant has it.
///
/// # Errors
/// Whatever went wrong, on a page that leads back to the sign-in.
pub async fn on_visit(
    app: &App,
    visitor: Visitor,
    returned: &Returned,
    visit: String,
    link: &LinkId,
) -> Result<Response, WebError> {
    let visit = Visit::find(app, visitor, visit).await?;
    match prove(app, &visit, returned, link).await {
        Ok(()) => Ok(Redirect::to(&format!("/action/review/{}", visit.id)).into_response()),
        Err(error) => Err(visit.failed(error)),
    }
}

async fn prove(app: &App, visit: &Visit, returned: &Returned, link: &LinkId) -> Result<(), WebError> {
    let session = visit.session();
    let record = app.linking.record(&session, link).await?;
    let sign_in = match returned.sign_in(app).await {
        Ok(sign_in) => sign_in,
        Err(error) => {
            app.linking.abandon(&record, error.refused_by()).await;
            return Err(error);
        }
    };
    let record = app
        .linking
        .prove(&session, record, &sign_in, returned.requested_at)
        .await?;
    visit.visitor.rotate(app).await?;
    app.linking.plan(&session, record).await.map_err(WebError::AfterProof)?;
    Ok(())
}
