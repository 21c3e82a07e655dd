use serde_json::Value;

use super::{Answer, access, refresh};
use crate::config::Client;
use crate::domain::Domain;
use crate::oidc::error::OauthError;
use crate::oidc::id_token::Subject;
use crate::oidc::login;
use crate::oidc::parameters::Parameters;
use crate::oidc::passwordless;
use crate::oidc::session::SignIn;
use crate::state::Tenant;

/// `grant_type=http://auth0.com/oauth/grant-type/passwordless/otp`: `realm` names the connection, `username` the address, `otp` is the code.
pub fn exchange(tenant: &Tenant, domain: &Domain, client: &Client, parameters: &Parameters) -> Answer {
    let required = |name: &str| parameters.owned(name).ok_or_else(|| OauthError::missing(name));
    let (realm, email, code) = (required("realm")?, required("username")?, required("otp")?);
    let connection = tenant
        .config
        .connection(&realm)
        .filter(|connection| connection.is_passwordless());
    let connection = connection.ok_or_else(|| OauthError::denied("unknown or invalid realm"))?;
    let mut state = tenant.lock();
    let identity = passwordless::verify(&mut state, connection, &email, &code)
        .map_err(|problem| OauthError::invalid_grant(problem.to_string()))?;
    let subject = Subject::direct(domain, client, parameters, SignIn::now(&state, &identity));
    let mut answer = access::tokens(tenant, &mut state, &subject)?;
    login::count_sign_in(&mut state, &identity);
    refresh::add_to(&mut answer, &mut state, client, subject);
    Ok(Value::Object(answer))
}
