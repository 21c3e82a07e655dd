use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::authorize::TransactionQuery;
use super::callback::Assertion;
use super::login::{self, Credentials};
use super::session::{self, Session, SignIn};
use super::transaction::Transaction;
use crate::config::Connection;
use crate::expiring::random_id;
use crate::pages::{self, UpstreamPage};
use crate::state::{Shared, Tenant};
use crate::store::{Identity, User, is_email};

/// Sends a browser from the tenant to a connection's simulated provider.
pub fn lead_to(tenant: &Tenant, connection: &str, transaction: &str) -> Response {
    let origin = tenant.config.providers_origin.as_ref().map_or("/", Url::as_str);
    Redirect::to(&format!("{origin}{}?state={transaction}", path(connection))).into_response()
}

/// Where a provider lives, below its origin.
fn path(connection: &str) -> String {
    format!("upstream/{}", utf8_percent_encode(connection, NON_ALPHANUMERIC))
}

/// An address of the tenant for a browser at a provider: relative while both have one origin, so that the browser stays at the one that it is at.
fn at_tenant(tenant: &Tenant, transaction: &Transaction, path: &str) -> String {
    match tenant.config.providers_origin {
        None => format!("/{path}"),
        Some(_) => transaction.request.domain.url(path),
    }
}

/// `GET /upstream/{connection}`: the simulated provider. With `silent_upstream` a live session there answers at once, as real providers do: the
/// tenant then reports a fresh sign-in that nobody made.
pub async fn page(
    State(tenant): State<Shared>,
    Path(name): Path<String>,
    jar: CookieJar,
    Query(query): Query<TransactionQuery>,
) -> Response {
    let Some(connection) = federated(&tenant, &name) else {
        return pages::error(404, "there is no such connection");
    };
    match silent(&tenant, connection, &jar) {
        Some((session, identity)) => vouch(&tenant, &query.state, session, identity),
        None => show(&tenant, connection, &query.state, None, None),
    }
}

/// `POST /upstream/{connection}`.
pub async fn submit(State(tenant): State<Shared>, Path(name): Path<String>, Form(form): Form<Credentials>) -> Response {
    let Some(connection) = federated(&tenant, &name) else {
        return pages::error(404, "there is no such connection");
    };
    if login::find(&tenant, &form.state).is_none() {
        return pages::lost_transaction();
    }
    let identity = login::authenticate(&tenant.lock(), &connection.name, &form);
    let Some(identity) = identity else {
        let problem = format!(
            "{} knows no such account, or the password is wrong",
            connection.display_name
        );
        return show(&tenant, connection, &form.state, Some(&form.username), Some(&problem));
    };
    sign_in(&tenant, &form.state, connection, identity)
}

/// Someone who has an account at the provider, and none at the tenant yet.
#[derive(Deserialize)]
pub struct Newcomer {
    #[serde(default)]
    state: String,
    #[serde(default)]
    email: String,
    email_verified: Option<String>,
    #[serde(default)]
    new_password: String,
}

/// `POST /upstream/{connection}/new`: a first sign-in, by which Auth0 makes the account. The address stays as the provider writes it.
pub async fn sign_up(State(tenant): State<Shared>, Path(name): Path<String>, Form(form): Form<Newcomer>) -> Response {
    let Some(connection) = federated(&tenant, &name) else {
        return pages::error(404, "there is no such connection");
    };
    if login::find(&tenant, &form.state).is_none() {
        return pages::lost_transaction();
    }
    if !is_email(form.email.trim()) || form.new_password.is_empty() {
        let problem = "A new account needs an e-mail address and a password";
        return show(&tenant, connection, &form.state, None, Some(problem));
    }
    let identity = Identity {
        password: Some(form.new_password),
        ..Identity::new(connection, &random_id())
    };
    let attributes = json!({"email": form.email.trim(), "email_verified": form.email_verified.is_some()});
    {
        let mut state = tenant.lock();
        let user = User::signed_up(identity.clone(), attributes, &state.clock().now_text());
        state.store.put(user);
    }
    sign_in(&tenant, &form.state, connection, identity)
}

/// Begins a session at the provider, and sends the browser back to the tenant.
fn sign_in(tenant: &Tenant, transaction: &str, connection: &Connection, identity: Identity) -> Response {
    let session = {
        let mut state = tenant.lock();
        let sign_in = SignIn::now(&state, &identity);
        state.upstream_sessions.insert(Session::new(sign_in))
    };
    let origin = tenant.config.providers_origin.as_ref().unwrap_or(&tenant.issuer);
    let path = format!("/{}", path(&connection.name));
    let cookie = session::cookie(origin, session::UPSTREAM_COOKIE, path, session.clone());
    (
        CookieJar::new().add(cookie),
        vouch(tenant, transaction, session, identity),
    )
        .into_response()
}

/// Back to the tenant's callback, with a code for what the provider knows.
fn vouch(tenant: &Tenant, id: &str, session: String, identity: Identity) -> Response {
    let Some(transaction) = login::find(tenant, id) else {
        return pages::lost_transaction();
    };
    let code = tenant.lock().assertions.insert(Assertion {
        transaction: id.to_owned(),
        identity,
        session,
    });
    let callback = at_tenant(tenant, &transaction, "login/callback");
    Redirect::to(&format!("{callback}?state={id}&code={code}")).into_response()
}

fn federated<'a>(tenant: &'a Tenant, name: &str) -> Option<&'a Connection> {
    tenant
        .config
        .connection(name)
        .filter(|connection| connection.is_federated())
}

/// The provider's session of the browser and whose it is, where that is enough.
fn silent(tenant: &Tenant, connection: &Connection, jar: &CookieJar) -> Option<(String, Identity)> {
    let state = tenant.lock();
    let cookie = jar
        .get(session::UPSTREAM_COOKIE)
        .filter(|_| state.switches.silent_upstream)?;
    let session = state.upstream_sessions.get(cookie.value())?;
    let owner = state.store.owner(&session.sign_in.identity)?;
    let identity = owner
        .identity(&session.sign_in.identity)
        .filter(|identity| identity.connection == connection.name)?;
    Some((cookie.value().to_owned(), identity.clone()))
}

fn show(tenant: &Tenant, connection: &Connection, id: &str, username: Option<&str>, problem: Option<&str>) -> Response {
    let Some(transaction) = login::find(tenant, id) else {
        return pages::lost_transaction();
    };
    let hint = username
        .or(transaction.request.login_hint.as_deref())
        .unwrap_or_default();
    let cancel = format!("{}?state={id}", at_tenant(tenant, &transaction, "u/cancel"));
    let page = UpstreamPage {
        state: id,
        connection,
        cancel: &cancel,
        username: hint,
        problem,
    };
    pages::form(&page, problem.is_some())
}
