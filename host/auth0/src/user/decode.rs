//! The shapes a tenant's user may come in.
//!
//! Auth0's description allows more than its examples show: numeric identity ids, `"true"` for `email_verified`,
//! objects for dates, metadata keys that are absent until first set. Each attribute is read to its safe meaning;
//! what has none is an error that names the attribute and never repeats a value.

use serde_json::{Map, Value};

use crate::user::{Identity, User};
use crate::user_id::{InvalidUserId, UserId};

/// A user or identity whose meaning is unclear. Names attributes only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserDecodeError {
    /// The attribute must be an object: metadata that is a list or text cannot be merged.
    #[error("`{0}` is not an object")]
    NotAnObject(&'static str),
    /// The attribute must be a list.
    #[error("`{0}` is not a list")]
    NotAList(&'static str),
    /// The attribute must be there, as text.
    #[error("`{0}` is missing or not text")]
    NotText(&'static str),
    /// The identity's id is neither text nor a whole number that JSON carries exactly.
    #[error("an identity's `user_id` is neither text nor a whole number below 2^64")]
    IdentityId,
    /// `user_id` is not of the form [`UserId`] requires.
    #[error("`user_id`: {0}")]
    UserId(#[from] InvalidUserId),
}

pub(super) fn user(mut attributes: Map<String, Value>) -> Result<User, UserDecodeError> {
    let user_id = required_text(&mut attributes, "user_id")?;
    Ok(User {
        user_id: UserId::try_from(user_id)?,
        email: text(attributes.remove("email")).filter(|email| !email.is_empty()),
        email_verified: says_true(attributes.remove("email_verified").as_ref()),
        blocked: !says_false_or_nothing(attributes.remove("blocked").as_ref()),
        // Auth0 allows an object here and describes none; an unknown date is safer than a guessed one.
        created_at: text(attributes.remove("created_at")),
        last_login: text(attributes.remove("last_login")),
        logins_count: count(attributes.remove("logins_count").as_ref()),
        identities: identities(attributes.remove("identities"))?,
        user_metadata: bag(&mut attributes, "user_metadata")?,
        app_metadata: bag(&mut attributes, "app_metadata")?,
        profile: attributes,
    })
}

pub(super) fn identity(json: Value) -> Result<Identity, UserDecodeError> {
    let Value::Object(mut attributes) = json else {
        return Err(UserDecodeError::NotAnObject("identity"));
    };
    Ok(Identity {
        connection: text(attributes.remove("connection")).unwrap_or_default(),
        provider: required_text(&mut attributes, "provider")?,
        user_id: identity_user_id(attributes.remove("user_id"))?,
        is_social: says_true(attributes.remove("isSocial").as_ref()),
        profile_data: bag(&mut attributes, "profileData")?,
    })
}

fn identities(json: Option<Value>) -> Result<Vec<Identity>, UserDecodeError> {
    match json {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items.into_iter().map(identity).collect(),
        Some(_) => Err(UserDecodeError::NotAList("identities")),
    }
}

/// A number beyond 64 bits arrives rounded, and a rounded id is another person's: only exact numbers are ids.
fn identity_user_id(json: Option<Value>) -> Result<String, UserDecodeError> {
    match json {
        Some(Value::String(id)) if !id.is_empty() => Ok(id),
        Some(Value::Number(id)) if id.is_u64() => Ok(id.to_string()),
        _ => Err(UserDecodeError::IdentityId),
    }
}

fn required_text(attributes: &mut Map<String, Value>, name: &'static str) -> Result<String, UserDecodeError> {
    text(attributes.remove(name))
        .filter(|text| !text.is_empty())
        .ok_or(UserDecodeError::NotText(name))
}

fn bag(attributes: &mut Map<String, Value>, name: &'static str) -> Result<Map<String, Value>, UserDecodeError> {
    match attributes.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(bag)) => Ok(bag),
        Some(_) => Err(UserDecodeError::NotAnObject(name)),
    }
}

fn text(json: Option<Value>) -> Option<String> {
    match json {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn says_true(json: Option<&Value>) -> bool {
    match json {
        Some(Value::Bool(value)) => *value,
        Some(Value::String(value)) => value == "true",
        _ => false,
    }
}

fn says_false_or_nothing(json: Option<&Value>) -> bool {
    match json {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(value)) => value == "false",
        Some(_) => false,
    }
}

fn count(json: Option<&Value>) -> u32 {
    let number = match json {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(digits)) => digits.parse().ok(),
        _ => None,
    };
    number.map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX))
}
