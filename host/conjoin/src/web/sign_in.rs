//! Sending browsers to the tenant and taking them back.

use axum::response::{IntoResponse, Redirect, Response};
use conjoin_auth0::{AuthorizeRequest, CallbackOutcome, IdentityId, PendingAuthorization, Prompt, SignIn, UserId};
use conjoin_linking::record::{LinkId, Request};
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::WebError;
use super::visitor::{Member, Visitor};
use crate::app::App;

/// How long a person may take at the tenant, in seconds.
const LIFETIME: i64 = 30 * 60;

/// Sent with an ordinary sign-in. The tenant states `auth_time` only when asked for an age, and any age will do: what counts is what it answers.
const ANY_AGE: u64 = 30 * 24 * 60 * 60;

/// Asks for a second factor. Source: "Step-up authentication", auth0.com/docs.
const MULTI_FACTOR: &str = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";

/// Why the browser is at the tenant.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An ordinary sign-in.
    LogIn,
    /// One that the tenant's single sign-on must not answer: what it would answer is from before an unlink.
    LogInAnew,
    /// The person signs in to their own account again, to go on with something.
    SignInAgain(Next),
    /// The person proves the account they chose.
    Prove(LinkId),
    /// The same, on a visit that the tenant's Action sent them on.
    ProveOnVisit {
        /// The visit's id.
        visit: String,
        /// The link.
        link: LinkId,
    },
}

/// What a repeated sign-in leads to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// Proving the chosen account.
    Prove(LinkId),
    /// Planning an unlink.
    Unlink {
        /// The strategy.
        provider: String,
        /// Without the provider.
        user_id: String,
    },
}

/// A sign-in under way, kept on the server under its `state`.
#[derive(Serialize, Deserialize)]
struct UnderWay {
    purpose: Purpose,
    /// Who was signed in when it began.
    initiator: Option<UserId>,
    pending: PendingAuthorization,
}

/// A browser that is back: the state was ours, this session's, and unused.
pub struct Returned {
    /// Why it was there.
    pub purpose: Purpose,
    /// When it was sent, by our clock, in Unix seconds.
    pub requested_at: i64,
    answer: Answer,
    pending: PendingAuthorization,
}

enum Answer {
    Code(String),
    Denied { error: String, description: Option<String> },
}

impl Next {
    /// The identity to unlink, if that is what comes next.
    pub fn unlink(identity: &IdentityId) -> Self {
        Self::Unlink {
            provider: identity.provider.clone(),
            user_id: identity.user_id.clone(),
        }
    }
}

/// Sends the browser to sign in, in the ordinary way.
///
/// # Errors
/// When the tenant's endpoints cannot be learnt or the sign-in cannot be kept.
pub async fn log_in(app: &App, visitor: &Visitor) -> Result<Response, WebError> {
    let request = AuthorizeRequest {
        prompt: visitor.remembered.ask_who.then_some(Prompt::Login),
        max_age: Some(ANY_AGE),
        ..base(app, &app.addresses.callback, visitor)
    };
    send(app, visitor, request, Purpose::LogIn).await
}

/// Sends the browser to sign in once more, because the tenant's single sign-on answered with a sign-in to `subject` from before an unlink: it may have been one with the
/// very identity that was separated.
///
/// # Errors
/// As [`log_in`].
pub async fn log_in_anew(app: &App, visitor: &Visitor, subject: &UserId) -> Result<Response, WebError> {
    app.linking.until_proofs_count(subject).await?;
    let request = AuthorizeRequest {
        prompt: Some(Prompt::Login),
        max_age: Some(0),
        ..base(app, &app.addresses.callback, visitor)
    };
    send(app, visitor, request, Purpose::LogInAnew).await
}

/// Sends the browser to sign in to its own account again.
///
/// # Errors
/// As [`log_in`].
pub async fn sign_in_again(app: &App, member: &Member, next: Next) -> Result<Response, WebError> {
    app.linking.until_proofs_count(&member.signed_in.subject).await?;
    let visitor = &member.visitor;
    let request = AuthorizeRequest {
        prompt: Some(Prompt::Login),
        max_age: Some(0),
        ..base(app, &app.addresses.callback, visitor)
    };
    send(app, visitor, request, Purpose::SignInAgain(next)).await
}

/// Sends the browser to prove the chosen account.
///
/// # Errors
/// As [`log_in`].
pub async fn prove(app: &App, visitor: &Visitor, id: &LinkId, request: &Request) -> Result<Response, WebError> {
    send(app, visitor, proving(app, visitor, request), Purpose::Prove(id.clone())).await
}

