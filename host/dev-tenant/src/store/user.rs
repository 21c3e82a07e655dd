use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::identity::{Identity, UserId};

/// Root attributes that belong to the account and not to the identity's profile, so that linking does not carry them.
const NOT_PROFILE: [&str; 9] = [
    "blocked",
    "created_at",
    "updated_at",
    "last_login",
    "last_ip",
    "logins_count",
    "last_password_reset",
    "multifactor",
    "multifactor_last_modified",
];

/// One account. Deliberately without `Debug`: metadata values must not reach a log.
#[derive(Clone, PartialEq)]
pub struct User {
    /// Equal to the id of exactly one of the identities.
    pub user_id: UserId,
    /// Root attributes as the tenant gives them, whatever their type; without ids, identities and metadata.
    pub attributes: Map<String, Value>,
    /// The account's own identity first, then the linked ones in the order of linking.
    pub identities: Vec<Identity>,
    /// Absent when never set.
    pub user_metadata: Option<Map<String, Value>>,
    /// Absent when never set, and after a wipe.
    pub app_metadata: Option<Map<String, Value>>,
    /// Ids of the organizations the account is a member of. Lost when the account is linked into another, as everything below.
    pub organizations: Vec<String>,
    /// Roles in the shape of `GET /users/{id}/roles`.
    pub roles: Vec<Value>,
    /// Permissions in the shape of `GET /users/{id}/permissions`.
    pub permissions: Vec<Value>,
}

impl User {
    /// A new account around one identity, as signing up makes it, with these root attributes (an object).
    #[must_use]
    pub fn signed_up(identity: Identity, attributes: Value, now: &str) -> Self {
        let Value::Object(mut attributes) = attributes else {
            return Self::from_identity(identity, now);
        };
        for key in ["created_at", "updated_at"] {
            attributes.insert(key.to_owned(), Value::String(now.to_owned()));
        }
        super::fixture::fill_defaults(&mut attributes);
        Self {
            attributes,
            ..Self::from_identity(identity, now)
        }
    }

    /// The root e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.attributes.get("email").and_then(Value::as_str)
    }

    /// Whether sign-in is refused.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.attributes.get("blocked") == Some(&Value::Bool(true))
    }

    /// Whether every sign-in needs a second factor.
    #[must_use]
    pub fn has_second_factor(&self) -> bool {
        self.attributes
            .get("multifactor")
            .and_then(Value::as_array)
            .is_some_and(|factors| !factors.is_empty())
    }

    /// Whether an identity is the account's own one, or linked into it.
    #[must_use]
    pub fn identity(&self, id: &UserId) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.id() == *id)
    }

    /// The account's own identity.
    #[must_use]
    pub fn own_identity(&self) -> Option<&Identity> {
        self.identity(&self.user_id)
    }

    /// The profile that the account's own identity has. A database identity carries no `name`, as recorded from Auth0.
    #[must_use]
    pub fn own_profile(&self) -> Map<String, Value> {
        let is_database = self.user_id.provider() == "auth0";
        let of_profile = |key: &str| !(NOT_PROFILE.contains(&key) || is_database && key == "name");
        self.attributes
            .iter()
            .filter(|(key, _)| of_profile(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// All identities with `profileData` on each, the own one included: what link and unlink answer.
    #[must_use]
    pub fn full_identities(&self) -> Vec<Identity> {
        let with_profile = |identity: &Identity| {
            let mut identity = identity.clone();
            if identity.id() == self.user_id {
                identity.profile = Some(self.own_profile());
            }
            identity
        };
        self.identities.iter().map(with_profile).collect()
    }

    /// Auth0's shape. `profileData` stands on linked identities only, as in the documented example of `GET /users/{id}`; whether a live tenant
    /// adds it to the own identity too is unconfirmed.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = self.attributes.clone();
        object.insert("user_id".to_owned(), Value::String(self.user_id.to_string()));
        object.insert(
            "identities".to_owned(),
            serde_json::to_value(&self.identities).unwrap_or_default(),
        );
        for (key, bag) in [
            ("user_metadata", &self.user_metadata),
            ("app_metadata", &self.app_metadata),
        ] {
            if let Some(bag) = bag {
                object.insert(key.to_owned(), Value::Object(bag.clone()));
            }
        }
        Value::Object(object)
    }
}

/// Whether a text has the form of an e-mail address; leniently.
#[must_use]
pub fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace))
}

/// The picture that Auth0 gives a user without one. Gravatar accepts SHA-256 of the address.
#[must_use]
pub fn gravatar(email: &str) -> String {
    let digest = Sha256::digest(email.trim().to_lowercase().as_bytes());
    format!(
        "https://s.gravatar.com/avatar/{}?s=480&r=pg&d=identicon",
        hex::encode(digest)
    )
}
