//! The body of `PATCH /users/{id}`: what may be changed, on which kinds of account, and in which company.

use serde_json::{Map, Value};

use super::error::ApiError;
use super::limits::check_keys;
use super::payload;
use crate::config::{Config, Readings};
use crate::store::{Emptied, Store, User, UserId, is_email, merge_first_level};

const ALLOWED: [&str; 20] = [
    "app_metadata",
    "blocked",
    "client_id",
    "connection",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "name",
    "nickname",
    "password",
    "phone_number",
    "phone_verified",
    "picture",
    "user_metadata",
    "username",
    "verify_email",
    "verify_password",
    "verify_phone_number",
    "verify_phone",
];

/// Asked of the tenant, not kept in the profile.
const INSTRUCTIONS: [&str; 6] = [
    "client_id",
    "connection",
    "verify_email",
    "verify_password",
    "verify_phone_number",
    "verify_phone",
];

/// What the provider of a federated account sets anew at each sign-in.
const SYNCHRONISED: [&str; 5] = ["family_name", "given_name", "name", "nickname", "picture"];

/// What belongs to one identity: for a linked one, `connection` has to say which.
const OF_IDENTITY: [&str; 5] = ["email", "email_verified", "phone_number", "phone_verified", "username"];

const EXCLUSIVE: [(&str, &str); 5] = [
    ("password", "email"),
    ("password", "email_verified"),
    ("username", "email"),
    ("username", "email_verified"),
    ("username", "password"),
];

const LENGTHS: [(&str, usize); 5] = [
    ("name", 300),
    ("nickname", 300),
    ("given_name", 150),
    ("family_name", 150),
    ("username", 128),
];

/// A well-formed set of changes.
pub struct Changes {
    attributes: Map<String, Value>,
    connection: Option<String>,
    password: Option<String>,
    user_metadata: Option<Map<String, Value>>,
    app_metadata: Option<Map<String, Value>>,
}

impl Changes {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 in Auth0's words.
    pub fn parse(body: &[u8], readings: Readings) -> Result<Self, ApiError> {
        let mut object = payload::object(body, &ALLOWED)?;
        for (one, other) in EXCLUSIVE {
            if object.contains_key(one) && object.contains_key(other) {
                return Err(ApiError::not_supported(format!(
                    "Cannot update {one} and {other} simultaneously"
                )));
            }
        }
        let connection = payload::text(&mut object, "connection")?;
        let password = payload::text(&mut object, "password")?;
        let user_metadata = payload::bag(&mut object, "user_metadata")?;
        let app_metadata = payload::bag(&mut object, "app_metadata")?;
        check_keys(readings, user_metadata.as_ref(), app_metadata.as_ref())?;
        object.retain(|key, _| !INSTRUCTIONS.contains(&key.as_str()));
        object.iter().try_for_each(|(key, value)| check_attribute(key, value))?;
        Ok(Self {
            attributes: object,
            connection,
            password,
            user_metadata,
            app_metadata,
        })
    }

    /// Whether nothing but `user_metadata` changes.
    #[must_use]
    pub fn is_user_metadata_only(&self) -> bool {
        self.attributes.is_empty() && self.password.is_none() && self.app_metadata.is_none()
    }

    /// What cannot be judged without the tenant: the connection named, and whether the address is taken.
    ///
    /// # Errors
    /// 400.
    pub fn check_against(&self, store: &Store, id: &UserId, config: &Config) -> Result<(), ApiError> {
        if self
            .connection
            .as_ref()
            .is_some_and(|name| config.connection(name).is_none())
        {
            return Err(ApiError::no_connection());
        }
        let Some(email) = self.attributes.get("email").and_then(Value::as_str) else {
            return Ok(());
        };
        let connection = store
            .get(id)
            .and_then(User::own_identity)
            .map(|identity| identity.connection.clone())
            .unwrap_or_default();
        let taken = store.sign_in_candidates(&connection, email).iter().any(|identity| {
            identity.id() != *id
                && identity
                    .profile_text("email")
                    .is_some_and(|other| other.eq_ignore_ascii_case(email))
        });
        if taken {
            Err(ApiError::new(
                axum::http::StatusCode::BAD_REQUEST,
                "The specified new email already exists",
            )
            .with_code("auth0_idp_error"))
        } else {
            Ok(())
        }
    }

