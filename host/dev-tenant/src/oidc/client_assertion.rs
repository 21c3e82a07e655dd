//! Private Key JWT: a client that signs who it is (RFC 7523, Auth0's "Authenticate with Private Key JWT").

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

use super::error::OauthError;
use super::parameters::Parameters;
use crate::config::Client;
use crate::state::Tenant;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Auth0: an assertion is good for at most five minutes.
const LONGEST: i64 = 300;

/// Seconds that an assertion is accepted beyond its end. UNCONFIRMED for a live tenant.
const LEEWAY: i64 = 60;

/// How far a client's clock may be ahead, in seconds. How much Auth0 allows is UNCONFIRMED; a second is what rounding alone makes.
const AHEAD: i64 = 1;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    iat: Option<i64>,
}

/// The client that signed the request's assertion; none where there is no assertion.
///
/// # Errors
/// 401 for one that is not its client's or not the named client's, not for this tenant, not begun yet, too old or too long-lived. Whether Auth0 refuses a second use of the same `jti` is UNCONFIRMED: it is
/// taken here.
pub fn client<'a>(tenant: &'a Tenant, parameters: &Parameters) -> Option<Result<&'a Client, OauthError>> {
    let assertion = parameters.owned("client_assertion")?;
    let right_type = parameters.owned("client_assertion_type").as_deref() == Some(TYPE);
    let client = right_type.then(|| signer(tenant, &assertion)).flatten();
    // RFC 7521, 4.2: `client_id` need not be there, and is the one that signed where it is.
    let named = parameters.owned("client_id");
    let client = client.filter(|client| named.as_ref().is_none_or(|named| *named == client.client_id));
    Some(client.ok_or_else(OauthError::unauthorized))
}

fn signer<'a>(tenant: &'a Tenant, assertion: &str) -> Option<&'a Client> {
    // Who signed is known by whose key fits; until then nothing in it is believed.
    let named = jsonwebtoken::dangerous::insecure_decode::<Claims>(assertion)
        .ok()?
        .claims
        .sub;
    let client = tenant.config.client(&named)?;
    let key = DecodingKey::from_rsa_pem(client.client_public_key.as_ref()?.as_bytes()).ok()?;
    let mut validation = Validation::new(Algorithm::RS256);
    let domains: Vec<&str> = tenant.domains().map(url::Url::as_str).collect();
    validation.set_audience(&domains);
    validation.set_issuer(&[&client.client_id]);
    // By the tenant's clock, below: the library reads the machine's.
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
    let claims = decode::<Claims>(assertion, &key, &validation).ok()?.claims;
    let now = tenant.clock().now();
    let begin = claims.iat.unwrap_or(now);
    let is_live = claims.exp.saturating_add(LEEWAY) >= now && begin <= now + AHEAD;
    let is_short = claims.exp.saturating_sub(begin) <= LONGEST;
    (claims.iss == claims.sub && is_live && is_short).then_some(client)
}
