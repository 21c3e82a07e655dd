//! Every way in which a link or unlink does not happen. One place turns them into pages.

use conjoin_auth0::ManagementError;
use conjoin_engine::{Ending, Refusal};
use serde::{Deserialize, Serialize};

use crate::journal::JournalError;
use crate::plan::Violation;
use crate::policies::PolicyUnavailable;
use crate::proof::ProofError;

/// Why something did not happen. Unless said otherwise, nothing was written to the tenant.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The chosen account is not, or no longer, among those that may be offered to this session.
    #[error("the chosen account is not among those offered")]
    NotOffered,
    /// The sign-in does not prove the account.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The chosen account already is an identity of this one.
    #[error("the accounts are already linked")]
    AlreadyLinked,
    /// The chosen account became an identity of a third one meanwhile.
    #[error("the chosen account belongs to another account now")]
    BelongsToAnother,
    /// One of the accounts is blocked.
    #[error("one of the accounts is blocked")]
    Blocked,
    /// Both accounts are of connections that must be primary.
    #[error("both accounts must stay primary, so neither can become part of the other")]
    BothMustBePrimary,
    /// The account that would become secondary holds linked identities of its own. Whether Auth0 carries them over is UNCONFIRMED.
    #[error("the account that would be joined into the other holds linked identities of its own")]
    SecondaryHasIdentities,
    /// Metadata nested deeper than policies are given.
    #[error("an account's metadata is nested deeper than 100 levels")]
    TooDeep,
    /// The policy's own no.
    #[error("the policy refused: {}", .0.code)]
    RefusedByPolicy(Refusal),
    /// The policy trapped, ran out, or answered what the contract cannot carry.
    #[error("the policy gave no answer: {}", .0.code())]
    PolicyEnded(Ending),
    /// The policy answered what no policy may do. What exactly stands in the decision's record, sealed: it can quote the policy, and so an account.
    #[error("the policy's answer is not allowed: {}", .0.code())]
    NotAllowed(#[from] Violation),
    /// The version of the policy that this link began with cannot be loaded any more.
    #[error("the policy that this link began with is gone")]
    PolicyGone,
    /// The tenant's team revoked the version of the policy that this link began with.
    #[error("the policy that this link began with was revoked")]
    PolicyRevoked,
    /// The tenant's team has paused linking, or only observes.
    #[error("linking is paused for this tenant")]
    Paused,
    /// An account, the policy's answer or the rules changed after the preview: there is a new one to look at.
    #[error("something changed since the preview")]
    Changed,
    /// No such link, or not this session's, or in a state in which this cannot be done.
    #[error("there is no such link in progress")]
    NoSuchLink,
    /// It took too long.
    #[error("the link expired")]
    Expired,
    /// Another link holds one of the accounts.
    #[error("another link or unlink of one of these accounts is under way")]
    Busy,
    /// The identity to unlink is the account's own.
    #[error("the account's own identity cannot be unlinked")]
    PrimaryIdentity,
    /// The identity to unlink is not part of the account.
    #[error("the account has no such linked identity")]
    NotLinked,
    /// An earlier link or unlink of one of the accounts is not settled: until it is, what it merged could be merged twice.
    #[error("an earlier link or unlink of one of these accounts is not settled")]
    Unsettled,
    /// The tenant could not be asked, or said no.
    #[error("the tenant: {0}")]
    Tenant(#[from] ManagementError),
    /// The journal could not be read or written.
    #[error("the journal: {0}")]
    Journal(#[from] JournalError),
}

/// Who or what ended a link before anything was written; kept with the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedBy {
    /// The person cancelled at the tenant.
    Person,
    /// The tenant refused the sign-in; its `error` code.
    Tenant(String),
    /// The sign-in proved nothing, or another account.
    Proof(String),
    /// The policy, with its own code and words for the person.
    Policy {
        /// The policy's code.
        code: String,
        /// For the person.
        message: String,
    },
    /// The host: a guard, a limit, a rule; a code.
    Host(String),
}

impl RefusedBy {
    /// Who or what it was, in a word for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Tenant(_) => "tenant",
            Self::Proof(_) => "proof",
            Self::Policy { .. } => "policy",
            Self::Host(_) => "host",
        }
    }
}

impl From<PolicyUnavailable> for LinkError {
    fn from(unavailable: PolicyUnavailable) -> Self {
        match unavailable {
            PolicyUnavailable::Gone => Self::PolicyGone,
            PolicyUnavailable::Revoked => Self::PolicyRevoked,
            PolicyUnavailable::Journal(error) => Self::Journal(error),
        }
    }
}

impl From<&LinkError> for RefusedBy {
    fn from(error: &LinkError) -> Self {
        match error {
            LinkError::Proof(proof) => Self::Proof(proof.to_string()),
            LinkError::RefusedByPolicy(refusal) => {
                let message = refusal.message.chars().take(300).collect();
                Self::Policy {
                    code: refusal.code.chars().take(64).collect(),
                    message,
                }
            }
            LinkError::NotAllowed(violation) => Self::Host(format!("not-allowed-{}", violation.code())),
            LinkError::PolicyEnded(ending) => Self::Host(format!("policy-{}", ending.code())),
            other => Self::Host(other.to_string()),
        }
    }
}
