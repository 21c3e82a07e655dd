//! What policies decided, for the tenant's team.

use conjoin_linking::journal::DecisionRecord;
use conjoin_linking::record::LinkId;
use conjoin_linking::tenant::TenantName;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::error::Attempt;
use super::seal::Place;
use super::{Store, StoreError};

pub(super) const TABLE: &str = "decisions";

/// A decision as it was written down.
#[derive(Clone, Debug)]
pub struct NotedDecision {
    /// Names it.
    pub id: String,
    /// Unix microseconds.
    pub noted_at: i64,
    /// The decision.
    pub record: DecisionRecord,
}

impl Store {
    /// The newest `count` decisions of a tenant's policies, newest first. Some 10,000 of a tenant are kept: see `noting`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or one of them cannot be opened.
    pub async fn decisions(&self, tenant: &TenantName, count: u32) -> Result<Vec<NotedDecision>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, noted_at, sealed FROM decisions WHERE tenant = $1 ORDER BY noted_at DESC, id DESC LIMIT $2",
        )
        .bind(tenant.0.as_str())
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to("list policies' decisions")?;
        rows.iter().map(|row| self.open_decision(tenant, row)).collect()
    }

    /// The oldest `count` decisions after the one that was noted at `since` (microseconds and id), oldest first: what somebody who watches has not seen yet.
    ///
    /// # Errors
    /// As [`Store::decisions`].
    pub async fn decisions_since(
        &self,
        tenant: &TenantName,
        since: (i64, &str),
        count: u32,
    ) -> Result<Vec<NotedDecision>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, noted_at, sealed FROM decisions WHERE tenant = $1 AND (noted_at > $2 OR (noted_at = $2 AND id > $3))
             ORDER BY noted_at, id LIMIT $4",
        )
        .bind(tenant.0.as_str())
        .bind(since.0)
        .bind(since.1)
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to("list policies' new decisions")?;
        rows.iter().map(|row| self.open_decision(tenant, row)).collect()
    }

    fn open_decision(&self, tenant: &TenantName, row: &AnyRow) -> Result<NotedDecision, StoreError> {
        const DOING: &str = "read a decision";
        let id: String = row.try_get("id").to(DOING)?;
        let sealed: String = row.try_get("sealed").to(DOING)?;
        Ok(NotedDecision {
            record: self.sealer.open(Place::of(TABLE, tenant, &id), &sealed)?,
            noted_at: row.try_get("noted_at").to(DOING)?,
            id,
        })
    }
}

impl Store {
    /// Removes what policies said in one link; gives how many decisions.
    pub(super) async fn delete_decisions(&self, tenant: &TenantName, link: &LinkId) -> Result<u64, StoreError> {
        let statement = sqlx::query("DELETE FROM decisions WHERE tenant = $1 AND link = $2")
            .bind(tenant.0.as_str())
            .bind(link.0.as_str());
        self.write("remove policies' decisions", statement).await
    }
}
