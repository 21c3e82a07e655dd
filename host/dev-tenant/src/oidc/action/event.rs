//! What an Action is told, in Auth0's names. What this tenant does not know is left out.

use axum::http::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Acting;
use crate::clock;
use crate::oidc::Transaction;
use crate::state::Tenant;
use crate::store::User;

/// Everything that one run needs: what [`super::runner`] writes to the process.
#[derive(Serialize)]
pub struct Question<'a> {
    /// Filled in by the runner.
    pub code: String,
    handler: &'static str,
    event: Value,
    /// `state` that tokens have to name.
    state: &'a str,
    /// The tenant's clock, in Unix seconds.
    now: i64,
    can_redirect: bool,
}

/// The request that the Action sees.
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its query.
    pub query: Value,
    /// Its form.
    pub body: Value,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            method: Method::GET,
            query: json!({}),
            body: json!({}),
        }
    }
}

/// What to run; none when the sign-in is over, or the account gone.
pub fn question<'a>(
    tenant: &Tenant,
    acting: &'a Acting,
    handler: &'static str,
    request: &Request,
) -> Option<Question<'a>> {
    let state = tenant.lock();
    let transaction = state.transactions.get(&acting.id)?;
    let user = state.store.get(&acting.user)?;
    Some(Question {
        code: String::new(),
        handler,
        event: event(tenant, acting, transaction, user, request),
        state: &acting.id,
        now: state.clock().now(),
        can_redirect: !transaction.request.prompt.none,
    })
}

fn event(tenant: &Tenant, acting: &Acting, transaction: &Transaction, user: &User, request: &Request) -> Value {
    let asked = &transaction.request;
    let sign_in = &acting.session.sign_in;
    let connection = tenant.config.connection(&sign_in.connection);
    let is_database = connection.is_some_and(crate::config::Connection::is_database);
    let time = clock::text(sign_in.auth_time);
    let mut methods = vec![json!({ "name": if is_database { "pwd" } else { "federated" }, "timestamp": time })];
    if sign_in.second_factor {
        methods.push(json!({ "name": "mfa", "timestamp": time }));
    }
    let mut event = json!({
        "authentication": { "methods": methods },
        "client": { "client_id": asked.client_id, "name": asked.client_id, "metadata": {} },
        "connection": {
            "id": connection.map(|connection| &connection.id), "name": sign_in.connection,
            "strategy": connection.map(|connection| &connection.strategy),
        },
        "request": {
            "ip": "127.0.0.1", "method": request.method.as_str(), "hostname": tenant.issuer.host_str(), "query": request.query, "body": request.body,
        },
        "secrets": tenant.config.post_login_action.as_ref().map(|action| &action.secrets),
        "session": { "id": acting.session.sid },
        "stats": { "logins_count": user.attributes.get("logins_count") },
        "tenant": { "id": "dev" },
        "transaction": {
            "protocol": "oidc-basic-profile", "redirect_uri": asked.responder.redirect_text, "state": asked.responder.state,
            "requested_scopes": asked.scope.split_ascii_whitespace().collect::<Vec<_>>(),
        },
        "user": user_of(user),
    });
    if let (Value::Object(event), Some(id)) = (&mut event, &asked.organization) {
        event.insert("organization".to_owned(), json!({ "id": id }));
    }
    event
}

/// Both bags are there whether they hold anything or not.
fn user_of(user: &User) -> Value {
    let mut shown = user.to_json();
    for bag in ["user_metadata", "app_metadata"] {
        if let Value::Object(user) = &mut shown {
            user.entry(bag).or_insert_with(|| Value::Object(Map::new()));
        }
    }
    shown
}
