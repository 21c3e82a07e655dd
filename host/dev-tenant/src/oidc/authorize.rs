use axum::body::Bytes;
use axum::extract::{Query, RawQuery, State};
use axum::response::Response;
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::parameters::Parameters;
use super::pushed;
use super::request::{AuthorizationRequest, Refusal};
use super::transaction::{self, Transaction};
use crate::domain::Domain;
use crate::pages;
use crate::state::{Shared, Tenant};

/// Names the transaction that a page belongs to.
#[derive(Deserialize)]
pub struct TransactionQuery {
    /// Auth0 calls it so too.
    #[serde(default)]
    pub state: String,
}

/// `GET /authorize`.
pub async fn by_query(
    State(tenant): State<Shared>,
    domain: Domain,
    jar: CookieJar,
    RawQuery(query): RawQuery,
) -> Response {
    let parameters = Parameters::from_urlencoded(query.unwrap_or_default().as_bytes());
    begin(&tenant, &domain, &jar, parameters).await
}

/// `POST /authorize`.
pub async fn by_form(State(tenant): State<Shared>, domain: Domain, jar: CookieJar, body: Bytes) -> Response {
    begin(&tenant, &domain, &jar, Parameters::from_urlencoded(&body)).await
}

/// `GET /authorize/resume`: after each form.
pub async fn resume(State(tenant): State<Shared>, jar: CookieJar, Query(query): Query<TransactionQuery>) -> Response {
    transaction::advance(&tenant, &query.state, &jar).await
}

async fn begin(tenant: &Tenant, domain: &Domain, jar: &CookieJar, parameters: Parameters) -> Response {
    let parameters = match pushed::resolve(tenant, parameters) {
        Ok(parameters) => parameters,
        Err(message) => return pages::error(400, &message),
    };
    match AuthorizationRequest::parse(&tenant.config, domain, &parameters) {
        Ok(request) => {
            let id = tenant.lock().transactions.insert(Transaction::new(request));
            transaction::advance(tenant, &id, jar).await
        }
        Err(Refusal::Page { status, message }) => pages::error(status, &message),
        Err(Refusal::Client {
            responder,
            error,
            description,
        }) => responder.error(error, &description),
    }
}
