//! Between the terms of a case and the contract's types.

use conjoin_cases as cases;
use serde_json::Value;

use crate::{Account, Candidate, Event, Identity, Side, Suggestion};

impl From<&cases::Event> for Event {
    fn from(event: &cases::Event) -> Self {
        Self {
            transaction_id: event.transaction_id.clone(),
            tenant: event.tenant.clone(),
            client_id: event.client_id.clone(),
            organization: event.organization.clone(),
            now: event.now.clone(),
            seed: event.seed.clone(),
            settings: text(&event.settings.clone().unwrap_or_default()),
            context: text(&event.context),
        }
    }
}

impl From<&cases::Account> for Account {
    fn from(account: &cases::Account) -> Self {
        Self {
            user_id: account.user_id.clone(),
            email: account.email.clone(),
            email_verified: account.email_verified,
            created_at: account.created_at.clone(),
            last_login: account.last_login.clone(),
            logins_count: account.logins_count,
            identities: account.identities.iter().map(Identity::from).collect(),
            profile: text(&account.profile),
            user_metadata: text(&account.user_metadata),
            app_metadata: text(&account.app_metadata),
        }
    }
}

impl From<&cases::Identity> for Identity {
    fn from(identity: &cases::Identity) -> Self {
        Self {
            connection: identity.connection.clone(),
            provider: identity.provider.clone(),
            user_id: identity.user_id.clone(),
            is_social: identity.is_social,
            profile: text(&identity.profile),
        }
    }
}

impl From<&cases::Candidate> for Candidate {
    fn from(candidate: &cases::Candidate) -> Self {
        Self {
            user_id: candidate.user_id.clone(),
            connection: candidate.connection.clone(),
            provider: candidate.provider.clone(),
            is_social: candidate.is_social,
            created_at: candidate.created_at.clone(),
            last_login: candidate.last_login.clone(),
            logins_count: candidate.logins_count,
        }
    }
}

impl From<Suggestion> for cases::Suggestion {
    fn from(suggestion: Suggestion) -> Self {
        Self {
            user_id: suggestion.user_id,
            primary: match suggestion.primary {
                Side::Current => cases::Side::Current,
                Side::Found => cases::Side::Found,
            },
            reason: suggestion.reason,
        }
    }
}

fn text(object: &cases::Object) -> String {
    Value::Object(object.clone()).to_string()
}
