//! Pushed authorization requests (RFC 9126), where the tenant has them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::client_authentication::authenticate;
use super::error::OauthError;
use super::parameters::Parameters;
use super::request::{AuthorizationRequest, Refusal};
use crate::domain::Domain;
use crate::state::{Shared, Tenant};

const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// `POST /oauth/par`: 201 with a reference that is good for 30 seconds, once.
pub async fn push(
    State(tenant): State<Shared>,
    domain: Domain,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), OauthError> {
    if !tenant.config.pushed_authorization_requests {
        return Err(OauthError::denied(
            "Pushed authorization requests are not enabled for this tenant",
        ));
    }
    let mut parameters = Parameters::from_body(&headers, &body).unwrap_or_default();
    let client = authenticate(&tenant, &headers, &parameters)?;
    for proof in ["client_secret", "client_assertion", "client_assertion_type"] {
        parameters.remove(proof);
    }
    parameters.set("client_id", &client.client_id);
    match AuthorizationRequest::parse(&tenant.config, &domain, &parameters) {
        Ok(_) => {}
        Err(Refusal::Page { message, .. }) => return Err(OauthError::invalid_request(message)),
        Err(Refusal::Client { description, .. }) => return Err(OauthError::invalid_request(description)),
    }
    let name = tenant.lock().pushed.insert(parameters);
    Ok((
        StatusCode::CREATED,
        Json(json!({"request_uri": format!("{PREFIX}{name}"), "expires_in": 30})),
    ))
}

/// The parameters that a request stands for: its own, or those pushed before.
///
/// # Errors
/// The message of the page, when it refers to nothing that this client pushed.
pub fn resolve(tenant: &Tenant, parameters: Parameters) -> Result<Parameters, String> {
    let Some(reference) = parameters.get("request_uri") else {
        return Ok(parameters);
    };
    let pushed = reference
        .strip_prefix(PREFIX)
        .and_then(|name| tenant.lock().pushed.take(name));
    let own = pushed.filter(|pushed| pushed.get("client_id") == parameters.get("client_id"));
    own.ok_or_else(|| "invalid_request: The request_uri is unknown, used or expired".to_owned())
}
