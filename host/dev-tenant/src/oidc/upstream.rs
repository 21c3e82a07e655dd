use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use serde_json::json;

use super::authorize::TransactionQuery;
use super::login::{self, Credentials};
use super::session::{self, Session, SignIn};
use super::transaction;
use crate::config::Connection;
use crate::expiring::random_id;
use crate::pages::{self, UpstreamPage};
use crate::state::{Shared, Tenant};
use crate::store::{Identity, User, is_email};

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
    let known = silent_identity(&tenant, connection, &jar);
    match known {
        Some(identity) => login::sign_in(&tenant, jar, &query.state, &identity),
        None => show(&tenant, connection, &query.state, None, None),
    }
}

/// `POST /upstream/{connection}`.
pub async fn submit(
    State(tenant): State<Shared>,
    Path(name): Path<String>,
    jar: CookieJar,
    Form(form): Form<Credentials>,
) -> Response {
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
    arrive(&tenant, jar, &form.state, connection, &identity)
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
pub async fn sign_up(
    State(tenant): State<Shared>,
    Path(name): Path<String>,
    jar: CookieJar,
    Form(form): Form<Newcomer>,
) -> Response {
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
    arrive(&tenant, jar, &form.state, connection, &identity)
}

/// Signed in at the provider, and by it at the tenant.
fn arrive(tenant: &Tenant, jar: CookieJar, id: &str, connection: &Connection, identity: &Identity) -> Response {
    let upstream = {
        let mut state = tenant.lock();
        let sign_in = SignIn::now(&state, identity);
        state.upstream_sessions.insert(Session::new(sign_in))
    };
    let path = format!("/{}", transaction::upstream_path(&connection.name));
    let answer = login::sign_in(tenant, jar, id, identity);
    // Appended to the answer rather than to the jar: the jar is the tenant's, and its cookie is set already.
    let cookie = session::cookie(tenant, session::UPSTREAM_COOKIE, path, upstream);
    (
        axum::response::AppendHeaders([(axum::http::header::SET_COOKIE, cookie.to_string())]),
        answer,
    )
        .into_response()
}

fn federated<'a>(tenant: &'a Tenant, name: &str) -> Option<&'a Connection> {
    tenant
        .config
        .connection(name)
        .filter(|connection| connection.is_federated())
}

fn silent_identity(tenant: &Tenant, connection: &Connection, jar: &CookieJar) -> Option<Identity> {
    let state = tenant.lock();
    let cookie = jar
        .get(session::UPSTREAM_COOKIE)
        .filter(|_| state.switches.silent_upstream)?;
    let session = state.upstream_sessions.get(cookie.value())?;
    let owner = state.store.owner(&session.sign_in.identity)?;
    owner
        .identity(&session.sign_in.identity)
        .filter(|identity| identity.connection == connection.name)
        .cloned()
}

fn show(tenant: &Tenant, connection: &Connection, id: &str, username: Option<&str>, problem: Option<&str>) -> Response {
    let Some(transaction) = login::find(tenant, id) else {
        return pages::lost_transaction();
    };
    let hint = username
        .or(transaction.request.login_hint.as_deref())
        .unwrap_or_default();
    let page = UpstreamPage {
        state: id,
        connection,
        username: hint,
        problem,
    };
    pages::form(&page, problem.is_some())
}
