//! An account as the Management API gives it.

mod decode;

pub use decode::UserDecodeError;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::user_id::{IdentityId, UserId};

/// A user of the tenant. Source: Auth0, "User profile structure"; the shapes tolerated are in `user/decode.rs`.
///
/// Its JSON is Auth0's own, both ways, so that a recorded account reads like the tenant's answer. `Debug` prints
/// neither metadata nor profile.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UndecodedUser")]
pub struct User {
    /// The account's id.
    pub user_id: UserId,
    /// As stored, in its own case; absent for accounts that have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// True only where the tenant says `true`, as a boolean or as text. Absent counts as unverified.
    pub email_verified: bool,
    /// False only where the tenant says so or says nothing: an unknown value counts as blocked.
    pub blocked: bool,
    /// RFC 3339 as the tenant wrote it; absent where it was no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// RFC 3339 as the tenant wrote it; absent where it was no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_login: Option<String>,
    /// 0 where the tenant keeps no count.
    pub logins_count: u32,
    /// The ways to sign in to this account. Auth0 lists the account's own first, but see [`User::own_identity`].
    pub identities: Vec<Identity>,
    /// Empty where absent or null.
    pub user_metadata: Map<String, Value>,
    /// Empty where absent or null.
    pub app_metadata: Map<String, Value>,
    /// Every other root attribute, as given: `name`, `picture`, `phone_number`, what an identity provider added.
    #[serde(flatten)]
    pub profile: Map<String, Value>,
}

/// One way to sign in to an account. A provider's access tokens, which some scopes reveal here, are not kept.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The connection's name, `Username-Password-Authentication` for instance. Empty where the tenant gave none.
    pub connection: String,
    /// `google-oauth2` of `google-oauth2|1001`.
    pub provider: String,
    /// `1001` of `google-oauth2|1001`, as text even where the tenant gives a number.
    pub user_id: String,
    /// Whether Auth0 counts the connection as social.
    #[serde(rename = "isSocial")]
    pub is_social: bool,
    /// Auth0's `profileData`: what the provider says of the person. Empty where absent.
    #[serde(rename = "profileData")]
    pub profile_data: Map<String, Value>,
}

/// The JSON of a user before its shape is known.
#[derive(Deserialize)]
#[serde(transparent)]
struct UndecodedUser(Map<String, Value>);

impl User {
    /// The identity that gave the account its id: the one for which `provider|user_id` is `user_id`.
    ///
    /// Auth0 lists it first but documents no order, so the first one is only what remains when none matches. `None`
    /// for an account without identities.
    pub fn own_identity(&self) -> Option<&Identity> {
        self.identities
            .iter()
            .find(|identity| identity.id().to_string() == self.user_id.as_str())
            .or_else(|| self.identities.first())
    }
}

impl Identity {
    /// How link and unlink requests name it.
    pub fn id(&self) -> IdentityId {
        IdentityId {
            provider: self.provider.clone(),
            user_id: self.user_id.clone(),
        }
    }
}

impl TryFrom<UndecodedUser> for User {
    type Error = UserDecodeError;

    fn try_from(json: UndecodedUser) -> Result<Self, UserDecodeError> {
        decode::user(json.0)
    }
}

impl<'de> Deserialize<'de> for Identity {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::identity(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl TryFrom<Value> for User {
    type Error = UserDecodeError;

    fn try_from(json: Value) -> Result<Self, UserDecodeError> {
        match json {
            Value::Object(attributes) => decode::user(attributes),
            _ => Err(UserDecodeError::NotAnObject("user")),
        }
    }
}

impl TryFrom<Value> for Identity {
    type Error = UserDecodeError;

    fn try_from(json: Value) -> Result<Self, UserDecodeError> {
        decode::identity(json)
    }
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("User")
            .field("user_id", &self.user_id)
            .field("email_verified", &self.email_verified)
            .field("blocked", &self.blocked)
            .field("identities", &self.identities)
            .field("user_metadata_keys", &self.user_metadata.len())
            .field("app_metadata_keys", &self.app_metadata.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Identity")
            .field("connection", &self.connection)
            .field("id", &format_args!("{}|{}", self.provider, self.user_id))
            .field("is_social", &self.is_social)
            .finish_non_exhaustive()
    }
}

/// The form in which e-mail addresses are compared: ASCII letters in lower case, nothing else changed.
///
/// Only ASCII, because that is all that mail systems agree on: folding `K` (U+212A, the Kelvin sign) to `k` would make
/// two people's addresses equal.
pub fn email_fold(email: &str) -> String {
    email.to_ascii_lowercase()
}
