//! The one place where errors become pages. What went wrong in the domain is a [`Problem`], as in the API, with its status and its words.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use super::shell::Shell;
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
    /// As in the API.
    Problem(Problem),
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
    report: Option<Shown>,
    signed_out: bool,
}

impl PageError {
    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::Problem(problem) => StatusCode::from_u16(problem.details().status()).unwrap_or_default(),
            Self::Session(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Render(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::Forged => "forged-form",
            Self::Problem(problem) => problem.details().code(),
            Self::Session(_) => "storage",
            Self::Render(_) | Self::Internal(_) => "internal",
        }
    }

    fn what_happened(&self) -> String {
        let words = match self {
            Self::SignedOut => {
                "You are not signed in, or your token was revoked or has expired. Nothing was done. Sign in, and try again."
            }
            Self::Forged => {
                "The form did not come from a page of yours, or from one that is too old. Nothing was done. Load the page again, and try again."
            }
            Self::Problem(problem) => problem.details().detail(),
            Self::Session(_) => "The database could not be used. Nothing was done. Try again in a moment.",
            Self::Render(_) | Self::Internal(_) => "The host failed; its log says why.",
        };
        words.to_owned()
    }

    fn report(&self) -> Option<Shown> {
        let Self::Problem(problem) = self else {
            return None;
        };
        problem.details().report().map(shown_report)
    }

    fn log(&self) {
        match self {
            Self::Session(error) => tracing::error!(%error, "an admin page could not use its session"),
            Self::Render(error) => tracing::error!(%error, "an admin page could not be rendered"),
            Self::Internal(problem) => tracing::error!(problem, "an admin page failed"),
            // A problem is logged where it is made.
            Self::Problem(_) | Self::SignedOut | Self::Forged => {
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
    fn into_response(self) -> Response {
        self.log();
        let status = self.status();
        let message = Message {
            shell: Shell::nobody(),
            code: self.code(),
            title: if status.is_server_error() {
                "That did not work"
            } else {
                "That was not done"
            },
            what_happened: self.what_happened(),
            report: self.report(),
            signed_out: matches!(self, Self::SignedOut),
        };
        let mut response = match html(&message) {
            Ok(page) => (status, page).into_response(),
            Err(_) => (status, "The host failed; its log says why.").into_response(),
        };
        if let Self::Problem(problem) = &self
            && let Some(seconds) = problem.details().retry_after()
        {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
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
