//! The pages of a sign-in by mailed code.

use axum::extract::{Form, Query, State};
use axum::response::Response;
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::authorize::TransactionQuery;
use super::login;
use super::passwordless;
use super::transaction::Transaction;
use crate::config::Connection;
use crate::pages::{self, EmailCodePage};
use crate::state::{Shared, Tenant};
use crate::store::is_email;

/// Either of the two forms.
#[derive(Deserialize)]
pub struct Entered {
    #[serde(default)]
    state: String,
    email: Option<String>,
    code: Option<String>,
}

/// `GET /u/email-code`.
pub async fn page(State(tenant): State<Shared>, Query(query): Query<TransactionQuery>) -> Response {
    show(&tenant, &query.state, None)
}

/// `POST /u/email-code`: mails a code to the address, or signs in with the code.
pub async fn submit(State(tenant): State<Shared>, jar: CookieJar, Form(form): Form<Entered>) -> Response {
    let Some(transaction) = login::find(&tenant, &form.state) else {
        return pages::lost_transaction();
    };
    let Some(connection) = connection(&tenant, &transaction) else {
        return pages::error(400, "this sign-in is not by a mailed code");
    };
    match (form.code, transaction.mailed_to) {
        (Some(code), Some(email)) => {
            let verified = passwordless::verify(&mut tenant.lock(), connection, &email, &code);
            match verified {
                Ok(identity) => login::sign_in(&tenant, jar, &form.state, &identity, None),
                Err(problem) => show(&tenant, &form.state, Some(&problem.to_string())),
            }
        }
        _ => {
            let email = form.email.unwrap_or_default();
            if !is_email(email.trim()) {
                return show(&tenant, &form.state, Some("Enter an e-mail address"));
            }
            let mut state = tenant.lock();
            passwordless::mail(&mut state, connection, &email);
            if let Some(transaction) = state.transactions.get_mut(&form.state) {
                transaction.mailed_to = Some(email.trim().to_lowercase());
            }
            drop(state);
            show(&tenant, &form.state, None)
        }
    }
}

fn connection<'a>(tenant: &'a Tenant, transaction: &Transaction) -> Option<&'a Connection> {
    let name = transaction.request.connection.as_ref()?;
    tenant.config.connection(name).filter(|named| named.is_passwordless())
}

fn show(tenant: &Tenant, id: &str, problem: Option<&str>) -> Response {
    let Some(transaction) = login::find(tenant, id) else {
        return pages::lost_transaction();
    };
    let mailed = transaction.mailed_to.as_deref();
    let page = EmailCodePage {
        state: id,
        client: &transaction.request.client_id,
        email: mailed.or(transaction.request.login_hint.as_deref()).unwrap_or_default(),
        mailed: mailed.is_some(),
        problem,
    };
    pages::form(&page, problem.is_some())
}
