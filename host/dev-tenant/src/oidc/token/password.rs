use serde_json::Value;

use super::{Answer, access, refresh};
use crate::config::Client;
use crate::domain::Domain;
use crate::oidc::error::OauthError;
use crate::oidc::id_token::Subject;
use crate::oidc::login;
use crate::oidc::parameters::Parameters;
use crate::oidc::session::SignIn;
use crate::state::Tenant;

/// `grant_type=password`, or the same with a `realm`, which names the database. There is no session, and nobody to show a second step to: Auth0 answers
/// `mfa_required` with a token for its MFA API, which this tenant does not have.
pub fn grant(tenant: &Tenant, domain: &Domain, client: &Client, parameters: &Parameters) -> Answer {
    let required = |name: &str| parameters.owned(name).ok_or_else(|| OauthError::missing(name));
    let credentials = login::Credentials {
        state: String::new(),
        username: required("username")?,
        password: required("password")?,
    };
    let connection = match parameters.get("realm") {
        None => tenant.config.default_database(),
        Some(realm) => tenant.config.connection(realm).filter(|named| named.is_database()),
    };
    let connection = connection.ok_or_else(|| OauthError::denied("unknown or invalid realm"))?;
    let mut state = tenant.lock();
    let wrong = || OauthError::invalid_grant("Wrong email or password.");
    let identity = login::authenticate(&state, &connection.name, &credentials).ok_or_else(wrong)?;
    let owner = state.store.owner(&identity.id());
    if owner.is_some_and(crate::store::User::has_second_factor) {
        return Err(OauthError {
            error: "mfa_required",
            ..OauthError::denied("Multifactor authentication required")
        });
    }
    let subject = Subject::direct(domain, client, parameters, SignIn::now(&state, &identity));
    let mut answer = access::tokens(tenant, &mut state, &subject)?;
    login::count_sign_in(&mut state, &identity);
    refresh::add_to(&mut answer, &mut state, client, subject);
    Ok(Value::Object(answer))
}
