//! Validation of the ID token, and the facts it carries.
//!
//! The library verifies signature, issuer, audience, expiry and nonce (OpenID Connect Core 1.0 §3.1.3.7). It is lenient
//! where Conjoin must not be: it takes fractions and dates for `auth_time`, and leaves `azp` and `org_id` to its user.
//! So the claims are looked at twice: first as they stand, for their form, then through the library, for their truth.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet};
use openidconnect::{ClaimsVerificationError, ClientId, IssuerUrl, JsonWebKeySet, Nonce, SignatureVerificationError};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::error::IdTokenProblem;
use crate::user_id::UserId;

/// How far the tenant's clock may be behind ours at `exp`.
const LEEWAY: Duration = Duration::from_secs(30);

/// What a validated ID token says. Times are the tenant's, in seconds since 1970.
#[derive(Clone)]
pub struct SignIn {
    /// `sub`: the account signed in to. For a linked account the primary's id, whichever identity was used.
    pub subject: UserId,
    /// `email`, in the tenant's case.
    pub email: Option<String>,
    /// `email_verified`; absent counts as unverified.
    pub email_verified: bool,
    /// `auth_time`: when the person last gave credentials. 0 is a value; `None` where the claim is absent.
    pub auth_time: Option<i64>,
    /// `iat`.
    pub issued_at: i64,
    /// `org_id`: the organization signed in to. Equal to the one asked for, if one was.
    pub org_id: Option<String>,
    /// `amr`: the methods used, `mfa` among them after a second factor. Empty where absent.
    pub amr: Vec<String>,
    /// `acr`: the authentication context reached.
    pub acr: Option<String>,
    /// `sid`: the tenant's session.
    pub sid: Option<String>,
    /// `name`, for display.
    pub name: Option<String>,
    /// The token itself, only to be the hint of a logout.
    pub id_token: SecretString,
}

pub(super) struct Expected<'a> {
    pub(super) issuer: &'a Url,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) organization: Option<&'a str>,
}

/// Validates a token against one key set.
pub(super) fn validate(
    token: &SecretString,
    expected: &Expected<'_>,
    keys: &CoreJsonWebKeySet,
) -> Result<SignIn, IdTokenProblem> {
    let claims = claims_in_form(token.expose_secret())?;
    let parsed: CoreIdToken = token.expose_secret().parse().map_err(|_| IdTokenProblem::Malformed)?;
    let verified = parsed
        .claims(
            &verifier(expected, keys.clone()),
            &Nonce::new(expected.nonce.to_owned()),
        )
        .map_err(problem)?;
    authorized_party(&claims, expected.client_id)?;
    organization(&claims, expected.organization)?;
    let subject = verified.subject().as_str().parse();
    Ok(SignIn {
        subject: subject.map_err(|_| IdTokenProblem::Subject)?,
        email: verified.email().map(|email| email.to_string()),
        email_verified: verified.email_verified().unwrap_or(false),
        auth_time: auth_time(&claims)?,
        issued_at: verified.issue_time().timestamp(),
        org_id: text(&claims, "org_id"),
        amr: verified
            .auth_method_refs()
            .map(|methods| methods.iter().map(|method| method.to_string()).collect())
            .unwrap_or_default(),
        acr: verified.auth_context_ref().map(|context| context.to_string()),
        sid: text(&claims, "sid"),
        name: text(&claims, "name"),
        id_token: token.clone(),
    })
}

/// What is wrong with the ID token of a token response that the library could not read, if that is what is wrong.
pub(super) fn problem_in_answer(body: &[u8]) -> Option<IdTokenProblem> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let token = answer.get("id_token")?;
    match token.as_str().map(claims_in_form) {
        Some(Err(problem)) => Some(problem),
        _ => Some(IdTokenProblem::Malformed),
    }
}

