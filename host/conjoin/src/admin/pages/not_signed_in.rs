//! Why nobody came of a sign-in at the tenant's own Auth0, in words.

use axum::http::StatusCode;
use conjoin_auth0::OidcError;

/// Nobody is signed in by it.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSignedIn {
    /// The callback belongs to no sign-in that is under way in this browser.
    #[error("the callback belongs to no sign-in that is under way in this browser")]
    Stray,
    /// The tenant, or the person there, said no.
    #[error("the tenant refused the sign-in: {error} ({description})")]
    Denied {
        /// RFC 6749's `error`.
        error: String,
        /// The tenant's text, for the log: "Service not found" where it knows no API of the audience.
        description: String,
    },
    /// They were assigned nothing of the API.
    #[error("the account has no permission that lets it do anything here")]
    NoPermission {
        /// The API's identifier.
        audience: String,
        /// Those of which one is needed.
        permissions: Vec<String>,
    },
    /// The tenant could not be asked, or its answer proves nothing.
    #[error(transparent)]
    Failed(#[from] OidcError),
}

impl NotSignedIn {
    /// Whether it is due to who asked, and not to the tenant or to how this host is set up there.
    pub(super) fn is_a_guess(&self) -> bool {
        !self.status().is_server_error()
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Stray => StatusCode::BAD_REQUEST,
            Self::Denied { .. } | Self::NoPermission { .. } => StatusCode::FORBIDDEN,
            Self::Failed(
                OidcError::Unreachable(_)
                | OidcError::Unavailable { .. }
                | OidcError::Discovery(_)
                | OidcError::MalformedAnswer,
            ) => StatusCode::BAD_GATEWAY,
            Self::Failed(error) if is_of_our_client(error) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Failed(_) => StatusCode::FORBIDDEN,
        }
    }

    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Stray => "stray-callback",
            Self::Denied { .. } => "denied",
            Self::NoPermission { .. } => "no-permission",
            Self::Failed(_) if self.status() == StatusCode::BAD_GATEWAY => "tenant-unavailable",
            Self::Failed(error) if is_of_our_client(error) => "invalid-client",
            Self::Failed(_) => "invalid-sign-in",
        }
    }

    pub(super) fn what_happened(&self) -> String {
        match self {
            Self::Stray => {
                "This sign-in was not begun in this browser, or was used already, or took too long. Begin it again.".to_owned()
            }
            Self::Denied { .. } => {
                "The tenant did not sign you in; the host's log says what it said. Try again, or sign in with an admin token.".to_owned()
            }
            Self::NoPermission { audience, permissions } => format!(
                "You are signed in at the tenant, and your account has no permission for these pages. Whoever runs the tenant can assign you one of the API {audience}: {}. Then sign in again.",
                permissions.join(", ")
            ),
            Self::Failed(error) if is_of_our_client(error) => {
                "The tenant does not accept this host as the application that it is configured to be; the host's log says what the tenant answered. Trying again will not help: sign in with an admin token.".to_owned()
            }
            Self::Failed(_) if self.status().is_server_error() => {
                "The tenant could not be asked who you are. Try again in a moment, or sign in with an admin token.".to_owned()
            }
            // Its words name claims, and hold no value of any.
            Self::Failed(error) => {
                format!("What the tenant answered does not sign you in: {error}. OPERATING.md says how the API and the application are set up.")
            }
        }
    }

    pub(super) fn log(&self) {
        if self.status().is_server_error() {
            tracing::error!(error = %self, "nobody could sign in to the admin pages with Auth0");
        } else {
            tracing::warn!(error = %self, "a sign-in to the admin pages with Auth0 was refused");
        }
    }
}

/// Whether it is this host's own proof of being the application that fails. Which of `access_denied` and `invalid_client` a live tenant answers to a wrong secret is
/// unconfirmed, so both count; a code that is wrong is `invalid_grant` (RFC 6749, section 5.2).
fn is_of_our_client(error: &OidcError) -> bool {
    match error {
        OidcError::Unsigned(_) => true,
        OidcError::CodeRefused { error, .. } => {
            matches!(
                error.as_str(),
                "access_denied" | "invalid_client" | "unauthorized_client"
            )
        }
        _ => false,
    }
}
