//! Accounts and context in the terms of the policy contract.

use conjoin_auth0::User;
use conjoin_engine::{Account, Candidate, Event, Identity};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::bag::{MAX_DEPTH, depth};
use crate::candidates::Session;
use crate::error::LinkError;
use crate::record::Transaction;
use crate::tenant::Tenant;

/// A proven account, whole.
///
/// # Errors
/// [`LinkError::TooDeep`] when a bag or the profile is nested deeper than the contract allows: some guests trap on it.
pub fn account(user: &User) -> Result<Account, LinkError> {
    let mut profile = user.profile.clone();
    profile.insert("blocked".to_owned(), Value::Bool(user.blocked));
    Ok(Account {
        user_id: user.user_id.to_string(),
        email: user.email.clone(),
        email_verified: user.email_verified,
        created_at: user.created_at.clone(),
        last_login: user.last_login.clone(),
        logins_count: user.logins_count,
        identities: user.identities.iter().map(identity).collect::<Result<_, _>>()?,
        profile: object(&profile)?,
        user_metadata: object(&user.user_metadata)?,
        app_metadata: object(&user.app_metadata)?,
    })
}

/// An unproven account: nothing that names a person, no profile, no metadata.
pub fn candidate(user: &User) -> Candidate {
    let own = user.own_identity();
    Candidate {
        user_id: user.user_id.to_string(),
        connection: own.map(|own| own.connection.clone()).unwrap_or_default(),
        provider: user.user_id.provider().to_owned(),
        is_social: own.is_some_and(|own| own.is_social),
        created_at: user.created_at.clone(),
        last_login: user.last_login.clone(),
        logins_count: user.logins_count,
    }
}

/// The context of one decision.
pub fn event(tenant: &Tenant, settings: &Map<String, Value>, session: &Session, transaction: &Transaction) -> Event {
    Event {
        transaction_id: transaction.id.clone(),
        tenant: tenant.name.0.clone(),
        client_id: tenant.client_id.clone(),
        organization: session.organization.clone(),
        now: rfc3339(transaction.now),
        seed: transaction.seed.clone(),
        settings: Value::Object(settings.clone()).to_string(),
        context: json!({ "locale": session.locale, "begun_by": session.begun_by.name(), "current": session.subject })
            .to_string(),
    }
}

/// Unix seconds as RFC 3339 in UTC.
pub fn rfc3339(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    moment.format(&Rfc3339).unwrap_or_default()
}

fn identity(identity: &conjoin_auth0::Identity) -> Result<Identity, LinkError> {
    Ok(Identity {
        connection: identity.connection.clone(),
        provider: identity.provider.clone(),
        user_id: identity.user_id.clone(),
        is_social: identity.is_social,
        profile: object(&identity.profile_data)?,
    })
}

fn object(map: &Map<String, Value>) -> Result<String, LinkError> {
    if depth(map) > MAX_DEPTH {
        return Err(LinkError::TooDeep);
    }
    Ok(serde_json::to_string(map).unwrap_or_else(|_| "{}".to_owned()))
}
