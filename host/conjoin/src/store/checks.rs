//! Versions that wait to be checked: whose turn it is, which host has one, and how it did.

use conjoin_linking::audit::AuditEntry;
use conjoin_linking::tenant::TenantName;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::clock::now;
use super::error::Attempt;
use super::policy_versions::{PolicyVersion, SELECT, TABLE, VersionState};
use super::seal::{Place, new_id};
use super::{Store, StoreError};

/// A version that is this host's to check, for a time.
#[derive(Debug)]
pub struct CheckClaim {
    /// Whose version.
    pub tenant: TenantName,
    /// The version.
    pub digest: String,
    /// Tells it from every other claim of the version.
    mark: String,
}

impl Store {
    /// Of each tenant, the version that is to be checked next and is nobody's to check now: one that no host has tried before one that a host did not come to an end
    /// with, and of either the one that waits longest. Tenants whose version was uploaded first come first; at most 1,000.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn waiting_checks(&self) -> Result<Vec<(TenantName, String)>, StoreError> {
        const DOING: &str = "look for a policy to check";
        let rows = sqlx::query(
            "SELECT tenant, digest FROM (
                 SELECT tenant, digest, uploaded_at, ROW_NUMBER() OVER (PARTITION BY tenant ORDER BY claimed_until, uploaded_at, digest) AS place
                 FROM policy_versions WHERE state = 'uploaded' AND claimed_until <= $1
             ) AS waiting WHERE place = 1 ORDER BY uploaded_at, tenant LIMIT 1000",
        )
        .bind(now())
        .fetch_all(&self.pool)
        .await
        .to(DOING)?;
        let waiting = |row: &AnyRow| {
            Ok((
                TenantName(row.try_get("tenant").to(DOING)?),
                row.try_get("digest").to(DOING)?,
            ))
        };
        rows.iter().map(waiting).collect()
    }

    /// Takes a version that waits to be checked for `seconds`: no other host takes it until then. None when it waits no longer, or is another host's.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn claim_check(
        &self,
        tenant: &TenantName,
        digest: &str,
        seconds: i64,
    ) -> Result<Option<CheckClaim>, StoreError> {
        let mark = new_id();
        let mut writing = self.begin().await?;
        let claimed = sqlx::query(
            "UPDATE policy_versions SET claimed_until = $3, claim = $5
             WHERE tenant = $1 AND digest = $2 AND state = 'uploaded' AND claimed_until <= $4",
        )
        .bind(tenant.0.as_str())
        .bind(digest)
        .bind(now().saturating_add(seconds))
        .bind(now())
        .bind(mark.as_str())
        .execute(&mut *writing.transaction)
        .await
        .to("claim a policy to check")?;
        writing.commit("claim a policy to check").await?;
        Ok((claimed.rows_affected() > 0).then(|| CheckClaim {
            tenant: tenant.clone(),
            digest: digest.to_owned(),
            mark,
        }))
    }

    /// Gives back what was claimed and not checked: after `rest` seconds whoever looks next may take it. What is another host's by now stays so.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn give_back_check(&self, claim: &CheckClaim, rest: i64) -> Result<(), StoreError> {
        const DOING: &str = "give back a policy to check";
        let mut writing = self.begin().await?;
        sqlx::query(
            "UPDATE policy_versions SET claimed_until = $4, claim = ''
             WHERE tenant = $1 AND digest = $2 AND state = 'uploaded' AND claim = $3",
        )
        .bind(claim.tenant.0.as_str())
        .bind(claim.digest.as_str())
        .bind(claim.mark.as_str())
        .bind(now().saturating_add(rest))
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        writing.commit(DOING).await
    }

    /// Ends the wait of a version whose row cannot be read; says whether it waited. What is sealed of it stays as it is, so it has no report.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn fail_unreadable(
        &self,
        tenant: &TenantName,
        digest: &str,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "give up a policy to check";
        let mut writing = self.begin().await?;
        // First: nobody uploads it anew until the end.
        self.append(&mut writing, tenant, entry).await?;
        let failed = sqlx::query(
            "UPDATE policy_versions SET state = 'failed' WHERE tenant = $1 AND digest = $2 AND state = 'uploaded'",
        )
        .bind(tenant.0.as_str())
        .bind(digest)
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        if failed.rows_affected() == 0 {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        writing.commit(DOING).await?;
        Ok(true)
    }

    /// Writes down how a version did, unless it was revoked or uploaded with other cases meanwhile; says whether it was written.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn keep_report(
        &self,
        tenant: &TenantName,
        version: &PolicyVersion,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "keep how a policy did";
        let digest = version.digest.as_str();
        let mut writing = self.begin().await?;
        // First: nobody revokes it, or uploads it anew, until the end.
        self.append(&mut writing, tenant, entry).await?;
        let row = sqlx::query(AssertSqlSafe(format!(
            "{} WHERE version.tenant = $1 AND version.digest = $2",
            *SELECT
        )))
        .bind(tenant.0.as_str())
        .bind(digest)
        .fetch_optional(&mut *writing.transaction)
        .await
        .to(DOING)?;
        let now = row.map(|row| self.open_version(tenant, &row)).transpose()?;
        let same = now.is_some_and(|now| {
            now.state == VersionState::Uploaded
                && now.facts.cases == version.facts.cases
                && now.facts.settings == version.facts.settings
        });
        if !same {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        sqlx::query("UPDATE policy_versions SET state = $3, sealed = $4 WHERE tenant = $1 AND digest = $2")
            .bind(tenant.0.as_str())
            .bind(digest)
            .bind(version.state.name())
            .bind(self.sealer.seal(Place::of(TABLE, tenant, digest), &version.facts)?)
            .execute(&mut *writing.transaction)
            .await
            .to(DOING)?;
        writing.commit(DOING).await?;
        Ok(true)
    }
}
