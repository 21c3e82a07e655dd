//! The steps after a sign-in: the second factor and consent.

use axum::extract::{Form, Query, State};
use axum::response::Response;
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::authorize::TransactionQuery;
use super::session;
use super::transaction;
use crate::expiring::random_code;
use crate::pages::{self, ConsentPage, SecondFactorPage};
use crate::state::{Shared, Tenant};

/// The answer to the second step.
#[derive(Deserialize)]
pub struct Code {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// `GET /u/second-factor`: shows the code that a real tenant would send elsewhere.
pub async fn page(State(tenant): State<Shared>, Query(query): Query<TransactionQuery>) -> Response {
    show(&tenant, &query.state, None)
}

/// `POST /u/second-factor`.
pub async fn submit(State(tenant): State<Shared>, jar: CookieJar, Form(form): Form<Code>) -> Response {
    {
        let mut state = tenant.lock();
        let live = session::current(&state, &jar);
        let Some(transaction) = state.transactions.get_mut(&form.state) else {
            return pages::lost_transaction();
        };
        let expected = transaction.second_factor_code.take();
        if expected.is_some_and(|expected| expected == form.code.trim()) {
            let mut session = transaction.session.take().or(live);
            if let Some(session) = &mut session {
                session.sign_in.second_factor = true;
            }
            transaction.session = session;
            if let Some(session) = jar
                .get(session::COOKIE)
                .and_then(|cookie| state.sessions.get_mut(cookie.value()))
            {
                session.sign_in.second_factor = true;
            }
            return transaction::resume(&form.state);
        }
    }
    show(
        &tenant,
        &form.state,
        Some("The code you entered is wrong; here is a new one"),
    )
}

fn show(tenant: &Tenant, id: &str, problem: Option<&str>) -> Response {
    let mut state = tenant.lock();
    let Some(transaction) = state.transactions.get_mut(id) else {
        return pages::lost_transaction();
    };
    let code = transaction.second_factor_code.get_or_insert_with(random_code);
    pages::form(
        &SecondFactorPage {
            state: id,
            code,
            problem,
        },
        problem.is_some(),
    )
}

/// `GET /u/consent`.
pub async fn consent_page(State(tenant): State<Shared>, Query(query): Query<TransactionQuery>) -> Response {
    let state = tenant.lock();
    let Some(transaction) = state.transactions.get(&query.state) else {
        return pages::lost_transaction();
    };
    let request = &transaction.request;
    pages::form(
        &ConsentPage {
            state: &query.state,
            client: &request.client_id,
            scope: &request.scope,
        },
        false,
    )
}

/// `POST /u/consent`.
pub async fn consent(State(tenant): State<Shared>, Form(form): Form<TransactionQuery>) -> Response {
    match tenant.lock().transactions.get_mut(&form.state) {
        Some(transaction) => transaction.consented = true,
        None => return pages::lost_transaction(),
    }
    transaction::resume(&form.state)
}
