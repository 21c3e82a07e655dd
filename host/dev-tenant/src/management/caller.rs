use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;

use super::error::ApiError;
use crate::domain::Domain;
use crate::state::{Shared, Tenant};
use crate::store::UserId;

/// Whoever calls the Management API: a client in its own name, or a person for their own account.
#[derive(Clone, Debug, Deserialize)]
pub struct Caller {
    /// `client@clients`, or a user id.
    #[serde(rename = "sub")]
    pub subject: String,
    /// The client that the token was issued to.
    #[serde(rename = "azp", default)]
    pub client_id: String,
    /// The domain that the token was asked of.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// Space-separated.
    #[serde(default)]
    pub scope: String,
    /// Seconds since 1970.
    #[serde(rename = "exp", default)]
    pub expires: i64,
}

impl Caller {
    /// Whether the token holds a scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.split_ascii_whitespace().any(|granted| granted == scope)
    }

    /// Requires one of these scopes.
    ///
    /// # Errors
    /// 403 that names them.
    pub fn require(&self, expected: &[&str]) -> Result<(), ApiError> {
        if expected.iter().any(|scope| self.has_scope(scope)) {
            Ok(())
        } else {
            Err(ApiError::scope(expected))
        }
    }

    /// Requires one of the scopes over every user, or the one over a person's own account, which opens no other.
    ///
    /// # Errors
    /// 403.
    pub fn require_for(&self, user: &UserId, over_all: &[&str], over_own: &str) -> Result<(), ApiError> {
        if over_all.iter().any(|scope| self.has_scope(scope)) {
            return Ok(());
        }
        if !self.has_scope(over_own) {
            return Err(ApiError::scope(&[over_all, &[over_own]].concat()));
        }
        if self.subject == user.as_str() {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "User to be acted on does not match subject in bearer token.",
        ))
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, tenant: &Shared) -> Result<Self, ApiError> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Err(ApiError::unauthorized("Missing authentication"));
        }
        let malformed =
            || ApiError::new(StatusCode::BAD_REQUEST, "Bad HTTP authentication header format").with_code("Bearer");
        let token = bearer(&parts.headers).ok_or_else(malformed)?;
        if decode_header(token).is_err() && token.split('.').count() != 3 {
            return Err(malformed());
        }
        verify(tenant, &Domain::called(tenant, parts), token)
    }
}

/// The token of an `Authorization: Bearer` header.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Checks an access token for the Management API: RS256 by a published key, issued at the domain that was called, for this API, not expired.
///
/// # Errors
/// 401.
pub fn verify(tenant: &Tenant, domain: &Domain, token: &str) -> Result<Caller, ApiError> {
    let invalid = || ApiError::unauthorized("Invalid token.");
    let header = decode_header(token).map_err(|_| invalid())?;
    let key = tenant
        .lock()
        .keys
        .published()
        .find(|key| header.kid.as_deref() == Some(&key.key_id))
        .cloned();
    let key = key.ok_or_else(|| ApiError::unauthorized("Invalid signature received for JSON Web Token validation."))?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[&domain.0]);
    validation.set_audience(&[tenant.management_audience()]);
    // By the tenant's clock, below: the library reads the machine's.
    validation.validate_exp = false;
    let decoded = decode::<Caller>(token, &key.public, &validation).map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => {
            ApiError::unauthorized("Invalid signature received for JSON Web Token validation.")
        }
        ErrorKind::InvalidAudience => ApiError::unauthorized("Bad audience: the token is not for this API."),
        _ => invalid(),
    })?;
    if decoded.claims.expires < tenant.clock().now() {
        return Err(ApiError::unauthorized(
            "Expired token received for JSON Web Token validation.",
        ));
    }
    Ok(decoded.claims)
}

/// The client that a token claims to be for, for the log of calls: nothing is decided on it.
#[must_use]
pub fn unverified_client(token: &str) -> Option<String> {
    let caller = jsonwebtoken::dangerous::insecure_decode::<Caller>(token).ok()?;
    Some(caller.claims.client_id)
}
