//! The domain's port to storage: each record a row, each stage stored only over the one it was made from, together with its entry in the audit trail and the
//! messages about it.

use std::time::Duration;

use async_trait::async_trait;
use conjoin_auth0::UserId;
use conjoin_linking::audit::AuditEntry;
use conjoin_linking::journal::{DecisionRecord, Journal, JournalError};
use conjoin_linking::plan::KnownIdentity;
use conjoin_linking::question::Exchange;
use conjoin_linking::record::{LinkId, Record};
use conjoin_linking::tenant::TenantName;

use super::Store;
use super::clock::now;
use super::error::Attempt;
use crate::telemetry;

/// Records carry both accounts' metadata, megabytes in the worst case: this many are taken up at a time.
const UNDER_WAY_AT_ONCE: i64 = 100;

#[async_trait]
impl Journal for Store {
    async fn create(&self, record: &Record) -> Result<(), JournalError> {
        if self.insert_link(record).await? {
            Ok(())
        } else {
            Err(JournalError::Conflict)
        }
    }

    async fn load(&self, tenant: &TenantName, id: &LinkId) -> Result<Option<Record>, JournalError> {
        Ok(self.find_link(tenant, id).await?)
    }

    async fn advance(&self, record: &Record) -> Result<(), JournalError> {
        if self.replace_link(record).await? {
            telemetry::link(record);
            Ok(())
        } else {
            Err(JournalError::Conflict)
        }
    }

    /// At most a hundred, in no order: were it oldest first, a hundred that cannot move would keep the others from ever being carried on. A record that
    /// cannot be opened is left out and reported: it must not keep the others from being carried on either.
    async fn under_way(&self, tenant: &TenantName) -> Result<Vec<Record>, JournalError> {
        let rows = sqlx::query(
            "SELECT id, sealed FROM links WHERE phase = 'under_way' AND tenant = $1 AND due_at <= $2 ORDER BY RANDOM() LIMIT $3",
        )
        .bind(tenant.0.as_str())
        .bind(now())
        .bind(UNDER_WAY_AT_ONCE)
        .fetch_all(&self.pool)
        .await
        .to("list the links under way")?;
        Ok(rows.iter().filter_map(|row| self.readable_link(tenant, row)).collect())
    }

    async fn unsettled(&self, tenant: &TenantName, accounts: &[&UserId]) -> Result<Option<LinkId>, JournalError> {
        for account in accounts {
            if let Some(link) = self.unsettled_of(tenant, account).await?.into_iter().next() {
                return Ok(Some(link));
            }
        }
        Ok(None)
    }

    async fn announced(&self, tenant: &TenantName, link: &LinkId) -> Result<bool, JournalError> {
        Ok(!self.awaits_announcement(tenant, link).await?)
    }

    async fn audit(&self, tenant: &TenantName, entry: &AuditEntry) -> Result<(), JournalError> {
        Ok(self.note_event(tenant, entry).await?)
    }

    async fn link_that_joined(
        &self,
        tenant: &TenantName,
        primary: &UserId,
        identity: &KnownIdentity,
    ) -> Result<Option<Record>, JournalError> {
        Ok(self.link_in_force(tenant, primary, identity).await?)
    }

    async fn unlinked_at(&self, tenant: &TenantName, primary: &UserId) -> Result<Option<i64>, JournalError> {
        Ok(self.last_unlink(tenant, primary).await?)
    }

    async fn lock(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, JournalError> {
        Ok(self.lock_accounts(tenant, accounts, holder, lease).await?)
    }

    async fn renew(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, JournalError> {
        Ok(self.renew_locks(tenant, accounts, holder, lease).await?)
    }

    async fn unlock(&self, tenant: &TenantName, holder: &str) -> Result<(), JournalError> {
        Ok(self.unlock_accounts(tenant, holder).await?)
    }

    async fn keep_exchange(&self, tenant: &TenantName, exchange: &Exchange) -> Result<(), JournalError> {
        Ok(self.write_exchange(tenant, exchange).await?)
    }

    async fn note(&self, tenant: &TenantName, decision: &DecisionRecord) -> Result<(), JournalError> {
        telemetry::decision(tenant, decision);
        Ok(self.keep_decision(tenant, decision).await?)
    }
}
