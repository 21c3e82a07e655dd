use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;

use super::action::{Acting, Progress};
use super::request::AuthorizationRequest;
use super::session::{self, Session};
use super::{finish, request::Prompt, upstream};
use crate::pages;
use crate::state::{State, Tenant};
use crate::store::User;

/// A sign-in under way: what was asked, and what the person has done since.
#[derive(Clone)]
pub struct Transaction {
    /// What was asked.
    pub request: AuthorizationRequest,
    /// The session as it stands for this transaction: made by it, or accepted by it.
    pub session: Option<Session>,
    /// Whether the person agreed, where consent was asked for.
    pub consented: bool,
    /// The code of the second step, once it is shown.
    pub second_factor_code: Option<String>,
    /// Where a code was mailed to.
    pub mailed_to: Option<String>,
    /// How far the tenant's Action is, where it has one.
    pub action: Progress,
}

impl Transaction {
    /// A transaction at its start.
    #[must_use]
    pub fn new(request: AuthorizationRequest) -> Self {
        Self {
            request,
            session: None,
            consented: false,
            second_factor_code: None,
            mailed_to: None,
            action: Progress::Ahead,
        }
    }
}

/// What comes next.
enum Step {
    SignIn,
    SecondFactor,
    Consent,
    Refuse(&'static str, String),
    Finish(Box<User>, Session),
}

/// Takes a transaction one step further: to the next page, to the Action, or to the client.
pub async fn advance(tenant: &Tenant, id: &str, jar: &CookieJar) -> Response {
    match step(tenant, id, jar) {
        Ok(answer) => answer,
        Err(acting) => acting.post_login(tenant).await,
    }
}

/// The Action in the place of the answer, when its turn has come.
fn step(tenant: &Tenant, id: &str, jar: &CookieJar) -> Result<Response, Box<Acting>> {
    let mut state = tenant.lock();
    let live = session::current(&state, jar);
    let Some(transaction) = state.transactions.get(id).cloned() else {
        return Ok(pages::lost_transaction());
    };
    let request = &transaction.request;
    let step = next_step(&state, &transaction, live);
    let step = if request.prompt.none { without_pages(step) } else { step };
    Ok(match step {
        Step::SignIn => sign_in(tenant, request, id),
        Step::SecondFactor => to_page("u/second-factor", id),
        Step::Consent => to_page("u/consent", id),
        Step::Refuse(error, description) => {
            state.transactions.take(id);
            request.responder.error(error, &description)
        }
        Step::Finish(user, session) => {
            if let Some(acting) = Acting::begin(tenant, &mut state, id, &user, &session) {
                return Err(Box::new(acting));
            }
            if !transaction.action.is_ahead() {
                // It is at the Action, or where the Action sent the person: `/continue` leads on from there.
                return Ok(pages::lost_transaction());
            }
            state.transactions.take(id);
            finish::answer(tenant, &mut state, request, &user, &session)
        }
    })
}

fn next_step(state: &State, transaction: &Transaction, live: Option<Session>) -> Step {
    let request = &transaction.request;
    let accepted = || live.filter(|session| suffices(request, session, state.clock().now()));
    let Some(session) = transaction.session.clone().or_else(accepted) else {
        return Step::SignIn;
    };
    // The account of a live session can be gone by now.
    let Some(user) = state.store.get(&session.sign_in.account) else {
        return Step::SignIn;
    };
    if user.is_blocked() {
        // Which error code a live tenant uses here is unconfirmed; the description is its own.
        return Step::Refuse("access_denied", "user is blocked".to_owned());
    }
    if let Some(organization) = request
        .organization
        .as_ref()
        .filter(|id| !user.organizations.contains(id))
    {
        return Step::Refuse(
            "access_denied",
            format!("user {} is not part of the {organization} organization", user.user_id),
        );
    }
    if (request.second_factor || user.has_second_factor()) && !session.sign_in.second_factor {
        return Step::SecondFactor;
    }
    if request.prompt.consent && !transaction.consented {
        return Step::Consent;
    }
    Step::Finish(Box::new(user.clone()), session)
}

/// Whether a live session answers a request. That a session of another connection does not is unconfirmed for a live tenant.
fn suffices(request: &AuthorizationRequest, session: &Session, now: i64) -> bool {
    let age = now - session.sign_in.auth_time;
    let fresh = request.max_age.is_none_or(|max_age| max_age > 0 && age <= max_age);
    let same_connection = request
        .connection
        .as_ref()
        .is_none_or(|name| *name == session.sign_in.connection);
    let Prompt {
        login, select_account, ..
    } = request.prompt;
    // Auth0 documents that these connections always prompt.
    let always_asks = request.passwordless;
    fresh && !always_asks && same_connection && !login && !select_account
}

/// `prompt=none`: a page that would have to be shown is an error.
fn without_pages(step: Step) -> Step {
    match step {
        Step::SignIn => Step::Refuse("login_required", "Login required".to_owned()),
        Step::SecondFactor => Step::Refuse("interaction_required", "Multifactor authentication required".to_owned()),
        Step::Consent => Step::Refuse("consent_required", "Consent required".to_owned()),
        other => other,
    }
}

/// The tenant's own form; straight to the simulated provider where the request names its connection.
fn sign_in(tenant: &Tenant, request: &AuthorizationRequest, id: &str) -> Response {
    let connection = request
        .connection
        .as_ref()
        .and_then(|name| tenant.config.connection(name));
    match connection {
        Some(connection) if connection.is_federated() => upstream::lead_to(tenant, &connection.name, id),
        Some(connection) if connection.is_passwordless() => to_page("u/email-code", id),
        _ if request.wants_sign_up => to_page("u/signup", id),
        _ => to_page("u/login", id),
    }
}

/// To a page of this transaction. The path is relative to the origin the browser is on, so that its cookies stay with it.
pub fn to_page(path: &str, id: &str) -> Response {
    Redirect::to(&format!("/{path}?state={id}")).into_response()
}

/// Back into the transaction after a form.
pub fn resume(id: &str) -> Response {
    to_page("authorize/resume", id)
}
