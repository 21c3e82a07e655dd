//! How accounts and identities are named.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most characters a user id may have.
const MAX_CHARACTERS: usize = 255;

/// The id of a tenant's user, and the `sub` of the tokens issued for it: `auth0|5f7c8ec7c33c6c004bbafe82`.
///
/// It reads `provider|local`, split at the first bar; the local part may hold bars of its own (`samlp|acme|hopper`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// An identity as link and unlink requests name it: [`UserId`] in its two parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdentityId {
    /// `google-oauth2` of `google-oauth2|1001`.
    pub provider: String,
    /// `1001` of `google-oauth2|1001`.
    pub user_id: String,
}

/// The text is not a user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUserId {
    /// Longer than 255 characters.
    #[error("a user id has at most {MAX_CHARACTERS} characters")]
    TooLong,
    /// No bar, or nothing before or after the first one.
    #[error("a user id reads `provider|id`")]
    NotTwoParts,
    /// Contains a control character.
    #[error("a user id has no control characters")]
    ControlCharacter,
}

impl UserId {
    /// The whole id, as the tenant writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What precedes the first bar: `samlp` of `samlp|acme|hopper`.
    pub fn provider(&self) -> &str {
        self.parts().0
    }

    /// What follows the first bar: `acme|hopper` of `samlp|acme|hopper`.
    pub fn local_id(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('|').unwrap_or((&self.0, ""))
    }
}

impl FromStr for UserId {
    type Err = InvalidUserId;

    fn from_str(text: &str) -> Result<Self, InvalidUserId> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidUserId;

    fn try_from(text: String) -> Result<Self, InvalidUserId> {
        if text.chars().count() > MAX_CHARACTERS {
            return Err(InvalidUserId::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(InvalidUserId::ControlCharacter);
        }
        match text.split_once('|') {
            Some((provider, local)) if !provider.is_empty() && !local.is_empty() => Ok(Self(text)),
            _ => Err(InvalidUserId::NotTwoParts),
        }
    }
}

impl TryFrom<IdentityId> for UserId {
    type Error = InvalidUserId;

    /// The id the identity has, or had, as an account of its own.
    fn try_from(identity: IdentityId) -> Result<Self, InvalidUserId> {
        Self::try_from(identity.to_string())
    }
}

impl From<&UserId> for IdentityId {
    fn from(id: &UserId) -> Self {
        Self {
            provider: id.provider().to_owned(),
            user_id: id.local_id().to_owned(),
        }
    }
}

impl From<UserId> for IdentityId {
    fn from(id: UserId) -> Self {
        Self::from(&id)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.0
    }
}

impl AsRef<str> for UserId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for IdentityId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}|{}", self.provider, self.user_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_three_part_id_splits_at_the_first_bar() {
        let id: UserId = "samlp|acme|hopper".parse().unwrap();
        assert_eq!((id.provider(), id.local_id()), ("samlp", "acme|hopper"));
        assert_eq!(UserId::try_from(IdentityId::from(&id)).unwrap(), id);
    }

    #[test]
    fn what_is_no_user_id_is_refused() {
        for text in ["", "auth0", "|ada", "auth0|"] {
            assert_eq!(text.parse::<UserId>(), Err(InvalidUserId::NotTwoParts), "{text:?}");
        }
        assert_eq!("auth0|a\nb".parse::<UserId>(), Err(InvalidUserId::ControlCharacter));
        let longest = format!("auth0|{}", "é".repeat(249));
        assert!(longest.parse::<UserId>().is_ok());
        assert_eq!(format!("{longest}x").parse::<UserId>(), Err(InvalidUserId::TooLong));
    }

    #[test]
    fn it_is_text_in_json_and_checked_on_the_way_in() {
        let id: UserId = serde_json::from_str("\"auth0|ada\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"auth0|ada\"");
        assert!(serde_json::from_str::<UserId>("\"ada\"").is_err());
    }
}
