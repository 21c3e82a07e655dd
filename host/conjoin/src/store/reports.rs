//! The last report of duplicate accounts of each tenant.

use conjoin_linking::audit::AuditEntry;
use conjoin_linking::duplicates::Duplicates;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::clock::now;
use super::error::Attempt;
use super::seal::{Place, new_id};
use super::{Store, StoreError};

const TABLE: &str = "duplicate_reports";

/// A report that is not finished after this long, in seconds, is not made any more: its host stopped.
const MADE_WITHIN: i64 = 60 * 60;

/// A report, made or being made.
#[derive(Clone, Debug, PartialEq)]
pub struct DuplicatesReport {
    /// Names it.
    pub id: String,
    /// Unix seconds.
    pub began_at: i64,
    /// Unix seconds; none while it is made.
    pub ended_at: Option<i64>,
    /// How it is with it.
    pub state: ReportState,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportState {
    /// Nothing yet.
    BeingMade,
    /// What it found.
    Made(Duplicates),
    /// Why there is none.
    Failed(String),
}

impl Store {
    /// Begins a report in the place of the one before; none while one is made. `entry` goes into the audit trail in the same transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn begin_duplicates(
        &self,
        tenant: &TenantName,
        entry: &AuditEntry,
    ) -> Result<Option<String>, StoreError> {
        const DOING: &str = "begin a report";
        let (id, now) = (new_id(), now());
        let mut writing = self.begin().await?;
        self.append(&mut writing, tenant, entry).await?;
        let begun = sqlx::query(
            "INSERT INTO duplicate_reports (tenant, id, began_at, ended_at, sealed) VALUES ($1, $2, $3, NULL, $4)
             ON CONFLICT (tenant) DO UPDATE SET id = $2, began_at = $3, ended_at = NULL, sealed = $4
             WHERE duplicate_reports.ended_at IS NOT NULL OR duplicate_reports.began_at <= $5",
        )
        .bind(tenant.0.as_str())
        .bind(id.as_str())
        .bind(now)
        .bind(self.sealer.seal(place(tenant), &ReportState::BeingMade)?)
        .bind(now - MADE_WITHIN)
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        if begun.rows_affected() == 0 {
            writing.roll_back(DOING).await?;
            return Ok(None);
        }
        writing.commit(DOING).await?;
        Ok(Some(id))
    }

    /// Writes down what came of a report, unless another one was begun meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn end_duplicates(&self, tenant: &TenantName, id: &str, state: &ReportState) -> Result<(), StoreError> {
        sqlx::query("UPDATE duplicate_reports SET ended_at = $3, sealed = $4 WHERE tenant = $1 AND id = $2")
            .bind(tenant.0.as_str())
            .bind(id)
            .bind(now())
            .bind(self.sealer.seal(place(tenant), state)?)
            .execute(&self.pool)
            .await
            .to("keep a report")?;
        Ok(())
    }

    /// A tenant's last report; none where there is none, or it is older than a week.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or it cannot be opened.
    pub async fn duplicates(&self, tenant: &TenantName) -> Result<Option<DuplicatesReport>, StoreError> {
        let row = sqlx::query("SELECT id, began_at, ended_at, sealed FROM duplicate_reports WHERE tenant = $1")
            .bind(tenant.0.as_str())
            .fetch_optional(&self.pool)
            .await
            .to("read a report")?;
        row.map(|row| self.open_duplicates(tenant, &row)).transpose()
    }

    /// Removes a tenant's report: it names people, and one of them is to be forgotten.
    pub(super) async fn delete_duplicates(&self, tenant: &TenantName) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM duplicate_reports WHERE tenant = $1")
            .bind(tenant.0.as_str())
            .execute(&self.pool)
            .await
            .to("remove a report")?;
        Ok(())
    }

    fn open_duplicates(&self, tenant: &TenantName, row: &AnyRow) -> Result<DuplicatesReport, StoreError> {
        const DOING: &str = "read a report";
        let sealed: String = row.try_get("sealed").to(DOING)?;
        let began_at: i64 = row.try_get("began_at").to(DOING)?;
        let state = match self.sealer.open(place(tenant), &sealed)? {
            ReportState::BeingMade if began_at <= now() - MADE_WITHIN => {
                ReportState::Failed("the host that made it stopped".to_owned())
            }
            state => state,
        };
        Ok(DuplicatesReport {
            id: row.try_get("id").to(DOING)?,
            began_at,
            ended_at: row.try_get("ended_at").to(DOING)?,
            state,
        })
    }
}

fn place(tenant: &TenantName) -> Place<'_> {
    Place::of(TABLE, tenant, &tenant.0)
}
