//! What decides at a tenant: a list that only grows. The last entry decides; its number is what an activation is compared with.

use std::collections::{BTreeMap, BTreeSet};

use conjoin_linking::audit::AuditEntry;
use conjoin_linking::notice::Notice;
use conjoin_linking::policies::PolicyReference;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::clock::now;
use super::error::Attempt;
use super::seal::Place;
use super::write::Writing;
use super::{Store, StoreError};

const TABLE: &str = "policy_activations";

/// One change of what decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Counts the tenant's changes from 1.
    pub number: i64,
    /// Unix seconds.
    pub at: i64,
    /// The rest.
    pub facts: ActivationFacts,
}

/// What is known of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActivationFacts {
    /// The policy with a digest of its settings; none where nobody is offered anything. The columns of the same names are for finding it: they are not sealed.
    pub policy: Option<PolicyReference>,
    /// What the policy is set to.
    pub settings: Map<String, Value>,
    /// Who did it.
    pub by: String,
    /// Why there was a change.
    pub kind: ActivationKind,
}

/// Why there was a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActivationKind {
    /// Nothing was activated yet: what ships with the host decides.
    Default,
    /// Somebody wanted this version.
    Activate,
    /// Somebody wanted what was there before.
    Rollback,
    /// The version before it was revoked.
    Revoke,
    /// The version before it failed again and again.
    Breaker,
}

/// What an activation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swapped {
    /// It decides now, under this number.
    Now(i64),
    /// Somebody else changed it meanwhile: this is its number now.
    Meanwhile(i64),
    /// The version was revoked, or is not one that was checked.
    NotChecked,
}

impl Store {
    /// What decides at a tenant; none when nothing was ever activated.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or it cannot be opened.
    pub async fn activation(&self, tenant: &TenantName) -> Result<Option<Activation>, StoreError> {
        Ok(self.activations(tenant, i64::MAX, 1).await?.into_iter().next())
    }

