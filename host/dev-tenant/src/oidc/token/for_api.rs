//! Access tokens for an API of the tenant's, with what somebody was assigned there.

use serde_json::{Value, json};

use super::access;
use crate::config::ResourceServer;
use crate::oidc::error::OauthError;
use crate::oidc::id_token::{self, Subject};
use crate::state::{State, Tenant};
use crate::store::User;

/// An access token for an API of the tenant's, with whatever defect the switches ask for.
///
/// # Errors
/// When it cannot be signed.
pub fn token(
    tenant: &Tenant,
    state: &mut State,
    subject: &Subject,
    user: &User,
    api: &ResourceServer,
) -> Result<String, OauthError> {
    let assigned = assigned(user, api);
    let now = state.clock().now();
    let scope = scope(subject, api, &assigned);
    let id = user.user_id.as_str();
    let mut claims = access::claims(tenant, &subject.domain, now, id, &subject.client_id, &scope);
    claims.insert("aud".to_owned(), audiences(subject, api));
    if api.rbac {
        claims.insert("permissions".to_owned(), json!(assigned));
    }
    let key = state.keys.current();
    let token = match state.switches.next_access_token.take() {
        None => id_token::encode(&claims, &key),
        Some(forgery) => id_token::forge(tenant, &subject.client_id, claims, &forgery, &key),
    };
    token.map_err(|_| OauthError::server())
}

/// The API's permissions that the person was assigned.
fn assigned<'a>(user: &'a User, api: &ResourceServer) -> Vec<&'a str> {
    let of_api = |permission: &&Value| permission["resource_server_identifier"] == api.identifier.as_str();
    let names = user.permissions.iter().filter(of_api);
    names
        .filter_map(|permission| permission["permission_name"].as_str())
        .filter(|name| api.permissions.iter().any(|known| known == name))
        .collect()
}

/// What is granted of what was asked for.
fn scope(subject: &Subject, api: &ResourceServer, assigned: &[&str]) -> String {
    let openid = ["openid", "profile", "email", "offline_access"];
    let granted = |scope: &&str| {
        let of_api = api.permissions.iter().any(|known| known == scope);
        openid.contains(scope) || (of_api && (!api.rbac || assigned.contains(scope)))
    };
    let scopes = subject.scope.split_ascii_whitespace().filter(granted);
    scopes.collect::<Vec<_>>().join(" ")
}

/// With `openid` the token is good for `/userinfo` too, and says so.
fn audiences(subject: &Subject, api: &ResourceServer) -> Value {
    if subject.has_scope("openid") {
        json!([api.identifier, subject.domain.url("userinfo")])
    } else {
        json!(api.identifier)
    }
}
