//! Partial JSON accounts and events, completed with the defaults that the module documentation states.

use serde::Deserialize;

use crate::keyed::Keyed;
use crate::{Account, Candidate, Event, Identity, Object};

/// Which account a default is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// `primary` of a merge, `current` of a selection.
    Primary,
    /// `secondary` of a merge.
    Secondary,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EventInput {
    transaction_id: String,
    tenant: String,
    client_id: String,
    organization: Option<String>,
    now: String,
    seed: String,
    settings: Option<Object>,
    context: Object,
}

#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct AccountInput {
    user_id: Option<String>,
    email: Option<String>,
    email_verified: bool,
    created_at: Option<String>,
    last_login: Option<String>,
    logins_count: u32,
    identities: Option<Vec<Keyed<IdentityInput>>>,
    profile: Object,
    user_metadata: Object,
    app_metadata: Object,
    #[serde(flatten)]
    other: Object,
}

/// Auth0 gives more keys (tokens, refresh times) than the contract has: they are left out.
#[derive(Default, Deserialize)]
#[serde(default)]
struct IdentityInput {
    connection: Option<String>,
    provider: Option<String>,
    user_id: Option<TextOrNumber>,
    #[serde(alias = "isSocial")]
    is_social: bool,
    #[serde(alias = "profileData")]
    profile: Object,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CandidateInput {
    user_id: String,
    connection: Option<String>,
    provider: Option<String>,
    is_social: bool,
    created_at: Option<String>,
    last_login: Option<String>,
    logins_count: u32,
}

/// Some providers' ids come as numbers from Auth0; the contract has them as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(serde_json::Number),
}

impl Default for EventInput {
    fn default() -> Self {
        Self {
            transaction_id: "case".to_owned(),
            tenant: "case".to_owned(),
            client_id: "case".to_owned(),
            organization: None,
            now: "2026-01-01T00:00:00Z".to_owned(),
            seed: "0".repeat(32),
            settings: None,
            context: Object::new(),
        }
    }
}

impl Default for AccountInput {
    fn default() -> Self {
        Self {
            user_id: None,
            email: Some("person@example.com".to_owned()),
            email_verified: true,
            created_at: None,
            last_login: None,
            logins_count: 0,
            identities: None,
            profile: Object::new(),
            user_metadata: Object::new(),
            app_metadata: Object::new(),
            other: Object::new(),
        }
    }
}

impl Default for CandidateInput {
    fn default() -> Self {
        Self {
            user_id: Role::Secondary.default_user_id().to_owned(),
            connection: None,
            provider: None,
            is_social: false,
            created_at: None,
            last_login: None,
            logins_count: 0,
        }
    }
}

impl Role {
    fn default_user_id(self) -> &'static str {
        match self {
            Self::Primary => "auth0|primary",
            Self::Secondary => "auth0|secondary",
        }
    }
}

impl EventInput {
    pub(crate) fn complete(self) -> Event {
        Event {
            transaction_id: self.transaction_id,
            tenant: self.tenant,
            client_id: self.client_id,
            organization: self.organization,
            now: self.now,
            seed: self.seed,
            settings: self.settings,
            context: self.context,
        }
    }
}

impl AccountInput {
    pub(crate) fn complete(self, role: Role) -> Account {
        let user_id = self.user_id.unwrap_or_else(|| role.default_user_id().to_owned());
        let identities = self.identities.unwrap_or_else(|| vec![Keyed::default()]);
        let identities = identities
            .into_iter()
            .map(|Keyed(identity)| identity.complete(&user_id))
            .collect();
        let mut profile = self.other;
        profile.extend(self.profile);
        Account {
            user_id,
            email: self.email,
            email_verified: self.email_verified,
            created_at: self.created_at,
            last_login: self.last_login,
            logins_count: self.logins_count,
            identities,
            profile,
            user_metadata: self.user_metadata,
            app_metadata: self.app_metadata,
        }
    }
}

impl IdentityInput {
    fn complete(self, account_user_id: &str) -> Identity {
        let (own_provider, own_id) = split(account_user_id);
        let provider = self.provider.unwrap_or_else(|| own_provider.to_owned());
        Identity {
            connection: self.connection.unwrap_or_else(|| connection_of(&provider)),
            provider,
            user_id: match self.user_id {
                Some(TextOrNumber::Text(text)) => text,
                Some(TextOrNumber::Number(number)) => number.to_string(),
                None => own_id.to_owned(),
            },
            is_social: self.is_social,
            profile: self.profile,
        }
    }
}

impl CandidateInput {
    pub(crate) fn complete(self) -> Candidate {
        let provider = self.provider.unwrap_or_else(|| split(&self.user_id).0.to_owned());
        Candidate {
            connection: self.connection.unwrap_or_else(|| connection_of(&provider)),
            provider,
            user_id: self.user_id,
            is_social: self.is_social,
            created_at: self.created_at,
            last_login: self.last_login,
            logins_count: self.logins_count,
        }
    }
}

/// Everything up to the first `|` is the provider; `samlp|acme|hopper` has the id `acme|hopper`.
fn split(user_id: &str) -> (&str, &str) {
    user_id.split_once('|').unwrap_or(("auth0", user_id))
}

fn connection_of(provider: &str) -> String {
    if provider == "auth0" {
        "Username-Password-Authentication".to_owned()
    } else {
        provider.to_owned()
    }
}
