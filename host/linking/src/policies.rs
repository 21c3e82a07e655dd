//! Which policy decides: the port through which the domain asks for it.

use std::sync::Arc;

use async_trait::async_trait;
use conjoin_auth0::UserId;
use conjoin_engine::{Ending, Policy};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bag::digest;
use crate::journal::JournalError;
use crate::question::Hook;

/// A policy with the settings that it decides by. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Activated {
    /// The version.
    pub policy: Policy,
    /// The settings, valid under its schema.
    pub settings: Arc<Map<String, Value>>,
    /// Made once: it hashes the settings.
    reference: Arc<PolicyReference>,
}

/// Names an [`Activated`]: a link keeps it from its request to its preview, so that both are made by the same rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PolicyReference {
    /// The SHA-256 of the component, in hexadecimal.
    pub policy: String,
    /// The SHA-256 of the settings, whatever the order of their keys.
    pub settings: String,
}

/// A policy that a link began with cannot go on with it.
#[derive(Debug, thiserror::Error)]
pub enum PolicyUnavailable {
    /// It cannot be loaded any more.
    #[error("the policy that this link began with is gone")]
    Gone,
    /// The tenant's team took it back.
    #[error("the policy that this link began with was revoked")]
    Revoked,
    /// Nobody can tell.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// The policies of one tenant.
#[async_trait]
pub trait Policies: Send + Sync + 'static {
    /// What decides from now on; none while nothing may be offered.
    fn active(&self) -> Option<Activated>;

    /// What a link began with.
    async fn version(&self, reference: &PolicyReference) -> Result<Activated, PolicyUnavailable>;

    /// Whether a preview that it made may still be confirmed.
    async fn check(&self, reference: &PolicyReference) -> Result<(), PolicyUnavailable>;

    /// A version that is asked the same as the one that decides, and decides nothing.
    fn shadow(&self) -> Option<Activated>;

    /// Is told how a version in shadow did, and whether it differed from the one that decides: one that fails again and again is not asked any more.
    async fn shadow_heard(&self, heard: Heard<'_>, differs: bool);

    /// Is told how each decision ended, for whom: a policy that fails again and again is taken out. Nobody waits for that.
    fn heard(&self, heard: Heard<'_>);
}

/// How one decision ended.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// The version that was asked.
    pub policy: &'a PolicyReference,
    /// What it was asked.
    pub hook: Hook,
    /// For whom.
    pub subject: &'a UserId,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a decision ended, for judging the policy and not the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered, or said no for a reason of its own.
    Decided,
    /// It gave no answer, or one that no policy may give.
    Failed,
    /// This host failed: that says nothing of the policy.
    Unknown,
}

impl Activated {
    /// With settings that were checked against its schema.
    pub fn new(policy: Policy, settings: Map<String, Value>) -> Self {
        let reference = PolicyReference {
            policy: policy.digest().to_string(),
            settings: digest(Value::Object(settings.clone())),
        };
        Self {
            policy,
            settings: Arc::new(settings),
            reference: Arc::new(reference),
        }
    }

    /// Its name.
    pub fn reference(&self) -> &PolicyReference {
        &self.reference
    }
}

impl From<&Ending> for Outcome {
    fn from(ending: &Ending) -> Self {
        match ending {
            Ending::Refused(_) => Self::Decided,
            Ending::Internal(_) => Self::Unknown,
            _ => Self::Failed,
        }
    }
}
