use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;

use super::authorize::TransactionQuery;
use super::session::{self, Session, SignIn};
use super::transaction::{self, Transaction};
use super::upstream;
use crate::config::Connection;
use crate::pages::{self, LoginPage};
use crate::state::{Shared, State as Changing, Tenant};
use crate::store::Identity;

/// The sign-in form, the tenant's and the simulated providers' alike.
#[derive(Deserialize)]
pub struct Credentials {
    /// The transaction.
    #[serde(default)]
    pub state: String,
    /// An e-mail address, a username, or an identity's id.
    #[serde(default)]
    pub username: String,
    /// Its password.
    #[serde(default)]
    pub password: String,
}

/// A social button.
#[derive(Deserialize)]
pub struct Choice {
    #[serde(default)]
    state: String,
    #[serde(default)]
    connection: String,
}

/// `GET /u/login`.
pub async fn page(State(tenant): State<Shared>, jar: CookieJar, Query(query): Query<TransactionQuery>) -> Response {
    show(&tenant, &jar, &query.state, None, None)
}

/// `POST /u/login`.
pub async fn submit(State(tenant): State<Shared>, jar: CookieJar, Form(form): Form<Credentials>) -> Response {
    let Some(transaction) = find(&tenant, &form.state) else {
        return pages::lost_transaction();
    };
    let Some(connection) = database(&tenant, &transaction) else {
        return pages::error(400, "this tenant has no database connection");
    };
    let Some(identity) = authenticate(&tenant.lock(), &connection.name, &form) else {
        return show(
            &tenant,
            &jar,
            &form.state,
            Some(&form.username),
            Some("Wrong email or password"),
        );
    };
    sign_in(&tenant, jar, &form.state, &identity, None)
}

/// `POST /u/login/connection`: to the simulated provider.
pub async fn choose_connection(State(tenant): State<Shared>, Form(choice): Form<Choice>) -> Response {
    match tenant.config.connection(&choice.connection) {
        Some(connection) if connection.is_federated() => upstream::lead_to(&tenant, &connection.name, &choice.state),
        _ => pages::error(400, "there is no such connection"),
    }
}

/// `POST /u/login/continue`: the account chooser's answer "this one". Not enough where a fresh sign-in was asked for.
pub async fn keep_session(State(tenant): State<Shared>, jar: CookieJar, Form(choice): Form<Choice>) -> Response {
    let mut state = tenant.lock();
    let live = session::current(&state, &jar);
    if let Some(transaction) = state.transactions.get_mut(&choice.state) {
        transaction.request.prompt.select_account = false;
        if may_keep(transaction) {
            transaction.session = live;
        }
    }
    transaction::resume(&choice.state)
}

/// `GET /u/cancel`: the person does not want to.
pub async fn cancel(State(tenant): State<Shared>, Query(query): Query<TransactionQuery>) -> Response {
    match tenant.lock().transactions.take(&query.state) {
        Some(transaction) => transaction
            .request
            .responder
            .error("access_denied", "User cancelled the sign-in"),
        None => pages::lost_transaction(),
    }
}

/// The transaction, if it is still under way.
pub fn find(tenant: &Tenant, id: &str) -> Option<Transaction> {
    tenant.lock().transactions.get(id).cloned()
}

/// The identity of a connection that these credentials open.
pub fn authenticate(state: &Changing, connection: &str, form: &Credentials) -> Option<Identity> {
    let candidates = state.store.sign_in_candidates(connection, form.username.trim());
    candidates
        .into_iter()
        .find(|identity| identity.password.as_deref() == Some(form.password.as_str()))
}

/// Notes a successful sign-in: a new session under a new cookie, the account's counters, the transaction. A blocked account gets no session. `upstream` is the
/// provider's session, where one vouched for the person.
pub fn sign_in(
    tenant: &Tenant,
    jar: CookieJar,
    transaction: &str,
    identity: &Identity,
    upstream: Option<String>,
) -> Response {
    let mut state = tenant.lock();
    let session = Session {
        upstream,
        ..Session::new(SignIn::now(&state, identity))
    };
    session::end(&mut state, &jar);
    if let Some(transaction) = state.transactions.get_mut(transaction) {
        transaction.session = Some(session.clone());
    }
    if !count_sign_in(&mut state, identity) {
        return transaction::resume(transaction);
    }
    let cookie = session::cookie(
        &tenant.issuer,
        session::COOKIE,
        "/".to_owned(),
        state.sessions.insert(session),
    );
    (jar.add(cookie), transaction::resume(transaction)).into_response()
}

/// Stamps the account; false when it is blocked.
pub fn count_sign_in(state: &mut Changing, identity: &Identity) -> bool {
    let Some(owner) = state.store.owner(&identity.id()) else {
        return false;
    };
    if owner.is_blocked() {
        return false;
    }
    let id = owner.user_id.clone();
    let now = state.clock().now_text();
    let stamped = state.store.update(&id, |user| {
        let count = user
            .attributes
            .get("logins_count")
            .and_then(serde_json::Value::as_u64)
            .unwrap_or_default();
        user.attributes.insert("logins_count".to_owned(), (count + 1).into());
        user.attributes.insert("last_login".to_owned(), now.clone().into());
        user.touch(&now);
        Ok::<(), ()>(())
    });
    stamped.is_some()
}

fn may_keep(transaction: &Transaction) -> bool {
    !transaction.request.prompt.login && transaction.request.max_age.is_none()
}

/// The database that a request's password form is for.
pub fn database<'a>(tenant: &'a Tenant, transaction: &Transaction) -> Option<&'a Connection> {
    let named = transaction
        .request
        .connection
        .as_ref()
        .and_then(|name| tenant.config.connection(name));
    named
        .filter(|connection| connection.is_database())
        .or_else(|| tenant.config.default_database())
}

fn show(tenant: &Tenant, jar: &CookieJar, id: &str, username: Option<&str>, problem: Option<&str>) -> Response {
    let state = tenant.lock();
    let Some(transaction) = state.transactions.get(id) else {
        return pages::lost_transaction();
    };
    let request = &transaction.request;
    let live = session::current(&state, jar).filter(|_| request.prompt.select_account && may_keep(transaction));
    let signed_in = live
        .and_then(|session| state.store.get(&session.sign_in.account))
        .map(|user| user.email().unwrap_or(user.user_id.as_str()).to_owned());
    let buttons: Vec<&Connection> = match &request.connection {
        None => tenant
            .config
            .connections
            .iter()
            .filter(|connection| connection.is_federated())
            .collect(),
        Some(_) => Vec::new(),
    };
    let page = LoginPage {
        state: id,
        client: &request.client_id,
        username: username.or(request.login_hint.as_deref()).unwrap_or_default(),
        problem,
        signed_in: signed_in.as_deref(),
        connections: &buttons,
    };
    pages::form(&page, problem.is_some())
}
