//! Activations that one person wants and another has to agree to.

use conjoin_linking::audit::AuditEntry;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::clock::now;
use super::error::Attempt;
use super::seal::{Place, new_id};
use super::write::Writing;
use super::{Store, StoreError};

const TABLE: &str = "policy_proposals";

/// A proposal that nobody agreed to in this time, in seconds, is none any more: what it was made for has passed.
pub(super) const GOOD_FOR: i64 = 7 * 24 * 60 * 60;

/// An activation that waits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// Names it.
    pub id: String,
    /// Unix seconds.
    pub at: i64,
    /// What is wanted.
    #[serde(flatten)]
    pub facts: ProposalFacts,
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposalFacts {
    /// The version.
    pub policy: String,
    /// Its settings.
    pub settings: Map<String, Value>,
    /// The number of the change that it would come after: after another it must be proposed anew.
    pub expected: i64,
    /// Who wants it.
    pub by: String,
    /// The id of the token, or `auth0:` and that of the account, of whoever wants it: another one has to agree.
    pub token: String,
}

impl Store {
    /// Keeps a proposal.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn keep_proposal(
        &self,
        tenant: &TenantName,
        facts: &ProposalFacts,
        entry: &AuditEntry,
    ) -> Result<Proposal, StoreError> {
        const DOING: &str = "keep a proposal";
        let proposal = Proposal {
            id: new_id(),
            at: now(),
            facts: facts.clone(),
        };
        let mut writing = self.begin().await?;
        sqlx::query(
            "INSERT INTO policy_proposals (tenant, id, at, state, digest, sealed) VALUES ($1, $2, $3, 'open', $4, $5)",
        )
        .bind(tenant.0.as_str())
        .bind(proposal.id.as_str())
        .bind(proposal.at)
        .bind(facts.policy.as_str())
        .bind(self.sealer.seal(Place::of(TABLE, tenant, &proposal.id), facts)?)
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        self.append(&mut writing, tenant, entry).await?;
        writing.commit(DOING).await?;
        Ok(proposal)
    }

    /// The tenant's open proposals, the newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or one cannot be opened.
    pub async fn proposals(&self, tenant: &TenantName) -> Result<Vec<Proposal>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, at, sealed FROM policy_proposals WHERE tenant = $1 AND state = 'open' AND at > $2
             ORDER BY at DESC, id LIMIT 100",
        )
        .bind(tenant.0.as_str())
        .bind(now().saturating_sub(GOOD_FOR))
        .fetch_all(&self.pool)
        .await
        .to("list proposals")?;
        rows.iter().map(|row| self.open_proposal(tenant, row)).collect()
    }

    /// An open proposal; none where there is no such one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or it cannot be opened.
    pub async fn proposal(&self, tenant: &TenantName, id: &str) -> Result<Option<Proposal>, StoreError> {
        let row = sqlx::query(
            "SELECT id, at, sealed FROM policy_proposals WHERE tenant = $1 AND id = $2 AND state = 'open' AND at > $3",
        )
        .bind(tenant.0.as_str())
        .bind(id)
        .bind(now().saturating_sub(GOOD_FOR))
        .fetch_optional(&self.pool)
        .await
        .to("read a proposal")?;
        row.map(|row| self.open_proposal(tenant, &row)).transpose()
    }

    /// Takes an open proposal back; false where there is no such one. `entry` goes into the audit trail in the same transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn withdraw_proposal(
        &self,
        tenant: &TenantName,
        id: &str,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "withdraw a proposal";
        let mut writing = self.begin().await?;
        self.append(&mut writing, tenant, entry).await?;
        let closed = close_proposal(&mut writing, tenant, id, "withdrawn").await?;
        if closed {
            writing.commit(DOING).await?;
        } else {
            writing.roll_back(DOING).await?;
        }
        Ok(closed)
    }

    fn open_proposal(&self, tenant: &TenantName, row: &AnyRow) -> Result<Proposal, StoreError> {
        const DOING: &str = "read a proposal";
        let id: String = row.try_get("id").to(DOING)?;
        let sealed: String = row.try_get("sealed").to(DOING)?;
        Ok(Proposal {
            at: row.try_get("at").to(DOING)?,
            facts: self.sealer.open(Place::of(TABLE, tenant, &id), &sealed)?,
            id,
        })
    }
}

/// Ends an open proposal; false where there is no such one.
pub(super) async fn close_proposal(
    writing: &mut Writing,
    tenant: &TenantName,
    id: &str,
    state: &'static str,
) -> Result<bool, StoreError> {
    let done = sqlx::query("UPDATE policy_proposals SET state = $3 WHERE tenant = $1 AND id = $2 AND state = 'open'")
        .bind(tenant.0.as_str())
        .bind(id)
        .bind(state)
        .execute(&mut *writing.transaction)
        .await
        .to("close a proposal")?;
    Ok(done.rows_affected() > 0)
}

/// Takes back what is proposed of one version, for a transaction that revokes it.
pub(super) async fn withdraw_proposals_of(
    writing: &mut Writing,
    tenant: &TenantName,
    digest: &str,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE policy_proposals SET state = 'withdrawn' WHERE tenant = $1 AND digest = $2 AND state = 'open'")
        .bind(tenant.0.as_str())
        .bind(digest)
        .execute(&mut *writing.transaction)
        .await
        .to("withdraw what is proposed of a revoked policy")?;
    Ok(())
}
