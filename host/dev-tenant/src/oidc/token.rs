//! `/oauth/token` and `/oauth/revoke`. Each grant has a file; [`access`] makes what they answer.

mod access;
mod code;
mod credentials;
mod for_api;
mod mailed_code;
mod password;
mod refresh;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::client_authentication::authenticate;
use super::error::OauthError;
use super::parameters::Parameters;
use crate::config::GrantType;
use crate::domain::Domain;
use crate::rate_limit::{self, Drawn};
use crate::state::{Shared, Tenant};

pub use access::{AccessGrant, access_token};
pub use code::CodeGrant;
pub use refresh::RefreshGrant;

/// What a grant comes to: the body of a 200.
type Answer = Result<Value, OauthError>;

/// `POST /oauth/token`.
pub async fn exchange(State(tenant): State<Shared>, domain: Domain, headers: HeaderMap, body: Bytes) -> Response {
    let granted = async { grant(&tenant, &domain, &headers, &body).into_response() };
    rate_limit::answer(&tenant, Drawn::Token, OauthError::too_many_requests(), granted).await
}

fn grant(tenant: &Tenant, domain: &Domain, headers: &HeaderMap, body: &Bytes) -> Result<Response, OauthError> {
    let parameters = Parameters::from_body(headers, body)
        .ok_or_else(|| OauthError::invalid_request("the body is not a JSON object"))?;
    let grant = parameters
        .get("grant_type")
        .ok_or_else(|| OauthError::missing("grant_type"))?;
    let kind = kind(grant).ok_or_else(|| OauthError::unsupported_grant(grant))?;
    let client = authenticate(tenant, headers, &parameters)?;
    if !client.may(kind) {
        return Err(OauthError::grant_not_allowed(grant));
    }
    let answer = match kind {
        GrantType::AuthorizationCode => code::exchange(tenant, client, &parameters)?,
        GrantType::ClientCredentials => credentials::grant(tenant, domain, client, &parameters)?,
        GrantType::RefreshToken => refresh::exchange(tenant, client, &parameters)?,
        GrantType::Password => password::grant(tenant, domain, client, &parameters)?,
        GrantType::PasswordlessOtp => mailed_code::exchange(tenant, domain, client, &parameters)?,
        GrantType::Implicit => return Err(OauthError::unsupported_grant(grant)),
    };
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((no_store, Json(answer)).into_response())
}

fn kind(grant: &str) -> Option<GrantType> {
    match grant {
        "authorization_code" => Some(GrantType::AuthorizationCode),
        "client_credentials" => Some(GrantType::ClientCredentials),
        "refresh_token" => Some(GrantType::RefreshToken),
        "password" | "http://auth0.com/oauth/grant-type/password-realm" => Some(GrantType::Password),
        "http://auth0.com/oauth/grant-type/passwordless/otp" => Some(GrantType::PasswordlessOtp),
        _ => None,
    }
}

/// `POST /oauth/revoke`: 200 and nothing, whether or not there was such a refresh token.
pub async fn revoke(State(tenant): State<Shared>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, OauthError> {
    let parameters = Parameters::from_body(&headers, &body).unwrap_or_default();
    let client = authenticate(&tenant, &headers, &parameters)?;
    let token = parameters.get("token").ok_or_else(|| OauthError::missing("token"))?;
    refresh::revoke(&mut tenant.lock(), client, token);
    Ok(StatusCode::OK)
}
