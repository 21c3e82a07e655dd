//! How signing in can fail.

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{RequestTokenError, StandardErrorResponse};

use super::callback::one_line;
use super::id_token;
use super::transport::TransportFailure;
use crate::http::TransportError;

/// Why no sign-in came of it. Holds no token, code or secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OidcError {
    /// The tenant's description of itself cannot be used.
    #[error("the tenant's OpenID configuration cannot be used: {0}")]
    Discovery(DiscoveryProblem),
    /// Our own proof of being the application could not be made.
    #[error("{0}")]
    Unsigned(String),
    /// No answer from the tenant.
    #[error(transparent)]
    Unreachable(#[from] TransportError),
    /// The tenant answered that it cannot serve now: 408, 429 or a server error.
    #[error("the tenant is not available: status {status}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// The token endpoint said no: the code was used before, is too old, or belongs to another sign-in.
    #[error("the tenant did not accept the sign-in code: {error}")]
    CodeRefused {
        /// The error code of RFC 6749 §5.2: `invalid_grant` for the code, `invalid_client` for our credentials.
        error: String,
        /// The tenant's text, one line.
        description: Option<String>,
    },
    /// The token endpoint answered something that is no token response.
    #[error("the tenant's answer to the sign-in code cannot be understood")]
    MalformedAnswer,
    /// The ID token proves nothing.
    #[error("the ID token is not valid: {0}")]
    InvalidIdToken(#[from] IdTokenProblem),
    /// The access token gives no right to anything.
    #[error("the access token is not valid: {0}")]
    InvalidAccessToken(#[from] AccessTokenProblem),
}

/// What is wrong with the discovery document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryProblem {
    /// It names another issuer than the configured one, if only by a closing slash.
    #[error("it names another issuer than the one configured; both must be equal to the letter")]
    OtherIssuer,
    /// It names an endpoint without TLS although the issuer has it.
    #[error("it names an endpoint of another URL scheme than the issuer's")]
    OtherScheme,
    /// It, or the key set it names, was answered with this status.
    #[error("status {0}; check the tenant's domain")]
    Status(u16),
    /// It, or the key set it names, is not what OpenID Connect Discovery 1.0 describes.
    #[error("it is malformed or lacks an endpoint")]
    Malformed,
}

/// What is wrong with an ID token, in the terms of OpenID Connect Core 1.0 §3.1.3.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenProblem {
    /// It is no JSON Web Token, or a claim has a form it must not have.
    #[error("it is malformed")]
    Malformed,
    /// Not RS256: HS256 and unsigned tokens are refused whatever the tenant advertises.
    #[error("it is not signed with RS256")]
    Algorithm,
    /// Its header declares another type than JWT, `at+jwt` of an access token for instance.
    #[error("it is a token of another type")]
    Type,
    /// Signed by a key the tenant does not publish, even after the keys were fetched again.
    #[error("it is signed by a key the tenant does not publish")]
    UnknownKey,
    /// The signature does not match.
    #[error("its signature does not match")]
    Signature,
    /// `iss` is not the configured issuer.
    #[error("it is of another issuer")]
    Issuer,
    /// `aud` is not this client alone.
    #[error("it is meant for another audience")]
    Audience,
    /// `azp` names another client.
    #[error("it was issued to another client")]
    AuthorizedParty,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// `nonce` is not the one this sign-in was begun with.
    #[error("its nonce is not that of this sign-in")]
    Nonce,
    /// `org_id` is not the organization the sign-in was begun for.
    #[error("it is not of the organization asked for")]
    Organization,
    /// `sub` is no user id.
    #[error("its subject is not a user id")]
    Subject,
    /// `auth_time` is not a whole number of seconds.
    #[error("its auth_time is not a whole number")]
    AuthTime,
    /// A required claim is missing.
    #[error("it lacks {0}")]
    Missing(&'static str),
}

/// What is wrong with an access token for an API of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenProblem {
    /// No signed JSON Web Token: the tenant knows no API of the audience that was asked for.
    #[error("it is opaque; the tenant issues a signed one for the identifier of an API that it knows")]
    Opaque,
    /// A JSON Web Token in which a claim is missing or has a form that it must not have.
    #[error("it is malformed")]
    Malformed,
    /// Not RS256: the API's signing algorithm in the tenant is another, or the token is not signed.
    #[error("it is not signed with RS256")]
    Algorithm,
    /// Signed by a key the tenant does not publish, even after the keys were fetched again.
    #[error("it is signed by a key the tenant does not publish")]
    UnknownKey,
    /// The signature does not match.
    #[error("its signature does not match")]
    Signature,
    /// `iss` is not the configured issuer.
    #[error("it is of another issuer")]
    Issuer,
    /// `aud` does not hold the API's identifier.
    #[error("it is meant for another audience")]
    Audience,
    /// `azp`, or RFC 9068's `client_id`, is missing or names another client.
    #[error("it was issued to another client")]
    AuthorizedParty,
    /// `sub` is not that of the ID token beside it.
    #[error("it is another person's than the ID token")]
    Subject,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
}

impl From<TransportFailure> for OidcError {
    fn from(failure: TransportFailure) -> Self {
        match failure {
            TransportFailure::NoAnswer(error) => Self::Unreachable(error),
            TransportFailure::Unavailable(status) => Self::Unavailable { status },
        }
    }
}

type TokenRequestError = RequestTokenError<TransportFailure, StandardErrorResponse<CoreErrorResponseType>>;

pub(super) fn token_request(error: TokenRequestError) -> OidcError {
    match error {
        RequestTokenError::Request(failure) => failure.into(),
        RequestTokenError::ServerResponse(refusal) => OidcError::CodeRefused {
            error: one_line(refusal.error().as_ref()),
            description: refusal.error_description().map(|text| one_line(text)),
        },
        // The library decodes the ID token with the answer around it; what it stumbled over decides what to say.
        RequestTokenError::Parse(_, body) => match id_token::problem_in_answer(&body) {
            Some(problem) => OidcError::InvalidIdToken(problem),
            None => OidcError::MalformedAnswer,
        },
        RequestTokenError::Other(_) => OidcError::MalformedAnswer,
    }
}
