use serde_json::{Map, Value};

use super::{Answer, access};
use crate::config::{Client, GrantType};
use crate::expiring::random_token;
use crate::oidc::error::OauthError;
use crate::oidc::id_token::Subject;
use crate::oidc::parameters::Parameters;
use crate::state::{State, Tenant};

/// Refresh tokens of one person with one client; the oldest gives way (Auth0, "Refresh Tokens").
const PER_PERSON_AND_CLIENT: usize = 200;

/// What a refresh token stands for.
#[derive(Clone)]
pub struct RefreshGrant {
    /// For whom, to which client.
    pub subject: Subject,
    /// Names it in the Management API: the token itself is a secret. With rotation all that come of one sign-in share it.
    pub id: String,
    /// In seconds since 1970.
    pub created_at: i64,
    /// Whether it was used, where it rotates.
    pub spent: bool,
}

/// Adds a refresh token to an answer, where it was asked for and the client may use one.
pub fn add_to(answer: &mut Map<String, Value>, state: &mut State, client: &Client, subject: Subject) {
    if !subject.has_scope("offline_access") || !client.may(GrantType::RefreshToken) {
        return;
    }
    make_room(state, &subject);
    let grant = RefreshGrant {
        subject,
        id: format!("rt_{}", random_token()),
        created_at: state.clock().now(),
        spent: false,
    };
    let token = state.refresh_tokens.insert(grant);
    answer.insert("refresh_token".to_owned(), token.into());
}

fn make_room(state: &mut State, subject: &Subject) {
    let is_alike = |grant: &RefreshGrant| {
        grant.subject.client_id == subject.client_id && grant.subject.sign_in.account == subject.sign_in.account
    };
    let alike = state
        .refresh_tokens
        .values()
        .filter(|grant| is_alike(grant) && !grant.spent);
    let mut alike: Vec<(i64, String)> = alike.map(|grant| (grant.created_at, grant.id.clone())).collect();
    alike.sort();
    let too_many = (alike.len() + 1).saturating_sub(PER_PERSON_AND_CLIENT);
    for (_, id) in alike.into_iter().take(too_many) {
        state.refresh_tokens.retain(|grant| grant.id != id);
    }
}

/// `grant_type=refresh_token`. A rotating token that comes a second time was stolen, or its answer lost: Auth0 ends the whole family, so does this.
/// Auth0's grace period ("leeway") is 0 by default.
pub fn exchange(tenant: &Tenant, client: &Client, parameters: &Parameters) -> Answer {
    let token = parameters
        .get("refresh_token")
        .ok_or_else(|| OauthError::missing("refresh_token"))?;
    let mut state = tenant.lock();
    let unknown = || OauthError::invalid_grant("Unknown or invalid refresh token.");
    let grant = state
        .refresh_tokens
        .get(token)
        .filter(|grant| grant.subject.client_id == client.client_id)
        .cloned()
        .ok_or_else(unknown)?;
    if grant.spent {
        state.refresh_tokens.retain(|other| other.id != grant.id);
        return Err(unknown());
    }
    // The nonce was for the request that the person made.
    let subject = Subject {
        nonce: None,
        ..grant.subject.clone()
    };
    let mut answer = access::tokens(tenant, &mut state, &subject)?;
    if client.refresh_token_rotation {
        if let Some(used) = state.refresh_tokens.get_mut(token) {
            used.spent = true;
        }
        let next = state.refresh_tokens.insert(grant);
        answer.insert("refresh_token".to_owned(), next.into());
    }
    Ok(Value::Object(answer))
}

/// Ends a token of this client, and with it all that came of the same sign-in.
pub fn revoke(state: &mut State, client: &Client, token: &str) {
    let known = state.refresh_tokens.get(token);
    let own = known.filter(|grant| grant.subject.client_id == client.client_id);
    if let Some(id) = own.map(|grant| grant.id.clone()) {
        state.refresh_tokens.retain(|grant| grant.id != id);
    }
}
