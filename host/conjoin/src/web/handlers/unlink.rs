//! Separating an identity.

use axum::response::{IntoResponse, Redirect, Response};
use conjoin_auth0::IdentityId;
use conjoin_linking::LinkError;
use conjoin_linking::proof::ProofError;
use serde::Deserialize;

use crate::app::App;
use crate::web::error::WebError;
use crate::web::form::SignedForm;
use crate::web::sign_in::{Next, sign_in_again};
use crate::web::visitor::Member;

/// The form beside a linked identity.
#[derive(Deserialize)]
pub struct Chosen {
    provider: String,
    user_id: String,
}

/// `POST /unlink`: leads to a review. A sign-in that is too long ago, or too weak, is repeated first.
pub async fn request(app: App, form: SignedForm<Chosen>) -> Result<Response, WebError> {
    let Chosen { provider, user_id } = form.fields;
    review_unlink(&app, &form.member, &IdentityId { provider, user_id }).await
}

/// Plans the unlink and shows it, or asks for a fresh sign-in.
///
/// # Errors
/// The domain's, but for a sign-in that is too old or too weak.
pub async fn review_unlink(app: &App, member: &Member, identity: &IdentityId) -> Result<Response, WebError> {
    match app.linking.request_unlink(&member.linking(), identity).await {
        Ok(record) => Ok(Redirect::to(&format!("/link/review/{}", record.id.0)).into_response()),
        Err(LinkError::Proof(ProofError::TooOld | ProofError::Spent | ProofError::NoSecondFactor)) => {
            sign_in_again(app, member, Next::unlink(identity)).await
        }
        Err(error) => Err(error.into()),
    }
}
