//! `/login/callback`: where a provider sends the browser back to.

use axum::extract::{Query, State};
use axum::response::Response;
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::login;
use crate::pages;
use crate::state::Shared;
use crate::store::Identity;

/// What a simulated provider says of a person, under a code that the browser carries to the tenant, once.
pub struct Assertion {
    /// The transaction that it is for.
    pub transaction: String,
    /// Who it is.
    pub identity: Identity,
    /// The provider's session.
    pub session: String,
}

/// A provider's answer.
#[derive(Deserialize)]
pub struct Answer {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// `GET /login/callback`: where Auth0 has providers send browsers back to. Signs in at the tenant whom the provider vouches for.
pub async fn show(State(tenant): State<Shared>, jar: CookieJar, Query(answer): Query<Answer>) -> Response {
    let assertion = tenant.lock().assertions.take(&answer.code);
    match assertion.filter(|assertion| assertion.transaction == answer.state) {
        Some(Assertion {
            transaction,
            identity,
            session,
        }) => login::sign_in(&tenant, jar, &transaction, &identity, Some(session)),
        None => pages::lost_transaction(),
    }
}