    /// Changes a user.
    ///
    /// # Errors
    /// 400 when this kind of account does not allow it.
    pub fn apply(self, user: &mut User) -> Result<(), ApiError> {
        let target = self.target(user)?;
        let is_database = target.provider() == "auth0";
        if !is_database {
            self.check_federated(&target)?;
        }
        let mut attributes = self.attributes;
        fold_database_email(&mut attributes, is_database);
        if let Some(identity) = user.identities.iter_mut().find(|identity| identity.id() == target) {
            identity.password = self.password.or_else(|| identity.password.take());
            if target != user.user_id {
                let of_identity = |key: &String| OF_IDENTITY.contains(&key.as_str());
                let (own, rest): (Map<_, _>, Map<_, _>) = attributes.into_iter().partition(|(key, _)| of_identity(key));
                set_all(identity.profile.get_or_insert_default(), own);
                attributes = rest;
            }
        }
        set_all(&mut user.attributes, attributes);
        if let Some(patch) = self.user_metadata {
            merge_first_level(&mut user.user_metadata, patch, Emptied::StaysEmpty);
        }
        if let Some(patch) = self.app_metadata {
            merge_first_level(&mut user.app_metadata, patch, Emptied::Vanishes);
        }
        Ok(())
    }

    /// The identity that is meant: the account's own, or the one of the connection named.
    fn target(&self, user: &User) -> Result<UserId, ApiError> {
        let Some(name) = &self.connection else {
            return Ok(user.user_id.clone());
        };
        let own = user.own_identity().filter(|identity| identity.connection == *name);
        let named = own.or_else(|| user.identities.iter().find(|identity| identity.connection == *name));
        named
            .map(crate::store::Identity::id)
            .ok_or_else(ApiError::no_connection)
    }

    fn check_federated(&self, target: &UserId) -> Result<(), ApiError> {
        let provider = target.provider();
        let passwordless = matches!(provider, "email" | "sms");
        let synchronised: Vec<&str> = SYNCHRONISED
            .into_iter()
            .filter(|name| self.attributes.contains_key(*name))
            .collect();
        if !synchronised.is_empty() && !passwordless {
            return Err(ApiError::not_supported(format!(
                "The following user attributes cannot be updated: {}. The connection ({provider}) must either be a database connection (using the Auth0 store), \
                 a passwordless connection (email or sms) or has disabled 'Sync user profile attributes at each login'.",
                synchronised.join(", ")
            )));
        }
        let refused = ["email", "username"]
            .into_iter()
            .find(|name| self.attributes.contains_key(*name) && !passwordless);
        let refused = refused.or_else(|| self.password.as_ref().map(|_| "password"));
        match refused {
            Some(name) => Err(ApiError::not_supported(format!(
                "Cannot update {name} for non-database user"
            ))),
            None => Ok(()),
        }
    }
}

/// Auth0's databases keep addresses in lower case; a changed address is not verified unless the same request says so.
fn fold_database_email(attributes: &mut Map<String, Value>, is_database: bool) {
    let Some(Value::String(email)) = attributes.get_mut("email") else {
        return;
    };
    if is_database {
        *email = email.to_lowercase();
    }
    attributes.entry("email_verified").or_insert(Value::Bool(false));
}

/// `null` unsets.
fn set_all(target: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (key, value) in changes {
        if value.is_null() {
            target.remove(&key);
        } else {
            target.insert(key, value);
        }
    }
}

/// Types and lengths of one root attribute, as the Management API's description gives them.
///
/// # Errors
/// 400 `invalid_body`.
pub fn check_attribute(key: &str, value: &Value) -> Result<(), ApiError> {
    if matches!(key, "blocked" | "email_verified" | "phone_verified") {
        return if value.is_boolean() {
            Ok(())
        } else {
            Err(payload::expected("boolean", key, value))
        };
    }
    let text = match value {
        Value::Null if key != "email" => return Ok(()),
        Value::String(text) => text,
        other => return Err(payload::expected("string", key, other)),
    };
    let length = text.chars().count();
    if let Some((_, maximum)) = LENGTHS
        .iter()
        .find(|(name, maximum)| *name == key && (length < 1 || length > *maximum))
    {
        return Err(payload::invalid(
            &format!("String length must be between 1 and {maximum}"),
            key,
        ));
    }
    if key == "email" && !is_email(text) {
        return Err(payload::invalid("Object didn't pass validation for format email", key));
    }
    let digits = text.strip_prefix('+').unwrap_or_default();
    let is_phone = (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if key == "phone_number" && !is_phone {
        return Err(payload::invalid("String does not match pattern ^\\+[0-9]{1,15}$", key));
    }
    Ok(())
}
