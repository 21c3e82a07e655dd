//! The version of each tenant that is asked the same as the one that decides, and decides nothing.

use std::collections::BTreeMap;

use conjoin_linking::audit::AuditEntry;
use conjoin_linking::policies::PolicyReference;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::clock::now;
use super::error::Attempt;
use super::policy_versions::is_checked;
use super::seal::{Place, new_id};
use super::write::{Synced, Writing};
use super::{Store, StoreError};

const TABLE: &str = "policy_shadows";

/// A version in shadow, and how it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Shadow {
    /// Names this trial of it.
    pub id: String,
    /// Unix seconds.
    pub since: i64,
    /// Unix seconds; none while it is asked.
    pub stopped_at: Option<i64>,
    /// How often it was asked.
    pub asked: i64,
    /// How often it answered something else than the version that decided.
    pub differed: i64,
    /// How often it gave no answer.
    pub failed: i64,
    /// The rest.
    pub facts: ShadowFacts,
}

/// What is sealed of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowFacts {
    /// The version with a digest of its settings.
    pub policy: PolicyReference,
    /// What it is set to.
    pub settings: Map<String, Value>,
    /// Who wanted it tried.
    pub by: String,
}

impl Store {
    /// Begins a trial, in the place of the one before; none where the version is not one that was checked.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn begin_shadow(
        &self,
        tenant: &TenantName,
        facts: &ShadowFacts,
        entry: &AuditEntry,
    ) -> Result<Option<Shadow>, StoreError> {
        const DOING: &str = "begin to try a policy";
        let id = new_id();
        let since = now();
        let mut writing = self.begin().await?;
        // First: nobody revokes it until the end.
        self.append(&mut writing, tenant, entry).await?;
        if !is_checked(&mut writing, tenant, &facts.policy.policy).await? {
            writing.roll_back(DOING).await?;
            return Ok(None);
        }
        sqlx::query(
            "INSERT INTO policy_shadows (tenant, id, digest, since, stopped_at, asked, differed, failed, sealed)
             VALUES ($1, $2, $5, $3, NULL, 0, 0, 0, $4)
             ON CONFLICT (tenant) DO UPDATE SET id = $2, digest = $5, since = $3, stopped_at = NULL, asked = 0, differed = 0, failed = 0, sealed = $4",
        )
        .bind(tenant.0.as_str())
        .bind(id.as_str())
        .bind(since)
        .bind(self.sealer.seal(place(tenant), facts)?)
        .bind(facts.policy.policy.as_str())
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        writing.commit(DOING).await?;
        Ok(Some(Shadow {
            id,
            since,
            stopped_at: None,
            asked: 0,
            differed: 0,
            failed: 0,
            facts: facts.clone(),
        }))
    }

    /// Ends a trial; false where it was not under way.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn end_shadow(&self, tenant: &TenantName, id: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        const DOING: &str = "stop trying a policy";
        let mut writing = self.begin().await?;
        let done = sqlx::query(
            "UPDATE policy_shadows SET stopped_at = $3 WHERE tenant = $1 AND id = $2 AND stopped_at IS NULL",
        )
        .bind(tenant.0.as_str())
        .bind(id)
        .bind(now())
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        if done.rows_affected() == 0 {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        self.append(&mut writing, tenant, entry).await?;
        writing.commit(DOING).await?;
        Ok(true)
    }

    /// Counts one answer of a trial.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn count_shadow(
        &self,
        tenant: &TenantName,
        id: &str,
        differs: bool,
        failed: bool,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "UPDATE policy_shadows SET asked = asked + 1, differed = differed + $3, failed = failed + $4 WHERE tenant = $1 AND id = $2",
        )
        .bind(tenant.0.as_str())
        .bind(id)
        .bind(i64::from(differs))
        .bind(i64::from(failed));
        self.write_synced(Synced::Later, "count what a policy in shadow answered", statement)
            .await?;
        Ok(())
    }

    /// The latest trial of a tenant's, whether or not it is under way.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or it cannot be opened.
    pub async fn shadow(&self, tenant: &TenantName) -> Result<Option<Shadow>, StoreError> {
        let row = sqlx::query(
            "SELECT id, since, stopped_at, asked, differed, failed, sealed FROM policy_shadows WHERE tenant = $1",
        )
        .bind(tenant.0.as_str())
        .fetch_optional(&self.pool)
        .await
        .to("read which policy is tried")?;
        row.map(|row| self.open_shadow(tenant, &row)).transpose()
    }

    /// The trials that are under way, by tenant: what a host looks at to notice those that others began and ended.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn shadows(&self) -> Result<BTreeMap<String, String>, StoreError> {
        const DOING: &str = "look for policies that are tried";
        let rows = sqlx::query("SELECT tenant, id FROM policy_shadows WHERE stopped_at IS NULL")
            .fetch_all(&self.pool)
            .await
            .to(DOING)?;
        let pair = |row: &AnyRow| Ok((row.try_get("tenant").to(DOING)?, row.try_get("id").to(DOING)?));
        rows.iter().map(pair).collect()
    }

    fn open_shadow(&self, tenant: &TenantName, row: &AnyRow) -> Result<Shadow, StoreError> {
        const DOING: &str = "read which policy is tried";
        let sealed: String = row.try_get("sealed").to(DOING)?;
        Ok(Shadow {
            id: row.try_get("id").to(DOING)?,
            since: row.try_get("since").to(DOING)?,
            stopped_at: row.try_get("stopped_at").to(DOING)?,
            asked: row.try_get("asked").to(DOING)?,
            differed: row.try_get("differed").to(DOING)?,
            failed: row.try_get("failed").to(DOING)?,
            facts: self.sealer.open(place(tenant), &sealed)?,
        })
    }
}

/// Ends the trial of one version, for a transaction that revokes it.
pub(super) async fn end_shadow_of(writing: &mut Writing, tenant: &TenantName, digest: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE policy_shadows SET stopped_at = $3 WHERE tenant = $1 AND digest = $2 AND stopped_at IS NULL")
        .bind(tenant.0.as_str())
        .bind(digest)
        .bind(now())
        .execute(&mut *writing.transaction)
        .await
        .to("stop trying a revoked policy")?;
    Ok(())
}

fn place(tenant: &TenantName) -> Place<'_> {
    Place::of(TABLE, tenant, &tenant.0)
}