/// RS256 alone, and no client secret to verify a MAC with: a token "signed" with what others know is not signed.
fn verifier<'a>(expected: &Expected<'_>, keys: CoreJsonWebKeySet) -> CoreIdTokenVerifier<'a> {
    CoreIdTokenVerifier::new_public_client(
        ClientId::new(expected.client_id.to_owned()),
        IssuerUrl::from_url(expected.issuer.clone()),
        JsonWebKeySet::new(keys.keys().clone()),
    )
    .set_time_fn(|| (SystemTime::now() - LEEWAY).into())
}

/// The claims, unverified, once the header and the required claims have the form they must have.
fn claims_in_form(token: &str) -> Result<Map<String, Value>, IdTokenProblem> {
    let mut segments = token.split('.');
    let header = object(segments.next())?;
    match header.get("alg") {
        Some(Value::String(algorithm)) if algorithm == "RS256" => {}
        _ => return Err(IdTokenProblem::Algorithm),
    }
    let claims = object(segments.next())?;
    for name in ["iss", "sub", "aud", "exp", "iat", "nonce"] {
        if claims.get(name).is_none_or(Value::is_null) {
            return Err(IdTokenProblem::Missing(name));
        }
    }
    for name in ["exp", "iat"] {
        if !claims.get(name).is_some_and(Value::is_i64) {
            return Err(IdTokenProblem::Malformed);
        }
    }
    auth_time(&claims)?;
    Ok(claims)
}

fn object(segment: Option<&str>) -> Result<Map<String, Value>, IdTokenProblem> {
    let bytes = segment.and_then(|segment| BASE64_URL_SAFE_NO_PAD.decode(segment).ok());
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(IdTokenProblem::Malformed)
}

fn auth_time(claims: &Map<String, Value>) -> Result<Option<i64>, IdTokenProblem> {
    match claims.get("auth_time") {
        None => Ok(None),
        Some(Value::Number(seconds)) => seconds.as_i64().map(Some).ok_or(IdTokenProblem::AuthTime),
        Some(_) => Err(IdTokenProblem::AuthTime),
    }
}

/// Absent it may be: the library has already refused any audience beside this client.
fn authorized_party(claims: &Map<String, Value>, client_id: &str) -> Result<(), IdTokenProblem> {
    match claims.get("azp") {
        None => Ok(()),
        Some(Value::String(party)) if party == client_id => Ok(()),
        Some(_) => Err(IdTokenProblem::AuthorizedParty),
    }
}

fn organization(claims: &Map<String, Value>, asked: Option<&str>) -> Result<(), IdTokenProblem> {
    match (asked, claims.get("org_id")) {
        (None, None | Some(Value::String(_))) => Ok(()),
        (Some(asked), Some(Value::String(given))) if asked == given => Ok(()),
        _ => Err(IdTokenProblem::Organization),
    }
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn problem(error: ClaimsVerificationError) -> IdTokenProblem {
    use SignatureVerificationError as Signature;
    match error {
        ClaimsVerificationError::Expired(_) => IdTokenProblem::Expired,
        ClaimsVerificationError::InvalidAudience(_) => IdTokenProblem::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => IdTokenProblem::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => IdTokenProblem::Nonce,
        ClaimsVerificationError::Unsupported(_) => IdTokenProblem::Type,
        ClaimsVerificationError::SignatureVerification(signature) => match signature {
            Signature::NoMatchingKey => IdTokenProblem::UnknownKey,
            Signature::DisallowedAlg(_) | Signature::UnsupportedAlg(_) | Signature::NoSignature => {
                IdTokenProblem::Algorithm
            }
            _ => IdTokenProblem::Signature,
        },
        _ => IdTokenProblem::Malformed,
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignIn")
            .field("subject", &self.subject)
            .field("email_verified", &self.email_verified)
            .field("auth_time", &self.auth_time)
            .field("issued_at", &self.issued_at)
            .field("org_id", &self.org_id)
            .field("amr", &self.amr)
            .finish_non_exhaustive()
    }
}
