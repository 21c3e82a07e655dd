use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;

use super::client_assertion;
use super::error::OauthError;
use super::parameters::Parameters;
use crate::config::Client;
use crate::state::Tenant;

/// The client that a request proves to come from: by HTTP Basic, by id and secret in the body, or by an assertion that it signed. A public client gives its id alone.
///
/// # Errors
/// 401 when there is no such client or the secret is not its.
pub fn authenticate<'a>(
    tenant: &'a Tenant,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<&'a Client, OauthError> {
    if let Some(client) = client_assertion::client(tenant, parameters) {
        return client;
    }
    let (id, secret) = match basic(headers) {
        Some((id, secret)) => (id, Some(secret)),
        None => (
            parameters
                .owned("client_id")
                .ok_or_else(|| OauthError::missing("client_id"))?,
            parameters.owned("client_secret"),
        ),
    };
    let client = tenant.config.client(&id).ok_or_else(OauthError::unauthorized)?;
    if client.accepts(secret.as_deref()) {
        Ok(client)
    } else {
        Err(OauthError::unauthorized())
    }
}

/// RFC 6749 2.3.1: both parts are form-encoded inside the header.
pub fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    let decoded = BASE64_STANDARD
        .decode(encoded.trim())
        .ok()
        .filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    Some((decode(id), decode(secret)))
}
