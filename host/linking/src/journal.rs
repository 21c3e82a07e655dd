//! Where links are kept: the port between the domain and storage.
//!
//! It is a trait because it is a crate boundary: the domain can be read, and its rules tested, without a database. The one implementation lives in the
//! host, over SQL, with everything that holds metadata encrypted.

use std::time::Duration;

use async_trait::async_trait;
use conjoin_auth0::UserId;
use conjoin_engine::DecisionLog;
use serde::{Deserialize, Serialize};

use crate::plan::KnownIdentity;
use crate::record::{LinkId, Record};
use crate::tenant::TenantName;

/// Storage failed, or somebody else was first.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The stored record is not at the version that the new stage was made from.
    #[error("someone else moved this link on")]
    Conflict,
    /// The database could not be reached, or answered something unreadable.
    #[error("storage: {0}")]
    Storage(String),
}

/// A decision of a policy, for the tenant's team.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The transaction it belongs to.
    pub transaction: String,
    /// `select-candidates` or `merge`.
    pub hook: String,
    /// The component, as the SHA-256 of its bytes.
    pub policy: String,
    /// `answered`, or the ending's code.
    pub ending: String,
    /// What went wrong, for the team.
    pub detail: Option<String>,
    /// Fuel used, where it is known.
    pub fuel: Option<u64>,
    /// Wall time.
    pub micros: u64,
    /// What the policy said. It may quote metadata, so it is stored encrypted and never traced.
    pub log: DecisionLog,
}

/// Keeps records, locks and decisions. Every method names the tenant: nothing of one is reachable from another.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Keeps a new record.
    async fn create(&self, record: &Record) -> Result<(), JournalError>;

    /// The record as it is now.
    async fn load(&self, tenant: &TenantName, id: &LinkId) -> Result<Option<Record>, JournalError>;

    /// Stores `record` over the version before it.
    ///
    /// # Errors
    /// [`JournalError::Conflict`] when the stored version is another one: nothing is stored.
    async fn advance(&self, record: &Record) -> Result<(), JournalError>;

    /// Records that somebody confirmed and that have not ended.
    async fn under_way(&self, tenant: &TenantName) -> Result<Vec<Record>, JournalError>;

    /// The newest completed link through which this identity came to this account, unless it was unlinked since.
    async fn link_that_joined(
        &self,
        tenant: &TenantName,
        primary: &UserId,
        identity: &KnownIdentity,
    ) -> Result<Option<Record>, JournalError>;

    /// Takes the locks on all of `accounts`, or none. They end by themselves after `lease`. `holder` is a name of its own for every attempt: nobody,
    /// a second tab with the same link included, shares a lock.
    async fn lock(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, JournalError>;

    /// Lets the locks of `holder` end `lease` from now. False when it has none any longer.
    async fn renew(&self, tenant: &TenantName, holder: &str, lease: Duration) -> Result<bool, JournalError>;

    /// Gives back what `holder` has locked.
    async fn unlock(&self, tenant: &TenantName, holder: &str) -> Result<(), JournalError>;

    /// Keeps a policy's decision.
    async fn note(&self, tenant: &TenantName, decision: &DecisionRecord) -> Result<(), JournalError>;
}
