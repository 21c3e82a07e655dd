use serde_json::json;

use super::{Answer, access};
use crate::config::Client;
use crate::domain::Domain;
use crate::oidc::error::OauthError;
use crate::oidc::id_token;
use crate::oidc::parameters::Parameters;
use crate::state::Tenant;

/// `grant_type=client_credentials`, for the Management API and no other.
pub fn grant(tenant: &Tenant, domain: &Domain, client: &Client, parameters: &Parameters) -> Answer {
    let missing = "No audience parameter was provided, and no default audience has been configured";
    let audience = parameters.get("audience").ok_or_else(|| OauthError::denied(missing))?;
    if audience != tenant.management_audience() {
        return Err(OauthError::denied(format!("Service not found: {audience}")));
    }
    if client.management_scopes.is_empty() {
        let description = format!(
            "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" associated to this API."
        );
        return Err(OauthError::denied(description));
    }
    let asked: Vec<&str> = parameters.words("scope").collect();
    let granted = client
        .management_scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| asked.is_empty() || asked.contains(scope));
    let scope = granted.collect::<Vec<_>>().join(" ");
    let (now, key) = {
        let state = tenant.lock();
        (state.clock().now(), state.keys.current())
    };
    let subject = format!("{}@clients", client.client_id);
    let mut claims = access::claims(tenant, domain, now, &subject, &client.client_id, &scope);
    claims.insert("gty".to_owned(), "client-credentials".into());
    let token = id_token::encode(&claims, &key).map_err(|_| OauthError::server())?;
    Ok(json!({"access_token": token, "scope": scope, "expires_in": access::LIFETIME, "token_type": "Bearer"}))
}
