use serde_json::{Map, Value, json};

use crate::domain::Domain;
use crate::oidc::error::OauthError;
use crate::oidc::id_token::{self, Subject};
use crate::state::{State, Tenant};
use crate::store::User;

/// Seconds that an access token is good for.
pub const LIFETIME: i64 = 86_400;

/// What people may do to their own account with a token for the Management API.
const OWN_SCOPES: [&str; 3] = [
    "read:current_user",
    "update:current_user_identities",
    "update:current_user_metadata",
];

/// What an opaque access token stands for: `/userinfo`, and nothing else.
pub struct AccessGrant {
    /// Who.
    pub subject: Subject,
}

/// The tokens of a person.
///
/// # Errors
/// 403 when the person is gone or blocked.
pub fn tokens(tenant: &Tenant, state: &mut State, subject: &Subject) -> Result<Map<String, Value>, OauthError> {
    let user = state
        .store
        .get(&subject.sign_in.account)
        .filter(|user| !user.is_blocked())
        .cloned();
    let user = user.ok_or_else(|| OauthError::invalid_grant("user is blocked or does not exist"))?;
    let mut answer = Map::new();
    let token = access_token(tenant, state, subject, &user)?;
    answer.insert("access_token".to_owned(), token.into());
    if subject.has_scope("openid") {
        let id_token = id_token::issue(tenant, state, subject, &user, &[]).map_err(|_| OauthError::server())?;
        answer.insert("id_token".to_owned(), id_token.into());
    }
    answer.insert("scope".to_owned(), subject.scope.clone().into());
    answer.insert("expires_in".to_owned(), LIFETIME.into());
    answer.insert("token_type".to_owned(), "Bearer".into());
    Ok(answer)
}

/// An access token for a person: opaque, for `/userinfo`; or a JWT, for an API of the tenant's, or for the Management API with the scopes that people have for themselves.
///
/// # Errors
/// When it cannot be signed.
pub fn access_token(tenant: &Tenant, state: &mut State, subject: &Subject, user: &User) -> Result<String, OauthError> {
    let audience = subject.audience.as_deref();
    if let Some(api) = audience.and_then(|audience| tenant.config.resource_server(audience)) {
        return super::for_api::token(tenant, state, subject, user, api);
    }
    if audience != Some(tenant.management_audience().as_str()) {
        return Ok(state.access_tokens.insert(AccessGrant {
            subject: subject.clone(),
        }));
    }
    let openid = ["openid", "profile", "email"];
    let granted = subject
        .scope
        .split_ascii_whitespace()
        .filter(|scope| OWN_SCOPES.contains(scope) || openid.contains(scope));
    let scope = granted.collect::<Vec<_>>().join(" ");
    let now = state.clock().now();
    let claims = claims(
        tenant,
        &subject.domain,
        now,
        user.user_id.as_str(),
        &subject.client_id,
        &scope,
    );
    id_token::encode(&claims, &state.keys.current()).map_err(|_| OauthError::server())
}

/// What a token for the Management API says.
pub fn claims(
    tenant: &Tenant,
    domain: &Domain,
    now: i64,
    subject: &str,
    client: &str,
    scope: &str,
) -> Map<String, Value> {
    let claims = [
        ("iss", json!(domain.0)),
        ("sub", json!(subject)),
        ("aud", json!(tenant.management_audience())),
        ("iat", json!(now)),
        ("exp", json!(now + LIFETIME)),
        ("azp", json!(client)),
        ("scope", json!(scope)),
    ];
    claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
