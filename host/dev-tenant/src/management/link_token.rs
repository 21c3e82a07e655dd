//! The ID token of `link_with`, with every check that Auth0 makes; and of `id_token_hint`, with fewer.

use axum::http::StatusCode;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::caller::Caller;
use super::error::ApiError;
use crate::state::Tenant;
use crate::store::UserId;

/// Seconds that an ID token is accepted beyond its end. Unconfirmed for a live tenant.
const LEEWAY: i64 = 60;

/// What an ID token says about the session that it was made in.
pub struct Hint {
    /// `aud`.
    pub client_id: String,
    /// `sid`.
    pub sid: Option<String>,
}

/// The account that an ID token proves, if the caller may link it.
///
/// # Errors
/// 400; the messages are Auth0's, their error codes are unconfirmed.
pub fn subject(tenant: &Tenant, caller: &Caller, token: &str) -> Result<UserId, ApiError> {
    let bad = |message: &str| ApiError::new(StatusCode::BAD_REQUEST, message);
    let header = decode_header(token).map_err(|_| bad("Invalid token in link_with."))?;
    if header.alg != Algorithm::RS256 {
        return Err(bad("The token in link_with must be signed with RS256."));
    }
    let claims = claims(tenant, token, true).ok_or_else(|| bad("Invalid token in link_with."))?;
    if claims.get("iss").and_then(Value::as_str) != Some(caller.issuer.as_str()) {
        return Err(bad(
            "The token in link_with must have the same issuer as the calling user.",
        ));
    }
    let audience = claims
        .get("aud")
        .and_then(Value::as_str)
        .ok_or_else(|| bad("The token in link_with has an invalid aud claim."))?;
    if audience != caller.client_id {
        return Err(bad(
            "The aud claim of the token in link_with must match the azp claim of the calling token.",
        ));
    }
    let subject = claims
        .get("sub")
        .ok_or_else(|| bad("The token in link_with must contain a sub claim."))?;
    let subject = subject.as_str().filter(|subject| subject.contains('|'));
    subject
        .map(UserId::from)
        .ok_or_else(|| bad("The token in link_with has an invalid sub claim."))
}

/// Reads an `id_token_hint`; an expired one still names its session.
pub fn verify_hint(tenant: &Tenant, token: &str) -> Option<Hint> {
    let claims = claims(tenant, token, false)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Hint {
        client_id: text("aud").filter(|_| text("iss").is_some_and(|issuer| tenant.is_own_issuer(&issuer)))?,
        sid: text("sid"),
    })
}

/// The claims of a token that a published key signed. Issuer and audience are for the caller to judge: each has its own message.
fn claims(tenant: &Tenant, token: &str, must_be_live: bool) -> Option<Map<String, Value>> {
    let header = decode_header(token).ok()?;
    let key = tenant
        .lock()
        .keys
        .published()
        .find(|key| header.kid.as_deref() == Some(&key.key_id))
        .cloned()?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    // By the tenant's clock, below: the library reads the machine's.
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    let claims: Map<String, Value> = decode(token, &key.public, &validation).ok()?.claims;
    let now = tenant.clock().now();
    let is_live = claims.get("exp").is_none_or(|expires| {
        expires
            .as_i64()
            .is_some_and(|expires| expires.saturating_add(LEEWAY) >= now)
    });
    (is_live || !must_be_live).then_some(claims)
}
