//! What a hook is called with, complete. The names and meanings are the contract's (`wit/policy.wit`); JSON is parsed.

use serde_json::{Map, Value};

use crate::keyed::named;

/// A JSON object.
pub type Object = Map<String, Value>;

/// What a hook is called with.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one at a time is held")]
pub enum Input {
    /// Of `merge`.
    Merge {
        /// The context.
        event: Event,
        /// The account that survives.
        primary: Account,
        /// The account whose metadata Auth0 drops.
        secondary: Account,
    },
    /// Of `select-candidates`.
    SelectCandidates {
        /// The context.
        event: Event,
        /// The signed-in account.
        current: Account,
        /// What the host found.
        found: Vec<Candidate>,
    },
}

/// The contract's `event`.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "as in wit/policy.wit")]
pub struct Event {
    pub transaction_id: String,
    pub tenant: String,
    pub client_id: String,
    pub organization: Option<String>,
    pub now: String,
    pub seed: String,
    /// None where the case leaves them out: whoever runs it may have settings of their own.
    pub settings: Option<Object>,
    pub context: Object,
}

/// The contract's `account`.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "as in wit/policy.wit")]
pub struct Account {
    pub user_id: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub created_at: Option<String>,
    pub last_login: Option<String>,
    pub logins_count: u32,
    pub identities: Vec<Identity>,
    pub profile: Object,
    pub user_metadata: Object,
    pub app_metadata: Object,
}

/// The contract's `identity`.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "as in wit/policy.wit")]
pub struct Identity {
    pub connection: String,
    pub provider: String,
    pub user_id: String,
    pub is_social: bool,
    pub profile: Object,
}

/// The contract's `candidate`.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "as in wit/policy.wit")]
pub struct Candidate {
    pub user_id: String,
    pub connection: String,
    pub provider: String,
    pub is_social: bool,
    pub created_at: Option<String>,
    pub last_login: Option<String>,
    pub logins_count: u32,
}

/// The contract's `side`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The account signed in.
    #[default]
    Current,
    /// The account found.
    Found,
}

/// The contract's `suggestion`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Suggestion {
    /// Whom to offer.
    pub user_id: String,
    /// Which account survives; the current one where a case leaves it out.
    #[serde(default, deserialize_with = "named")]
    pub primary: Side,
    /// The code of a declared reason; empty where a case leaves it out.
    #[serde(default)]
    pub reason: String,
}