/// The same for whoever the tenant's Action sent here; `login_hint` is their address.
///
/// # Errors
/// As [`log_in`].
pub async fn prove_on_visit(
    app: &App,
    visitor: &Visitor,
    purpose: Purpose,
    request: &Request,
    login_hint: Option<String>,
) -> Result<Response, WebError> {
    let request = AuthorizeRequest {
        login_hint,
        ..proving(app, visitor, request)
    };
    send(app, visitor, request, purpose).await
}

fn proving(app: &App, visitor: &Visitor, request: &Request) -> AuthorizeRequest {
    AuthorizeRequest {
        prompt: Some(Prompt::Login),
        max_age: Some(0),
        connection: Some(request.connection.clone()),
        organization: request.organization.clone(),
        ..base(app, &app.addresses.link_callback, visitor)
    }
}

/// Takes a browser back. The state is used up whatever comes of it, and is checked before anything is asked of the tenant: it must be ours, of this very
/// session, and of the person who is signed in.
///
/// # Errors
/// [`WebError::StrayCallback`].
pub async fn take_back(app: &App, visitor: &Visitor, query: &str) -> Result<Returned, WebError> {
    let (state, answer) = match app.relying_party.callback_outcome(query) {
        CallbackOutcome::Code { code, state } => (state, Answer::Code(code)),
        CallbackOutcome::Denied {
            error,
            description,
            state: Some(state),
        } => (state, Answer::Denied { error, description }),
        CallbackOutcome::Denied { .. } | CallbackOutcome::Malformed => return Err(WebError::StrayCallback),
    };
    let tenant = &app.linking.tenant.name;
    let taken = app
        .store
        .take_sign_in::<UnderWay>(tenant, &state)
        .await?
        .ok_or(WebError::StrayCallback)?;
    let subject = visitor
        .remembered
        .signed_in
        .as_ref()
        .map(|signed_in| &signed_in.subject);
    if taken.session != visitor.remembered.handle || taken.body.initiator.as_ref() != subject {
        return Err(WebError::StrayCallback);
    }
    let UnderWay { purpose, pending, .. } = taken.body;
    Ok(Returned {
        purpose,
        requested_at: pending.requested_at,
        answer,
        pending,
    })
}

impl Returned {
    /// Exchanges the code for a validated sign-in.
    ///
    /// # Errors
    /// [`WebError::Denied`] when the tenant or the person said no, [`WebError::SignIn`] when the answer proves nothing.
    pub async fn sign_in(&self, app: &App) -> Result<SignIn, WebError> {
        match &self.answer {
            Answer::Code(code) => Ok(app.relying_party.exchange(code, &self.pending).await?),
            Answer::Denied { error, description } => Err(WebError::Denied {
                error: error.clone(),
                description: description.clone(),
            }),
        }
    }
}

fn base(app: &App, redirect_uri: &Url, visitor: &Visitor) -> AuthorizeRequest {
    let signed_in = visitor.remembered.signed_in.as_ref();
    AuthorizeRequest {
        redirect_uri: redirect_uri.clone(),
        scopes: vec!["profile".to_owned(), "email".to_owned()],
        prompt: None,
        max_age: None,
        login_hint: signed_in
            .map(|signed_in| signed_in.name.clone())
            .filter(|name| name.contains('@')),
        connection: None,
        organization: signed_in.and_then(|signed_in| signed_in.organization.clone()),
        audience: None,
        acr_values: app.linking.tenant.require_mfa.then(|| MULTI_FACTOR.to_owned()),
        ui_locales: Some(visitor.locale.clone()),
    }
}

async fn send(app: &App, visitor: &Visitor, request: AuthorizeRequest, purpose: Purpose) -> Result<Response, WebError> {
    let authorization = app.relying_party.authorize(&request).await?;
    let under_way = UnderWay {
        purpose,
        initiator: visitor
            .remembered
            .signed_in
            .as_ref()
            .map(|signed_in| signed_in.subject.clone()),
        pending: authorization.pending,
    };
    let expires_at = under_way.pending.requested_at.saturating_add(LIFETIME);
    let (tenant, state) = (&app.linking.tenant.name, under_way.pending.state.clone());
    app.store
        .keep_sign_in(tenant, &state, &visitor.remembered.handle, &under_way, expires_at)
        .await?;
    // A visitor who was not signed in has no session yet, and the callback needs one.
    visitor.save(app).await?;
    Ok(Redirect::to(authorization.url.as_str()).into_response())
}
