//! Validation of an access token that the tenant issued for an API of ours, and the permissions that it carries.
//!
//! With RBAC and "Add Permissions in the Access Token" Auth0 lists in `permissions` what the person was assigned; `scope` is what the application asked for, and
//! says nothing about anybody's rights. Sources: "Validate Access Tokens" and "Enable Role-Based Access Control for APIs", auth0.com/docs; RFC 9068.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::error::AccessTokenProblem;
use crate::user_id::UserId;

/// How far the tenant's clock may be behind ours at `exp`, in seconds.
const LEEWAY: u64 = 30;

/// The most permissions that are read: Auth0 lets an API have 1,000.
const MAX_PERMISSIONS: usize = 1_000;

/// What a validated access token says.
#[derive(Clone, Debug)]
pub struct Access {
    /// `permissions`: what the person was assigned of this API. Empty where RBAC is off, whatever `scope` says.
    pub permissions: Vec<String>,
    /// `exp`, by the tenant's clock, in seconds since 1970.
    pub expires_at: i64,
}

pub(super) struct Expected<'a> {
    pub(super) issuer: &'a Url,
    pub(super) client_id: &'a str,
    pub(super) audience: &'a str,
    pub(super) subject: &'a UserId,
}

/// The claims that count. A claim of another form makes the token malformed.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    /// In Auth0's own token profile.
    azp: Option<String>,
    /// In that of RFC 9068.
    client_id: Option<String>,
    #[serde(default)]
    permissions: Vec<String>,
}

/// Validates a token against one key set.
pub(super) fn validate(
    token: &SecretString,
    expected: &Expected<'_>,
    keys: &CoreJsonWebKeySet,
) -> Result<Access, AccessTokenProblem> {
    let token = token.expose_secret();
    // What Auth0 issues without an audience is for itself alone: a reference, or encrypted.
    if token.split('.').count() != 3 {
        return Err(AccessTokenProblem::Opaque);
    }
    let header = decode_header(token).map_err(|error| match error.kind() {
        // An algorithm that the library does not even know: `none`.
        ErrorKind::Json(_) => AccessTokenProblem::Algorithm,
        _ => AccessTokenProblem::Malformed,
    })?;
    if header.alg != Algorithm::RS256 {
        return Err(AccessTokenProblem::Algorithm);
    }
    let key = key(keys, header.kid.as_deref())?;
    let decoded = decode::<Claims>(token, &key, &validation(expected));
    let claims = decoded.map_err(|error| problem(error.kind()))?.claims;
    check(claims, expected)
}

/// RS256 alone, and every claim that is checked has to be there.
fn validation(expected: &Expected<'_>) -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&[expected.issuer.as_str()]);
    validation.set_audience(&[expected.audience]);
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    validation
}

fn key(keys: &CoreJsonWebKeySet, id: Option<&str>) -> Result<DecodingKey, AccessTokenProblem> {
    let named = |key: &&CoreJsonWebKey| id.is_some() && key.key_id().map(|id| id.as_str()) == id;
    let key = keys.keys().iter().find(named).ok_or(AccessTokenProblem::UnknownKey)?;
    // From one library's form of a key to the other's, by the form that both have from RFC 7517.
    let key = serde_json::to_value(key).and_then(serde_json::from_value::<Jwk>);
    let key = key.map_err(|_| AccessTokenProblem::UnknownKey)?;
    DecodingKey::from_jwk(&key).map_err(|_| AccessTokenProblem::UnknownKey)
}

fn check(claims: Claims, expected: &Expected<'_>) -> Result<Access, AccessTokenProblem> {
    // As one text: the library would take a list of issuers too.
    if claims.iss != expected.issuer.as_str() {
        return Err(AccessTokenProblem::Issuer);
    }
    let mut parties = [&claims.azp, &claims.client_id].into_iter().flatten().peekable();
    if parties.peek().is_none() || parties.any(|party| party != expected.client_id) {
        return Err(AccessTokenProblem::AuthorizedParty);
    }
    if claims.sub != expected.subject.as_str() {
        return Err(AccessTokenProblem::Subject);
    }
    if claims.permissions.len() > MAX_PERMISSIONS {
        return Err(AccessTokenProblem::Malformed);
    }
    Ok(Access {
        permissions: claims.permissions,
        expires_at: claims.exp,
    })
}

fn problem(kind: &ErrorKind) -> AccessTokenProblem {
    match kind {
        ErrorKind::InvalidSignature => AccessTokenProblem::Signature,
        ErrorKind::InvalidIssuer => AccessTokenProblem::Issuer,
        ErrorKind::InvalidAudience => AccessTokenProblem::Audience,
        ErrorKind::ExpiredSignature => AccessTokenProblem::Expired,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => AccessTokenProblem::Algorithm,
        _ => AccessTokenProblem::Malformed,
    }
}
