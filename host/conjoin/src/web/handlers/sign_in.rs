//! Signing in, and signing in again.

use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use conjoin_auth0::IdentityId;
use conjoin_linking::LinkError;
use conjoin_linking::clock::now;
use conjoin_linking::proof::{Proof, ProofError};
use conjoin_linking::record::{LinkId, Stage};

use super::unlink::review_unlink;
use crate::app::App;
use crate::web::error::WebError;
use crate::web::sign_in::{Next, Purpose, Returned, log_in, log_in_anew, prove, take_back};
use crate::web::visitor::{Member, SignedIn, Visitor};

/// `GET /login`.
pub async fn login(app: App, visitor: Visitor) -> Result<Response, WebError> {
    log_in(&app, &visitor).await
}

/// `GET /callback`: the end of an ordinary or a repeated sign-in.
pub async fn callback(app: App, mut visitor: Visitor, RawQuery(query): RawQuery) -> Result<Response, WebError> {
    let returned = take_back(&app, &visitor, &query.unwrap_or_default()).await?;
    match returned.purpose.clone() {
        Purpose::LogIn => sign_in(&app, &mut visitor, &returned, Repeat::Once).await,
        Purpose::LogInAnew => sign_in(&app, &mut visitor, &returned, Repeat::No).await,
        Purpose::SignInAgain(next) => again(&app, visitor, &returned, next).await,
        // A proof comes back to its own address; nothing else counts as one.
        Purpose::Prove(_) | Purpose::ProveOnVisit { .. } => Err(WebError::StrayCallback),
    }
}

/// What to do with a sign-in from before an unlink. A tenant that ignores what is asked would be asked for ever.
enum Repeat {
    Once,
    No,
}

async fn sign_in(app: &App, visitor: &mut Visitor, returned: &Returned, repeat: Repeat) -> Result<Response, WebError> {
    let sign_in = returned.sign_in(app).await?;
    let proof = Proof::of(&sign_in, None, now()).map_err(LinkError::from)?;
    match (app.linking.check_unspent(&proof).await, repeat) {
        (Err(LinkError::Proof(ProofError::Spent)), Repeat::Once) => {
            return log_in_anew(app, visitor, &sign_in.subject).await;
        }
        (unspent, _) => unspent?,
    }
    app.store
        .forget_sign_ins(&app.linking.tenant.name, &visitor.remembered.handle)
        .await?;
    visitor.sign_in(app, SignedIn::new(&sign_in, proof)).await?;
    Ok(Redirect::to("/user").into_response())
}

/// The same person once more, freshly; then on with what they wanted.
async fn again(app: &App, mut visitor: Visitor, returned: &Returned, next: Next) -> Result<Response, WebError> {
    let sign_in = returned.sign_in(app).await?;
    let subject = visitor
        .remembered
        .signed_in
        .as_ref()
        .map(|signed_in| signed_in.subject.clone());
    if subject.as_ref() != Some(&sign_in.subject) {
        visitor.follow_tenant_session(&sign_in);
        visitor.remembered.ask_who = true;
        visitor.save(app).await?;
        return Err(WebError::OtherPerson);
    }
    let proof = Proof::fresh(&sign_in, None, returned.requested_at, now()).map_err(LinkError::from)?;
    // Here, or a tenant that ignores what is asked would be asked for ever.
    app.linking.check_proof(&proof).await?;
    let signed_in = SignedIn::new(&sign_in, proof);
    visitor.sign_in(app, signed_in.clone()).await?;
    let member = Member { visitor, signed_in };
    match next {
        Next::Prove(id) => go_on_proving(app, &member, &id).await,
        Next::Unlink { provider, user_id } => review_unlink(app, &member, &IdentityId { provider, user_id }).await,
    }
}

async fn go_on_proving(app: &App, member: &Member, id: &LinkId) -> Result<Response, WebError> {
    let record = app.linking.record(&member.linking(), id).await?;
    match &record.stage {
        Stage::Requested(request) => prove(app, &member.visitor, id, request).await,
        _ => Ok(Redirect::to(&format!("/link/review/{}", id.0)).into_response()),
    }
}
