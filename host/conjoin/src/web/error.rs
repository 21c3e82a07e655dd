//! The one place where errors become pages.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{REFRESH, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use conjoin_auth0::OidcError;
use conjoin_linking::{LinkError, RefusedBy};
use tower_sessions::Session;

use super::visitor::Visitor;
use crate::app::App;
use crate::pages::{Message, MessageView, Shell, message_for, message_for_proven};
use crate::store::StoreError;

/// Everything that a handler can fail with.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The domain's word.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The domain's word once both accounts are proven: a policy's own words may be shown.
    #[error(transparent)]
    AfterProof(LinkError),
    /// Signing in failed.
    #[error(transparent)]
    SignIn(#[from] OidcError),
    /// The tenant sent the browser back with an error.
    #[error("the tenant refused the sign-in: {error}")]
    Denied {
        /// RFC 6749's `error`.
        error: String,
        /// The tenant's text, for the log.
        description: Option<String>,
    },
    /// The callback belongs to no sign-in under way in this session.
    #[error("the callback belongs to no sign-in that is under way in this session")]
    StrayCallback,
    /// The person signed in again as somebody else.
    #[error("the repeated sign-in was to another account")]
    OtherPerson,
    /// Something on a visit that the tenant's Action sent the person on: the page leads back to the sign-in.
    #[error("on a visit: {error}")]
    OnVisit {
        /// The visit's id.
        visit: String,
        /// What it was.
        error: Box<WebError>,
    },
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// The browser showed a name that the session had until a moment ago.
    #[error("the session has had another name for a moment")]
    Renamed,
    /// A form without the session's token, or from another site.
    #[error("the form did not come from this session's page")]
    ForgedForm,
    /// A form without the fields it needs.
    #[error("the form is incomplete")]
    BadForm,
    /// No such page.
    #[error("no such page")]
    NotFound,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The session.
    #[error("the session: {0}")]
    Session(#[from] tower_sessions::session::Error),
    /// A page could not be rendered.
    #[error("rendering a page: {0}")]
    Render(#[from] askama::Error),
    /// What cannot happen, and did.
    #[error("{0}")]
    Internal(String),
}

impl WebError {
    /// How a link that was waiting for this sign-in ends.
    pub fn refused_by(&self) -> RefusedBy {
        match self {
            Self::Denied { error, .. } if error == "access_denied" => RefusedBy::Person,
            other => RefusedBy::Tenant(other.to_string()),
        }
    }

    fn message(&self) -> MessageView {
        match self {
            Self::OnVisit { visit, error } => error.message().on_a_visit(format!("/action/leave/{visit}?failed")),
            Self::Link(error) => message_for(error),
            Self::AfterProof(error) => message_for_proven(error),
            Self::SignIn(OidcError::Unreachable(_) | OidcError::Unavailable { .. } | OidcError::Discovery(_)) => {
                MessageView::tenant_unreachable()
            }
            Self::SignIn(_) => MessageView::tenant_refused(),
            Self::Denied { error, .. } if error == "access_denied" => MessageView::cancelled(),
            Self::Denied { .. } => MessageView::tenant_refused(),
            Self::StrayCallback => MessageView::stray_sign_in(),
            Self::OtherPerson => MessageView::other_person(),
            Self::SignedOut => MessageView::signed_out(),
            Self::Renamed => MessageView::another_tab(),
            Self::ForgedForm => MessageView::forged_form(),
            Self::BadForm => MessageView::bad_request(),
            Self::NotFound => MessageView::not_found(),
            Self::Store(_) | Self::Session(_) => MessageView::storage_failed(),
            Self::Render(_) | Self::Internal(_) => MessageView::internal(),
        }
    }
}

/// Carries the error to [`pages`], which knows the visitor.
impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Turns an error into its page. A page that needs a sign-in sends the browser to it; everything else says what happened.
pub async fn pages(app: App, request: Request, next: Next) -> Response {
    let (reads, again) = (request.method().is_safe(), again(&request));
    let session = request.extensions().get::<Session>().cloned();
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<Arc<WebError>>().cloned() else {
        return response;
    };
    if reads && matches!(*error, WebError::SignedOut) {
        return Redirect::to("/login").into_response();
    }
    let message = error.message();
    if message.status >= 500 {
        tracing::error!(%error, "request failed");
    } else {
        tracing::info!(%error, "request refused");
    }
    let visitor = match session {
        // The page works without a visitor too; the error that prevents one is logged already.
        Some(session) => Visitor::of(&app, session, "en".to_owned()).await.ok(),
        None => None,
    };
    let nobody = Shell {
        signed_in: None,
        csrf_token: "",
        dev: app.options.dev,
    };
    let shell = visitor.as_ref().map_or(nobody, |visitor| visitor.shell(&app));
    let status = StatusCode::from_u16(message.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match askama::Template::render(&Message { shell, message }) {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "the error page could not be rendered");
            "Something went wrong on our side. Nothing is lost, and what you confirmed is finished or undone without you: your account shows what is linked. Please try again.".into_response()
        }
    };
    if let (WebError::Renamed, Some(again)) = (&*error, again) {
        response.headers_mut().insert(REFRESH, again);
    }
    response.extensions_mut().insert(PageStatus {
        status,
        keeps_cookie: matches!(*error, WebError::SignedOut | WebError::Renamed),
    });
    response
}

/// Where a browser looks again a moment later: at the same page, or at the account when it had sent a form.
fn again(request: &Request) -> Option<HeaderValue> {
    let path = request.uri().path_and_query().filter(|_| request.method().is_safe());
    let path = path.map_or("/user", |path| path.as_str());
    HeaderValue::try_from(format!("1; url={path}")).ok()
}

/// The status of an error page on its way out, and whether the browser goes on showing the name that it showed.
#[derive(Clone, Copy)]
struct PageStatus {
    status: StatusCode,
    keeps_cookie: bool,
}

/// Puts the status on an error page. Outside the sessions, which are not written beside a server error: one that was given a new name before the error
/// must reach the browser, or the person is signed out by it. Nor does the browser forget the name that it showed: another tab of the same person's can have been
/// given the session's new one meanwhile, and this answer can come after that one.
pub async fn status(mut response: Response) -> Response {
    if let Some(PageStatus { status, keeps_cookie }) = response.extensions_mut().remove() {
        *response.status_mut() = status;
        if keeps_cookie {
            response.headers_mut().remove(SET_COOKIE);
        }
    }
    response
}

/// A view as an answer.
///
/// # Errors
/// [`WebError::Render`].
pub fn html(view: &impl askama::Template) -> Result<Response, WebError> {
    Ok(Html(view.render()?).into_response())
}
