//! The audit trail: for each tenant a chain of entries, each authenticated together with the one before it, and a head that says where the chain ends.
//!
//! Whoever can write to the database but has no key can alter, remove and reorder rows; [`Store::verify_audit`] then says where. What it cannot see by itself is
//! a database put back whole to an earlier state: for that, keep heads elsewhere ([`AuditHead`]) and give them to it.

mod check;
mod head;
mod read;
mod verify;

use conjoin_linking::audit::AuditEntry;
use conjoin_linking::record::Record;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::now;
use super::error::Attempt;
use super::write::Writing;
use super::{Store, StoreError};

pub use check::AuditBroken;
pub use head::AuditHead;

const TABLE: &str = "audit";
/// Before every digest of a metadata bag.
const DIGEST: &str = "hmac-sha256:";

/// One entry of a tenant's audit trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Counts the tenant's entries from 1, without gaps.
    pub seq: i64,
    /// Unix seconds.
    pub at: i64,
    /// What happened.
    pub entry: AuditEntry,
    /// HMAC-SHA256 over the entry, its place and the `mac` of the entry before.
    pub mac: String,
}

impl Store {
    /// Appends what a record's present stage says.
    pub(super) async fn append_stage(&self, writing: &mut Writing, record: &Record) -> Result<i64, StoreError> {
        let digest = |bag: &Value| format!("{DIGEST}{}", self.keys.bag.of(&[canonical(bag.clone()).as_bytes()]));
        let entry = AuditEntry::of(record, &digest);
        self.append(writing, &record.tenant, &entry).await
    }

    /// Appends an entry and says which one of the tenant's it is. Until the transaction ends nobody else appends to this tenant's trail.
    pub(super) async fn append(
        &self,
        writing: &mut Writing,
        tenant: &TenantName,
        entry: &AuditEntry,
    ) -> Result<i64, StoreError> {
        let entry = serde_json::to_value(entry).map_err(|_| StoreError::Unsealable { table: TABLE })?;
        let (entry, at) = (canonical(entry), now());
        let previous = self.take_head(writing, tenant).await?;
        let seq = previous.seq + 1;
        let mac = self.keys.entry_mac(tenant, &previous.last_mac, seq, at, &entry);
        sqlx::query("INSERT INTO audit (tenant, seq, noted_at, entry, mac) VALUES ($1, $2, $3, $4, $5)")
            .bind(tenant.0.as_str())
            .bind(seq)
            .bind(at)
            .bind(entry)
            .bind(mac.as_str())
            .execute(&mut *writing.transaction)
            .await
            .to("append to the audit trail")?;
        self.move_head(writing, tenant, seq, at, &mac).await?;
        Ok(seq)
    }

    /// Writes down something that changed nothing that is kept here.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn note_event(&self, tenant: &TenantName, entry: &AuditEntry) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        self.append(&mut writing, tenant, entry).await?;
        writing.commit("append to the audit trail").await
    }
}

/// The text of a value that does not depend on the order of its keys, and that parsing and writing again gives back.
fn canonical(mut value: Value) -> String {
    value.sort_all_objects();
    value.to_string()
}
