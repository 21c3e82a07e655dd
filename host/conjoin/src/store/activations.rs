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
use super::policy_versions::is_checked;
use super::proposals::{close_proposal, withdraw_proposals_of};
use super::seal::Place;
use super::shadows::end_shadow_of;
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
    /// The proposal that it would have carried out was withdrawn.
    Withdrawn,
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
        let activation = row.map(|row| self.open_activation(tenant, &row)).transpose()?;
        match activation {
            // The columns are not sealed: whoever exchanged them gets no other policy.
            Some(activation) if activation.facts.policy.as_ref() != Some(reference) => {
                Err(StoreError::Altered { table: TABLE })
            }
            found => Ok(found),
        }
    }

    /// Whether a version has ever decided at a tenant.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn has_decided(&self, tenant: &TenantName, digest: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT seq FROM policy_activations WHERE tenant = $1 AND digest = $2 LIMIT 1")
            .bind(tenant.0.as_str())
            .bind(digest)
            .fetch_optional(&self.pool)
            .await
            .to("ask whether a policy ever decided")?;
        Ok(row.is_some())
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
    /// The version must have been checked, and must not be revoked. `along`: whom to tell, and the open proposal that ends with it.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn activate(
        &self,
        tenant: &TenantName,
        expected: i64,
        facts: &ActivationFacts,
        entry: &AuditEntry,
        (notice, proposal): (Option<&Notice>, Option<&str>),
    ) -> Result<Swapped, StoreError> {
        const DOING: &str = "activate a policy";
        let mut writing = self.begin().await?;
        // First: it keeps others of this tenant's from changing anything until the end, a revocation above all.
        let seq = self.append(&mut writing, tenant, entry).await?;
        let mut swapped = self.swap(&mut writing, tenant, expected, facts).await?;
        if let (Swapped::Now(_), Some(proposal)) = (swapped, proposal)
            && !close_proposal(&mut writing, tenant, proposal, "approved").await?
        {
            swapped = Swapped::Withdrawn;
        }
        if let Swapped::Now(_) = swapped {
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

    /// Writes down and tells what a host did by itself, without a change of what decides.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn note_and_tell(
        &self,
        tenant: &TenantName,
        entry: &AuditEntry,
        notice: &Notice,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let seq = self.append(&mut writing, tenant, entry).await?;
        let told = self.enqueue(&mut writing, tenant, notice, seq).await?;
        writing.commit("tell what this host did").await?;
        if told {
            self.outbox_added.notify_waiters();
        }
        Ok(())
    }

    /// Revokes a version for ever, ends its trial and what is proposed of it, and, if it decides, puts what `instead` says in its place, in one transaction; `expected` is
    /// the number of the last change. None where there is no such version, or it was revoked before.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn revoke(
        &self,
        tenant: &TenantName,
        digest: &str,
        expected: i64,
        instead: Option<&ActivationFacts>,
        entry: &AuditEntry,
    ) -> Result<Option<Swapped>, StoreError> {
        const DOING: &str = "revoke a policy";
        let mut writing = self.begin().await?;
        self.append(&mut writing, tenant, entry).await?;
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
        end_shadow_of(&mut writing, tenant, digest).await?;
        withdraw_proposals_of(&mut writing, tenant, digest).await?;
        let swapped = match instead {
            Some(facts) => self.swap(&mut writing, tenant, expected, facts).await?,
            None => match last_number(&mut writing, tenant).await? {
                last if last == expected => Swapped::Now(last),
                last => Swapped::Meanwhile(last),
            },
        };
        match swapped {
            Swapped::Now(_) => writing.commit(DOING).await?,
            _ => writing.roll_back(DOING).await?,
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
        let last = last_number(writing, tenant).await?;
        if last != expected {
            return Ok(Swapped::Meanwhile(last));
        }
        if let Some(reference) = policy
            && !is_checked(writing, tenant, &reference.policy).await?
        {
            return Ok(Swapped::NotChecked);
        }
        let number = last + 1;
        let sealed = self.sealer.seal(Place::of(TABLE, tenant, &number.to_string()), facts)?;
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

    pub(super) fn open_activation(&self, tenant: &TenantName, row: &AnyRow) -> Result<Activation, StoreError> {
        const DOING: &str = "read an activation";
        let number: i64 = row.try_get("seq").to(DOING)?;
        let sealed: String = row.try_get("sealed").to(DOING)?;
        Ok(Activation {
            number,
            at: row.try_get("at").to(DOING)?,
            facts: self
                .sealer
                .open(Place::of(TABLE, tenant, &number.to_string()), &sealed)?,
        })
    }
}

/// 0 where there was no change yet.
async fn last_number(writing: &mut Writing, tenant: &TenantName) -> Result<i64, StoreError> {
    const DOING: &str = "look for the last activation";
    let row = sqlx::query("SELECT MAX(seq) AS seq FROM policy_activations WHERE tenant = $1")
        .bind(tenant.0.as_str())
        .fetch_one(&mut *writing.transaction)
        .await
        .to(DOING)?;
    let last: Option<i64> = row.try_get("seq").to(DOING)?;
    Ok(last.unwrap_or(0))
}
