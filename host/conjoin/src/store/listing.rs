//! What lists of links need beside the records.

use conjoin_linking::record::{LinkId, Record};
use conjoin_linking::tenant::TenantName;
use sqlx::Row;

use super::clock::whole_seconds_of;
use super::error::Attempt;
use super::{Store, StoreError};

impl Store {
    /// The tenant's links and unlinks that somebody confirmed, whatever became of them, at most `count`, the newest first. One that cannot be opened is reported in the log
    /// and left out.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn recent_links(&self, tenant: &TenantName, count: u32) -> Result<Vec<Record>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, sealed FROM links WHERE tenant = $1 AND phase <> 'waiting' AND stage NOT IN ('refused', 'expired')
             ORDER BY created_at DESC, changed_at DESC, id LIMIT $2",
        )
        .bind(tenant.0.as_str())
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to("list links")?;
        Ok(rows.iter().filter_map(|row| self.readable_link(tenant, row)).collect())
    }

    /// When a link or unlink reached its present stage, or was last tried, in Unix seconds.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn link_changed_at(&self, tenant: &TenantName, id: &LinkId) -> Result<Option<i64>, StoreError> {
        const DOING: &str = "read when a link changed";
        let row = sqlx::query("SELECT changed_at FROM links WHERE tenant = $1 AND id = $2")
            .bind(tenant.0.as_str())
            .bind(id.0.as_str())
            .fetch_optional(&self.pool)
            .await
            .to(DOING)?;
        let at = row
            .map(|row| row.try_get::<i64, _>("changed_at").to(DOING))
            .transpose()?;
        Ok(at.map(whole_seconds_of))
    }
}
