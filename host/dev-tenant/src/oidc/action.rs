//! The tenant's post-login Action: JavaScript of its developer, run in Node.js before a sign-in is answered, with the same `event` and `api` as at Auth0.
//!
//! [`event`] is what it is told, [`runner`] runs it and says what it asked for, [`effects`] does that. An Action can send the browser away with `api.redirect.sendUserTo`; the
//! sign-in then waits until `/continue` is opened with its `state`, in the browser that began it.
//!
//! Where Auth0's answer to a mistake is not documented, the sign-in fails: an Action that relies on anything else should not pass here.

mod device;
mod effects;
mod event;
mod runner;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::Method;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use serde::Deserialize;
use serde_json::Value;

use super::parameters::Parameters;
use super::session::Session;
use crate::pages;
use crate::state::{Shared, State as Changing, Tenant};
use crate::store::{User, UserId};

/// How far the Action of a sign-in is.
#[derive(Clone, Default)]
pub enum Progress {
    /// Its turn has not come.
    #[default]
    Ahead,
    /// It runs.
    Running,
    /// It sent the browser away.
    Away(Box<Away>),
}

/// A sign-in whose browser the Action sent away.
#[derive(Clone)]
pub struct Away {
    /// What the browser has to show to go on.
    device: String,
    acting: Acting,
}

/// An Action at work on a sign-in.
#[derive(Clone)]
pub struct Acting {
    /// The transaction, and the `state` that the browser is sent away with.
    id: String,
    /// Who signs in.
    user: UserId,
    /// As it was when the Action began: the browser may sign in to something else meanwhile.
    session: Session,
}

impl Acting {
    /// Begins, when the transaction's Action is still to be run; none where there is none, or its turn is over.
    pub fn begin(tenant: &Tenant, state: &mut Changing, id: &str, user: &User, session: &Session) -> Option<Self> {
        tenant.config.post_login_action.as_ref()?;
        let transaction = state.transactions.get_mut(id)?;
        if !matches!(transaction.action, Progress::Ahead) {
            return None;
        }
        transaction.action = Progress::Running;
        Some(Self {
            id: id.to_owned(),
            user: user.user_id.clone(),
            session: session.clone(),
        })
    }

    /// Runs `onExecutePostLogin`, and goes on, or away.
    pub async fn post_login(self, tenant: &Tenant) -> Response {
        self.run(tenant, "onExecutePostLogin", event::Request::default()).await
    }

    async fn run(self, tenant: &Tenant, handler: &'static str, request: event::Request) -> Response {
        let question = event::question(tenant, &self, handler, &request);
        let (Some(action), Some(question)) = (&tenant.config.post_login_action, question) else {
            return pages::lost_transaction();
        };
        let answer = runner::run(&action.file, question).await;
        effects::apply(tenant, self, handler, answer)
    }
}

/// `GET /continue`.
pub async fn by_query(State(tenant): State<Shared>, jar: CookieJar, RawQuery(query): RawQuery) -> Response {
    go_on(&tenant, &jar, Method::GET, query, &[]).await
}

/// `POST /continue`; the `state` may stand in the address or in the form.
pub async fn by_form(State(tenant): State<Shared>, jar: CookieJar, RawQuery(query): RawQuery, body: Bytes) -> Response {
    go_on(&tenant, &jar, Method::POST, query, &body).await
}

async fn go_on(tenant: &Tenant, jar: &CookieJar, method: Method, query: Option<String>, body: &[u8]) -> Response {
    let query = Parameters::from_urlencoded(query.unwrap_or_default().as_bytes());
    let body = Parameters::from_urlencoded(body);
    let id = query.get("state").or(body.get("state")).unwrap_or_default();
    let Some(acting) = back(tenant, jar, id) else {
        return pages::error(
            400,
            "invalid_request: there is no sign-in with this state that waits in this browser",
        );
    };
    let request = event::Request {
        method,
        query: query.to_json(),
        body: body.to_json(),
    };
    acting.run(tenant, "onContinuePostLogin", request).await
}

/// The sign-in that waits, once. That a live tenant goes on only in the browser that began is UNCONFIRMED but for its error, `invalid_request` for a lost context; it is what
/// `state` is documented to be for.
fn back(tenant: &Tenant, jar: &CookieJar, id: &str) -> Option<Acting> {
    let mut state = tenant.lock();
    let transaction = state.transactions.get_mut(id)?;
    let Progress::Away(away) = &transaction.action else {
        return None;
    };
    if !device::shows(jar, &away.device) {
        return None;
    }
    let acting = away.acting.clone();
    transaction.action = Progress::Running;
    Some(acting)
}

impl Progress {
    /// Whether the Action's turn is still to come.
    pub fn is_ahead(&self) -> bool {
        matches!(self, Self::Ahead)
    }
}

/// What an Action asked for, in the order in which it did.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Call {
    Redirect(String),
    Deny(String),
    SetAppMetadata(String, Value),
    SetUserMetadata(String, Value),
    SetPrimaryUser(String),
}
