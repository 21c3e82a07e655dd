//! The one place where errors become pages. What went wrong in the domain is a [`Problem`], as in the API, with its status and its words.
//!
//! A handler's error is carried by its answer, and [`pages`] writes the page: only there it is known who is signed in.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use conjoin_engine::Finding;
use serde_json::Value;

use super::actions::Chosen;
use super::again::Again;
use super::not_signed_in::NotSignedIn;
use super::shell::{Seen, Shell};
use crate::accounts::AccountsError;
use crate::admin::Admin;
use crate::admin::caller::Unrecognised;
use crate::admin::problem::Problem;
use crate::pages::text::{Shown, shown_text};
use crate::registry::RegistryError;
use crate::store::StoreError;

/// The most characters of a report that are shown.
const MAX_REPORT: usize = 20_000;

/// Everything that a handler can fail with.
#[derive(Debug)]
pub(super) enum PageError {
    /// Nobody is signed in, or not any more.
    SignedOut,
    /// A form without the session's token, or from another site.
    Forged,
    /// A sign-in at the tenant's own Auth0 that signs nobody in.
    NotSignedIn(NotSignedIn),
    /// As in the API.
    Problem(Problem),
    /// The same, with the form that it came of: what was typed is not typed again.
    Typed(Problem, Again),
    /// The session.
    Session(tower_sessions::session::Error),
    /// A page could not be rendered.
    Render(askama::Error),
    /// What cannot happen, and did.
    Internal(&'static str),
}

#[derive(Template)]
#[template(path = "admin_message.html")]
struct Message<'a> {
    shell: Shell,
    code: &'a str,
    title: &'static str,
    what_happened: String,
    findings: Vec<Finding>,
    again: Option<&'a Again>,
    signed_out: bool,
}

impl PageError {
    /// With the form that it came of, if that could still be taken.
    pub(super) fn typed(self, action: &'static str, chosen: &Chosen) -> Self {
        match self {
            Self::Problem(problem) => match Again::after(&problem, action, chosen) {
                Some(again) => Self::Typed(problem, again),
                None => Self::Problem(problem),
            },
            other => other,
        }
    }

    fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) | Self::Typed(problem, _) => Some(problem),
            _ => None,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::NotSignedIn(refused) => refused.status(),
            Self::Problem(problem) | Self::Typed(problem, _) => problem.status(),
            Self::Session(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Render(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::Forged => "forged-form",
            Self::NotSignedIn(refused) => refused.code(),
            Self::Problem(problem) | Self::Typed(problem, _) => problem.details().code(),
            Self::Session(_) => "storage",
            Self::Render(_) | Self::Internal(_) => "internal",
        }
    }

    fn what_happened(&self) -> String {
        let words = match self {
            Self::SignedOut => {
                "You are not signed in, or your token was revoked or has expired, or your sign-in has ended. Nothing was done. Sign in, and try again."
            }
            Self::Forged => {
                "The form did not come from a page of yours, or from one that is too old. Nothing was done. Load the page again, and try again."
            }
            Self::NotSignedIn(refused) => return refused.what_happened(),
            Self::Problem(problem) | Self::Typed(problem, _) => match problem.rejection() {
                // Its words list all findings, for terminals; the page has a list of its own.
                Some(rejection) => {
                    return format!("The host does not run this component ({}).", rejection.reason().code());
                }
                None => problem.details().detail(),
            },
            Self::Session(_) => "The database could not be used. Nothing was done. Try again in a moment.",
            Self::Render(_) | Self::Internal(_) => "The host failed; its log says why.",
        };
        words.to_owned()
    }

    fn findings(&self) -> Vec<Finding> {
        let rejection = self.problem().and_then(Problem::rejection);
        rejection
            .map(|rejection| rejection.findings().to_vec())
            .unwrap_or_default()
    }

    /// The page.
    fn page(&self, shell: Shell) -> Result<Response, PageError> {
        html(&Message {
            shell,
            code: self.code(),
            title: if self.status().is_server_error() {
                "That did not work"
            } else {
                "That was not done"
            },
            what_happened: self.what_happened(),
            findings: self.findings(),
            again: if let Self::Typed(_, again) = self {
                Some(again)
            } else {
                None
            },
            signed_out: matches!(self, Self::SignedOut | Self::NotSignedIn(_)),
        })
    }

    fn log(&self) {
        match self {
            Self::Session(error) => tracing::error!(%error, "an admin page could not use its session"),
            Self::Render(error) => tracing::error!(%error, "an admin page could not be rendered"),
            Self::Internal(problem) => tracing::error!(problem, "an admin page failed"),
            Self::NotSignedIn(refused) => refused.log(),
            // A problem is logged where it is made.
            Self::Problem(_) | Self::Typed(..) | Self::SignedOut | Self::Forged => {
                tracing::info!(code = self.code(), "admin request refused");
            }
        }
    }
}

/// JSON for an author's eyes.
pub(super) fn shown_report(report: &Value) -> Shown {
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    shown_text(&text, MAX_REPORT)
}

/// A view as an answer.
pub(super) fn html(view: &impl Template) -> Result<Response, PageError> {
    Ok(Html(view.render().map_err(PageError::Render)?).into_response())
}

impl IntoResponse for PageError {
    /// Without a page yet: see [`pages`].
    fn into_response(self) -> Response {
        self.log();
        let retry_after = self.problem().and_then(|problem| problem.details().retry_after());
        let mut response = self.status().into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Writes the page of an error, for whoever is signed in.
pub(super) async fn pages(State(admin): State<Admin>, mut request: Request, next: Next) -> Response {
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let mut response = next.run(request).await;
    let Some(error) = response.extensions_mut().remove::<Arc<PageError>>() else {
        return response;
    };
    let status = response.status();
    let retry_after = response.headers_mut().remove(RETRY_AFTER);
    let mut page = match error.page(seen.shell(&admin)) {
        Ok(page) => (status, page).into_response(),
        Err(failed) => {
            failed.log();
            (status, "The host failed; its log says why.").into_response()
        }
    };
    if let Some(seconds) = retry_after {
        page.headers_mut().insert(RETRY_AFTER, seconds);
    }
    page
}

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<NotSignedIn> for PageError {
    fn from(refused: NotSignedIn) -> Self {
        Self::NotSignedIn(refused)
    }
}

impl From<AccountsError> for PageError {
    fn from(error: AccountsError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<RegistryError> for PageError {
    fn from(error: RegistryError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<Unrecognised> for PageError {
    fn from(error: Unrecognised) -> Self {
        match error {
            Unrecognised::Nobody => Self::SignedOut,
            other => Self::Problem(other.into()),
        }
    }
}

impl From<tower_sessions::session::Error> for PageError {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self::Session(error)
    }
}
