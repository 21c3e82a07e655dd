//! How a call to the Management API can fail, by what its caller may do next.

use std::time::Duration;

use crate::http::TransportError;

/// Why a call did not give an answer.
///
/// For a write the question is what it did. Nothing, safe to repeat: [`RateLimited`](Self::RateLimited),
/// [`Unreachable`](Self::Unreachable), [`Unavailable`](Self::Unavailable). Nothing, and repeating it is useless: those
/// of [`is_definite_refusal`](Self::is_definite_refusal). Unknown: [`Ambiguous`](Self::Ambiguous) alone.
///
/// Texts come from the tenant cut and cleaned, never from a metadata write, and hold no URL.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ManagementError {
    /// The user or identity does not exist.
    #[error("the tenant has no such user")]
    NotFound,
    /// The tenant's state stands against it: the identity is linked already, for instance.
    #[error("the tenant reports a conflict: {message}")]
    Conflict {
        /// Auth0's `errorCode`, where given.
        error_code: Option<String>,
        /// Auth0's text.
        message: String,
    },
    /// Too many requests, for longer than a call may wait. Nothing was done.
    #[error("the tenant's rate limit is exhausted; try again later")]
    RateLimited {
        /// How long the tenant asks to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// The tenant does not accept the client's credentials, or its token even after a new one was fetched.
    #[error("the tenant refuses the Management API client: {message}; check its client id, secret and audience")]
    Unauthorized {
        /// Auth0's text.
        message: String,
    },
    /// The client lacks a scope.
    #[error("the Management API client lacks a scope: {message}; grant it read:users and update:users")]
    InsufficientScope {
        /// Auth0's text, which names the scopes.
        message: String,
    },
    /// The tenant said no for another reason.
    #[error("the tenant refused the request with status {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Auth0's `errorCode`, where given.
        error_code: Option<String>,
        /// Auth0's text.
        message: String,
    },
    /// The id or body cannot be put into a request; nothing was sent.
    #[error("{0} cannot be sent to the Management API")]
    Unsendable(&'static str),
    /// The caller's [`super::Permit`] ended, and nothing more was sent.
    #[error("the call came too late and was not made")]
    NotPermitted,
    /// No answer, and nothing was done: no connection, or a read that got none after its retries.
    #[error(transparent)]
    Unreachable(#[from] TransportError),
    /// The tenant answered with a server error, and nothing was done: a read, or the token a call needed first.
    #[error("the tenant is not available: status {status}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// A write was sent and its effect is unknown: it may have taken effect, or may still.
    #[error("a write was sent to the tenant and its effect is unknown: {0}")]
    Ambiguous(#[source] Ambiguity),
    /// A read was answered in a form that is not understood.
    #[error("the tenant's answer cannot be understood: {0}")]
    Undecodable(String),
}

/// Why the effect of a write is unknown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Ambiguity {
    /// No complete answer arrived.
    #[error(transparent)]
    NoAnswer(#[from] TransportError),
    /// The tenant, or something before it, answered with a server error.
    #[error("status {0}")]
    ServerError(u16),
    /// It succeeded, but its answer cannot be understood.
    #[error("its answer cannot be understood")]
    UnreadableAnswer,
}

impl ManagementError {
    /// Whether a write may have taken effect, or may still.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Ambiguous(_))
    }

    /// Whether the call certainly did nothing and would be refused again.
    ///
    /// Not so a rate limit or a tenant out of reach: there nothing was done either, but a repetition may succeed.
    pub fn is_definite_refusal(&self) -> bool {
        match self {
            Self::NotFound
            | Self::Conflict { .. }
            | Self::Unauthorized { .. }
            | Self::InsufficientScope { .. }
            | Self::Refused { .. }
            | Self::Unsendable(_) => true,
            Self::RateLimited { .. }
            | Self::Unreachable(_)
            | Self::Unavailable { .. }
            | Self::NotPermitted
            | Self::Ambiguous(_)
            | Self::Undecodable(_) => false,
        }
    }

    /// How long the tenant asks to wait before the call is sent again, where it does.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// Whether the very same call may be sent again at once: it did nothing, and for a passing reason.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            // Asking again does not make an answer smaller.
            Self::Unreachable(TransportError::TooLarge) => false,
            Self::RateLimited { .. } | Self::Unreachable(_) | Self::Unavailable { .. } => true,
            _ => false,
        }
    }
}