    /// A tenant's changes before the one numbered `before`, the newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or one cannot be opened.
    pub async fn activations(
        &self,
        tenant: &TenantName,
        before: i64,
        count: u32,
    ) -> Result<Vec<Activation>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, at, sealed FROM policy_activations WHERE tenant = $1 AND seq < $2
             ORDER BY seq DESC LIMIT $3",
        )
        .bind(tenant.0.as_str())
        .bind(before)
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to("list activations")?;
        rows.iter().map(|row| self.open_activation(tenant, row)).collect()
    }

    /// What a policy was set to when it was active under this name.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or it cannot be opened.
    pub async fn activation_of(
        &self,
        tenant: &TenantName,
        reference: &PolicyReference,
    ) -> Result<Option<Activation>, StoreError> {
        let row = sqlx::query(
            "SELECT seq, at, sealed FROM policy_activations
             WHERE tenant = $1 AND digest = $2 AND settings = $3 ORDER BY seq DESC LIMIT 1",
        )
        .bind(tenant.0.as_str())
        .bind(reference.policy.as_str())
        .bind(reference.settings.as_str())
        .fetch_optional(&self.pool)
        .await
        .to("find an activation")?;
        row.map(|row| self.open_activation(tenant, &row)).transpose()
    }

    /// The versions that have ever decided at a tenant.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn activated_digests(&self, tenant: &TenantName) -> Result<BTreeSet<String>, StoreError> {
        const DOING: &str = "list what was ever activated";
        let rows =
            sqlx::query("SELECT DISTINCT digest FROM policy_activations WHERE tenant = $1 AND digest IS NOT NULL")
                .bind(tenant.0.as_str())
                .fetch_all(&self.pool)
                .await
                .to(DOING)?;
        rows.iter().map(|row| row.try_get("digest").to(DOING)).collect()
    }

    /// The number of the last change at every tenant that has one: what a host looks at to notice the changes of others.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn activation_numbers(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        const DOING: &str = "look for new activations";
        let rows = sqlx::query("SELECT tenant, MAX(seq) AS seq FROM policy_activations GROUP BY tenant")
            .fetch_all(&self.pool)
            .await
            .to(DOING)?;
        let number = |row: &AnyRow| Ok((row.try_get("tenant").to(DOING)?, row.try_get("seq").to(DOING)?));
        rows.iter().map(number).collect()
    }

    /// Changes what decides, if `expected` is still the number of the last change (0 where there is none). `entry` goes into the audit trail in the same transaction.
    /// A version that was uploaded must have been checked, and must not be revoked: `policy` may also be one that ships with the host.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn activate(
        &self,
        tenant: &TenantName,
        expected: i64,
        facts: &ActivationFacts,
        entry: &AuditEntry,
        notice: Option<&Notice>,
    ) -> Result<Swapped, StoreError> {
        const DOING: &str = "activate a policy";
        let mut writing = self.begin().await?;
        let swapped = self.swap(&mut writing, tenant, expected, facts).await?;
        if let Swapped::Now(_) = swapped {
            let seq = self.append(&mut writing, tenant, entry).await?;
            let told = match notice {
                Some(notice) => self.enqueue(&mut writing, tenant, notice, seq).await?,
                None => false,
            };
            writing.commit(DOING).await?;
            if told {
                self.outbox_added.notify_waiters();
            }
        } else {
            writing.roll_back(DOING).await?;
        }
        Ok(swapped)
    }

    /// Revokes a version for ever, and, if it decides, puts what `instead` says in its place, in one transaction; `instead` has the number of the last change too. None where
    /// there is no such version, or it was revoked before.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn revoke(
        &self,
        tenant: &TenantName,
        digest: &str,
        instead: Option<(i64, &ActivationFacts)>,
        entry: &AuditEntry,
    ) -> Result<Option<Swapped>, StoreError> {
        const DOING: &str = "revoke a policy";
        let mut writing = self.begin().await?;
        let revoked = sqlx::query(
            "UPDATE policy_versions SET state = 'revoked' WHERE tenant = $1 AND digest = $2 AND state <> 'revoked'",
        )
        .bind(tenant.0.as_str())
        .bind(digest)
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        if revoked.rows_affected() == 0 {
            writing.roll_back(DOING).await?;
            return Ok(None);
        }
        let swapped = match instead {
            Some((expected, facts)) => self.swap(&mut writing, tenant, expected, facts).await?,
            None => Swapped::Now(0),
        };
        if let Swapped::Now(_) = swapped {
            self.append(&mut writing, tenant, entry).await?;
            writing.commit(DOING).await?;
        } else {
            writing.roll_back(DOING).await?;
        }
        Ok(Some(swapped))
    }

    async fn swap(
        &self,
        writing: &mut Writing,
        tenant: &TenantName,
        expected: i64,
        facts: &ActivationFacts,
    ) -> Result<Swapped, StoreError> {
        const DOING: &str = "activate a policy";
        let policy = facts.policy.as_ref();
        let row = sqlx::query("SELECT MAX(seq) AS seq FROM policy_activations WHERE tenant = $1")
            .bind(tenant.0.as_str())
            .fetch_one(&mut *writing.transaction)
            .await
            .to(DOING)?;
        let last: Option<i64> = row.try_get("seq").to(DOING)?;
        let last = last.unwrap_or(0);
        if last != expected {
            return Ok(Swapped::Meanwhile(last));
        }
        if let Some(reference) = policy {
            let known = sqlx::query("SELECT state FROM policy_versions WHERE tenant = $1 AND digest = $2")
                .bind(tenant.0.as_str())
                .bind(reference.policy.as_str())
                .fetch_optional(&mut *writing.transaction)
                .await
                .to(DOING)?;
            let state = known
                .map(|row| row.try_get::<String, _>("state"))
                .transpose()
                .to(DOING)?;
            if state.is_some_and(|state| state != "checked") {
                return Ok(Swapped::NotChecked);
            }
        }
        let number = last + 1;
        let sealed = self.sealer.seal(place(tenant, &number.to_string()), facts)?;
        // Of two that read the same number, one is told here that it was taken.
        let inserted = sqlx::query(
            "INSERT INTO policy_activations (tenant, seq, digest, settings, at, sealed) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (tenant, seq) DO NOTHING",
        )
        .bind(tenant.0.as_str())
        .bind(number)
        .bind(policy.map(|reference| reference.policy.clone()))
        .bind(policy.map_or("", |reference| reference.settings.as_str()))
        .bind(now())
        .bind(sealed)
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        Ok(if inserted.rows_affected() == 1 {
            Swapped::Now(number)
        } else {
            Swapped::Meanwhile(number)
        })
    }

    fn open_activation(&self, tenant: &TenantName, row: &AnyRow) -> Result<Activation, StoreError> {
        const DOING: &str = "read an activation";
        let number: i64 = row.try_get("seq").to(DOING)?;
        let sealed: String = row.try_get("sealed").to(DOING)?;
        Ok(Activation {
            number,
            at: row.try_get("at").to(DOING)?,
            facts: self.sealer.open(place(tenant, &number.to_string()), &sealed)?,
        })
    }
}

fn place<'a>(tenant: &'a TenantName, number: &'a str) -> Place<'a> {
    Place {
        table: TABLE,
        tenant: &tenant.0,
        row: number,
    }
}
