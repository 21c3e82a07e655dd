use serde_json::{Map, Value};
use thiserror::Error;

use super::identity::{Identity, UserId};
use super::user::User;

/// Why a user of a fixture file is not accepted.
#[derive(Debug, Error)]
pub enum FixtureError {
    /// Not an object, or without a `user_id` of the form `provider|id`.
    #[error("a user needs a \"user_id\" of the form provider|id")]
    NoUserId,
    /// A field has the wrong shape.
    #[error("user {user}: {field} is not {expected}")]
    Shape {
        /// Whose.
        user: UserId,
        /// Which field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// None of the identities is the account's own.
    #[error("user {0}: none of its identities is the account's own (provider|user_id equal to its user_id)")]
    NoOwnIdentity(UserId),
}

impl User {
    /// Reads a user in Auth0's own shape. Added to it: `password` (on the user, or on single identities), `organizations` (ids), `roles` and `permissions`.
    /// `identities` may be left out, and so may `created_at`, `updated_at`, `name` and `nickname`: they get what Auth0 would give them.
    ///
    /// # Errors
    /// See [`FixtureError`].
    pub fn from_fixture(value: Value) -> Result<Self, FixtureError> {
        let Value::Object(mut object) = value else {
            return Err(FixtureError::NoUserId);
        };
        let user_id = take_id(&mut object)?;
        let password = object
            .remove("password")
            .and_then(|password| password.as_str().map(str::to_owned));
        let identities = take_identities(&mut object, &user_id, password.as_deref())?;
        let user_metadata = take_bag(&mut object, &user_id, "user_metadata")?;
        let app_metadata = take_bag(&mut object, &user_id, "app_metadata")?;
        let organizations = take_list(&mut object, &user_id, "organizations")?;
        let organizations = organizations
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let roles = take_list(&mut object, &user_id, "roles")?;
        let permissions = take_list(&mut object, &user_id, "permissions")?;
        fill_defaults(&mut object);
        Ok(Self {
            user_id,
            attributes: object,
            identities,
            user_metadata,
            app_metadata,
            organizations,
            roles,
            permissions,
        })
    }

    /// The user with what [`User::from_fixture`] adds to Auth0's shape, without passwords.
    #[must_use]
    pub fn to_fixture(&self) -> Value {
        let mut value = self.to_json();
        if let Value::Object(object) = &mut value {
            object.insert("organizations".to_owned(), self.organizations.clone().into());
            object.insert("roles".to_owned(), self.roles.clone().into());
            object.insert("permissions".to_owned(), self.permissions.clone().into());
        }
        value
    }
}

fn take_id(object: &mut Map<String, Value>) -> Result<UserId, FixtureError> {
    let id = object
        .remove("user_id")
        .and_then(|id| id.as_str().map(UserId::from))
        .ok_or(FixtureError::NoUserId)?;
    if id.provider().is_empty() || id.local().is_empty() {
        return Err(FixtureError::NoUserId);
    }
    Ok(id)
}

fn take_bag(
    object: &mut Map<String, Value>,
    user: &UserId,
    field: &'static str,
) -> Result<Option<Map<String, Value>>, FixtureError> {
    match object.remove(field) {
        None => Ok(None),
        Some(Value::Object(bag)) => Ok(Some(bag)),
        Some(_) => Err(FixtureError::Shape {
            user: user.clone(),
            field,
            expected: "an object",
        }),
    }
}

fn take_list(object: &mut Map<String, Value>, user: &UserId, field: &'static str) -> Result<Vec<Value>, FixtureError> {
    match object.remove(field) {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(FixtureError::Shape {
            user: user.clone(),
            field,
            expected: "an array",
        }),
    }
}

fn take_identities(
    object: &mut Map<String, Value>,
    user_id: &UserId,
    password: Option<&str>,
) -> Result<Vec<Identity>, FixtureError> {
    let shape = || FixtureError::Shape {
        user: user_id.clone(),
        field: "identities",
        expected: "an array of identities",
    };
    let mut identities: Vec<Identity> = match object.remove("identities") {
        None => vec![own_identity(user_id)],
        Some(list) => serde_json::from_value(list).map_err(|_| shape())?,
    };
    let own = identities.iter().position(|identity| identity.id() == *user_id);
    let own = own.ok_or_else(|| FixtureError::NoOwnIdentity(user_id.clone()))?;
    let own = identities.remove(own);
    identities.insert(0, own);
    for identity in &mut identities {
        identity.password = identity.password.take().or_else(|| password.map(str::to_owned));
        if identity.id() == *user_id {
            // It is the root profile, which may be edited; a second copy would grow stale.
            identity.profile = None;
        }
    }
    Ok(identities)
}

/// The connection is the second part of a three-part id, else the one that has the provider's name; databases share the provider `auth0`.
fn own_identity(user_id: &UserId) -> Identity {
    let provider = user_id.provider();
    let connection = match (provider, user_id.local().split_once('|')) {
        ("auth0", _) => "Username-Password-Authentication",
        (_, Some((connection, _))) => connection,
        (provider, None) => provider,
    };
    Identity {
        connection: connection.to_owned(),
        user_id: Value::String(user_id.local().to_owned()),
        provider: provider.to_owned(),
        is_social: is_social(provider),
        profile: None,
        password: None,
        other: Map::new(),
    }
}

/// Strategies that are neither databases, nor passwordless, nor enterprise.
pub fn is_social(strategy: &str) -> bool {
    !matches!(
        strategy,
        "auth0"
            | "email"
            | "sms"
            | "samlp"
            | "oidc"
            | "okta"
            | "waad"
            | "adfs"
            | "ad"
            | "google-apps"
            | "pingfederate"
            | "ip"
    )
}

/// What Auth0 gives an account without them: dates, name, nickname, picture.
pub fn fill_defaults(attributes: &mut Map<String, Value>) {
    let epoch = || Value::from("2024-01-01T00:00:00.000Z");
    let created = attributes.entry("created_at").or_insert_with(epoch).clone();
    attributes.entry("updated_at").or_insert(created);
    let Some(email) = attributes.get("email").and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    let local = email.split('@').next().unwrap_or_default().to_owned();
    attributes.entry("name").or_insert_with(|| Value::from(email.clone()));
    attributes.entry("nickname").or_insert_with(|| Value::from(local));
    attributes
        .entry("picture")
        .or_insert_with(|| Value::from(super::user::gravatar(&email)));
}
