use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::Connection;

/// `provider|id`, where the id may hold further bars: `auth0|ada`, `samlp|acme|hopper`. Names a user, and equally one identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// The id of an identity.
    #[must_use]
    pub fn of(provider: &str, local: &str) -> Self {
        Self(format!("{provider}|{local}"))
    }

    /// The whole id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Up to the first bar.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.0.split_once('|').map_or("", |(provider, _)| provider)
    }

    /// After the first bar.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.split_once('|').map_or(self.0.as_str(), |(_, local)| local)
    }
}

impl From<&str> for UserId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl From<String> for UserId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One way to sign in, in Auth0's shape. What Auth0 adds besides (`access_token` and so on) is kept and given back.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The connection's name.
    pub connection: String,
    /// Without the provider. A string or, with some providers, a number: given back as it came.
    pub user_id: Value,
    /// The connection's strategy.
    pub provider: String,
    /// Whether the provider is a social one.
    #[serde(rename = "isSocial", default)]
    pub is_social: bool,
    /// The profile that this identity brought: for the account's own identity it is the root profile and stays absent here.
    #[serde(rename = "profileData", default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Map<String, Value>>,
    /// What its sign-in form accepts. Never part of an answer.
    #[serde(default, skip_serializing)]
    pub password: Option<String>,
    /// Everything else Auth0 may put here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Identity {
    /// An identity of a connection. Those of enterprise connections have the connection in their id, so that the user's has three parts.
    #[must_use]
    pub fn new(connection: &Connection, id: &str) -> Self {
        let is_social = super::fixture::is_social(&connection.strategy);
        let is_enterprise = connection.is_federated() && !is_social;
        let local_id = if is_enterprise {
            format!("{}|{id}", connection.name)
        } else {
            id.to_owned()
        };
        Self {
            connection: connection.name.clone(),
            user_id: Value::String(local_id),
            provider: connection.strategy.clone(),
            is_social,
            profile: None,
            password: None,
            other: Map::new(),
        }
    }

    /// The identity's id without the provider, numbers as text.
    #[must_use]
    pub fn local_id(&self) -> String {
        match &self.user_id {
            Value::String(id) => id.clone(),
            other => other.to_string(),
        }
    }

    /// The id that this identity has, or would have, as a user of its own.
    #[must_use]
    pub fn id(&self) -> UserId {
        UserId::of(&self.provider, &self.local_id())
    }

    /// One text of the profile.
    #[must_use]
    pub fn profile_text(&self, key: &str) -> Option<&str> {
        self.profile.as_ref()?.get(key)?.as_str()
    }

    /// Whether a person may mean this identity by `name`.
    #[must_use]
    pub fn answers_to(&self, name: &str) -> bool {
        let named = |key: &str| {
            self.profile_text(key)
                .is_some_and(|value| value.to_lowercase() == name.to_lowercase())
        };
        let local = self.local_id();
        let last = local.rsplit('|').next().unwrap_or_default();
        !name.is_empty()
            && (named("email") || named("username") || local == name || last == name || self.id().as_str() == name)
    }
}
