//! Where links are kept: the port between the domain and storage.
//!
//! It is a trait because it is a crate boundary: the domain can be read, and its rules tested, without a database. The one implementation lives in the
//! host, over SQL, with everything that holds metadata encrypted.

use std::time::Duration;

use async_trait::async_trait;
use conjoin_auth0::UserId;
use conjoin_engine::DecisionLog;
use serde::{Deserialize, Serialize};

use crate::audit::AuditEntry;
use crate::plan::KnownIdentity;
use crate::question::Exchange;
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
    /// This host was held up for so long that another one may have taken the work over.
    #[error("the locks on the accounts have ended; whoever has them carries the work on")]
    LeaseLost,
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
    /// The most bytes that its memories held together; 0 where it did not come to run.
    #[serde(default)]
    pub memory_bytes: u64,
    /// What the policy said. It may quote metadata, so it is stored encrypted and never traced.
    pub log: DecisionLog,
    /// The ids of the accounts that it was shown, so that all of it goes when one of them is forgotten.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Of a version in shadow, which decides nothing: how its answer differs from that of the one that decided. None for the latter.
    #[serde(default)]
    pub shadow: Option<Vec<String>>,
}

/// Keeps records, locks and decisions. Every method names the tenant: nothing of one is reachable from another.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Keeps a new record, with its entry in the audit trail.
    async fn create(&self, record: &Record) -> Result<(), JournalError>;

    /// The record as it is now.
    async fn load(&self, tenant: &TenantName, id: &LinkId) -> Result<Option<Record>, JournalError>;

    /// Stores `record` over the version before it, with its entry in the audit trail ([`AuditEntry::of`]) and its notice ([`crate::notice::Notice::of`]), and ends
    /// sessions ([`crate::record::Stage::ends_sessions_of`]) but for the one that asked; or none of it.
    ///
    /// # Errors
    /// [`JournalError::Conflict`] when the stored version is another one: nothing is stored.
    async fn advance(&self, record: &Record) -> Result<(), JournalError>;

    /// Records that somebody confirmed, that have not ended, and that are due.
    async fn under_way(&self, tenant: &TenantName) -> Result<Vec<Record>, JournalError>;

    /// A record that is confirmed and not settled, needs a person included, and touches one of `accounts`: as the one that survives or as the one that is joined or
    /// separated.
    async fn unsettled(&self, tenant: &TenantName, accounts: &[&UserId]) -> Result<Option<LinkId>, JournalError>;

    /// Whether nobody waits for the link's `link.starting` any more: it was delivered, given up, or has no consumer.
    async fn announced(&self, tenant: &TenantName, link: &LinkId) -> Result<bool, JournalError>;

    /// Appends to the tenant's audit trail what no stage of a record says. Stages are audited by [`Journal::create`] and [`Journal::advance`], in the same transaction.
    async fn audit(&self, tenant: &TenantName, entry: &AuditEntry) -> Result<(), JournalError>;

    /// The newest link of this identity with this account that came to an end with its originals recorded, or had them once: done, rolled back or forgotten; none when it was
    /// unlinked since.
    async fn link_that_joined(
        &self,
        tenant: &TenantName,
        primary: &UserId,
        identity: &KnownIdentity,
    ) -> Result<Option<Record>, JournalError>;

    /// When an identity was last separated from this account, in Unix seconds by the clock of the host that stored its end.
    async fn unlinked_at(&self, tenant: &TenantName, primary: &UserId) -> Result<Option<i64>, JournalError>;

    /// Takes the locks on all of `accounts`, or none. They end by themselves after `lease`. `holder` is a name of its own for every attempt: nobody,
    /// a second tab with the same link included, shares a lock.
    async fn lock(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, JournalError>;

    /// Lets the locks of `holder` on all of `accounts` end `lease` from now. False when it has not all of them any longer.
    async fn renew(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, JournalError>;

    /// Gives back what `holder` has locked.
    async fn unlock(&self, tenant: &TenantName, holder: &str) -> Result<(), JournalError>;

    /// Keeps a policy's decision.
    async fn note(&self, tenant: &TenantName, decision: &DecisionRecord) -> Result<(), JournalError>;

    /// Keeps what a policy was asked and answered, for asking another version the same.
    async fn keep_exchange(&self, tenant: &TenantName, exchange: &Exchange) -> Result<(), JournalError>;
}
