//! What policies were asked and answered.

use conjoin_linking::question::Exchange;
use conjoin_linking::record::LinkId;
use conjoin_linking::tenant::TenantName;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::clock::now_in_microseconds;
use super::error::Attempt;
use super::seal::{Place, new_id};
use super::write::Synced;
use super::{Store, StoreError};

pub(super) const TABLE: &str = "exchanges";

/// An exchange as it was kept.
#[derive(Clone, Debug)]
pub struct KeptExchange {
    /// Names it.
    pub id: String,
    /// Unix microseconds.
    pub noted_at: i64,
    /// What was asked and answered; none where it cannot be opened.
    pub exchange: Option<Exchange>,
}

impl Store {
    pub(super) async fn write_exchange(&self, tenant: &TenantName, exchange: &Exchange) -> Result<(), StoreError> {
        let id = new_id();
        let sealed = self.sealer.seal(Place::of(TABLE, tenant, &id), exchange)?;
        let statement =
            sqlx::query("INSERT INTO exchanges (tenant, id, noted_at, link, sealed) VALUES ($1, $2, $3, $4, $5)")
                .bind(tenant.0.as_str())
                .bind(id)
                .bind(now_in_microseconds())
                .bind(exchange.question.transaction())
                .bind(sealed);
        self.write_synced(Synced::Later, "keep what a policy was asked", statement)
            .await?;
        Ok(())
    }

    /// The oldest `count` exchanges of a tenant after the place `since` (microseconds and id), oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn exchanges(
        &self,
        tenant: &TenantName,
        since: (i64, &str),
        count: u32,
    ) -> Result<Vec<KeptExchange>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, noted_at, sealed FROM exchanges WHERE tenant = $1 AND (noted_at > $2 OR (noted_at = $2 AND id > $3))
             ORDER BY noted_at, id LIMIT $4",
        )
        .bind(tenant.0.as_str())
        .bind(since.0)
        .bind(since.1)
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to("list what policies were asked")?;
        let exchange = |row: &AnyRow| {
            const DOING: &str = "read what a policy was asked";
            let id: String = row.try_get("id").to(DOING)?;
            let sealed: String = row.try_get("sealed").to(DOING)?;
            let opened = self.sealer.open(Place::of(TABLE, tenant, &id), &sealed);
            Ok(KeptExchange {
                exchange: opened
                    .inspect_err(|error| tracing::error!(tenant = %tenant.0, id, %error, "what a policy was asked cannot be read"))
                    .ok(),
                noted_at: row.try_get("noted_at").to(DOING)?,
                id,
            })
        };
        rows.iter().map(exchange).collect()
    }

    /// Removes what a tenant's policies were asked before `cutoff` (Unix seconds).
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn forget_exchanges_before(&self, tenant: &TenantName, cutoff: i64) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM exchanges WHERE tenant = $1 AND noted_at < $2")
            .bind(tenant.0.as_str())
            .bind(cutoff.saturating_mul(1_000_000));
        self.write("remove what policies were asked", statement).await?;
        Ok(())
    }

    /// Removes what policies were asked in one link.
    pub(super) async fn delete_exchanges(&self, tenant: &TenantName, link: &LinkId) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM exchanges WHERE tenant = $1 AND link = $2")
            .bind(tenant.0.as_str())
            .bind(link.0.as_str());
        self.write("remove what policies were asked", statement).await?;
        Ok(())
    }
}
