//! Finding links by the accounts that they are about, and by what they need.

use conjoin_auth0::UserId;
use conjoin_linking::plan::KnownIdentity;
use conjoin_linking::record::{CLOSED_UNLINK, LinkId, Record, Stage};
use conjoin_linking::tenant::TenantName;
use sqlx::Row;

use super::clock::whole_seconds_of;
use super::error::Attempt;
use super::links::{TABLE, concerns};
use super::{Store, StoreError};

/// How many unlinks of one identity that were closed without effect are looked behind.
const CLOSED_AT_MOST: i64 = 20;

impl Store {
    /// The links and unlinks whose pair has `user` in it, as the account that survives or as the one that is joined or separated; the newest first. One that
    /// cannot be opened is reported in the log and left out.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn links_of(&self, tenant: &TenantName, user: &UserId, count: u32) -> Result<Vec<Record>, StoreError> {
        let rows = sqlx::query(
            // As two questions: of the one with OR, SQLite reads all links of the tenant.
            "SELECT id, sealed FROM links WHERE tenant = $1 AND id IN (
                SELECT id FROM links WHERE tenant = $1 AND primary_id = $2
                UNION SELECT id FROM links WHERE tenant = $1 AND identity = $2)
             ORDER BY created_at DESC, changed_at DESC, id LIMIT $3",
        )
        .bind(tenant.0.as_str())
        .bind(user.as_str())
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to("find the links of an account")?;
        let records = rows.iter().filter_map(|row| self.readable_link(tenant, row));
        Ok(records.filter(|record| concerns(record, user)).collect())
    }

    /// The links and unlinks that are confirmed and not settled, whether somebody is at it or it needs a person; the oldest first. One that cannot be opened is
    /// reported in the log and left out.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn unsettled_links(&self, tenant: &TenantName, count: u32) -> Result<Vec<Record>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, sealed FROM links WHERE phase IN ('under_way', 'attention') AND tenant = $1
             ORDER BY created_at, changed_at, id LIMIT $2",
        )
        .bind(tenant.0.as_str())
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to("list the links that are not settled")?;
        let records = rows.iter().filter_map(|row| self.readable_link(tenant, row));
        Ok(records.filter(|record| record.stage.is_unsettled()).collect())
    }

    /// What is not settled of one account. One that cannot be opened is an error here: nobody knows what it did to the account.
    pub(super) async fn unsettled_of(&self, tenant: &TenantName, user: &UserId) -> Result<Vec<LinkId>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, sealed FROM links
             WHERE tenant = $1 AND (primary_id = $2 OR identity = $2) AND phase IN ('under_way', 'attention') ORDER BY created_at, id",
        )
        .bind(tenant.0.as_str())
        .bind(user.as_str())
        .fetch_all(&self.pool)
        .await
        .to("find what is not settled of an account")?;
        let mut links = Vec::new();
        for row in &rows {
            let record = self.read_link(tenant, row)?;
            if record.stage.is_unsettled() && concerns(&record, user) {
                links.push(record.id);
            }
        }
        Ok(links)
    }

    /// The newest link of an identity that ended with something recorded, unless it was unlinked since: whoever linked it again then was not this host, so what
    /// is recorded is not what was merged.
    pub(super) async fn link_in_force(
        &self,
        tenant: &TenantName,
        primary: &UserId,
        identity: &KnownIdentity,
    ) -> Result<Option<Record>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, sealed FROM links WHERE tenant = $1 AND primary_id = $2 AND identity = $3
             AND stage IN ('done', 'rolled_back', 'forgotten', 'unlinked', 'closed') ORDER BY changed_at DESC, id LIMIT $4",
        )
        .bind(tenant.0.as_str())
        .bind(primary.as_str())
        .bind(identity.to_string())
        .bind(CLOSED_AT_MOST)
        .fetch_all(&self.pool)
        .await
        .to("find the link of an identity")?;
        for row in &rows {
            let record = self.read_link(tenant, row)?;
            // The plain columns are not authenticated; what the record itself says is.
            let is_of_the_pair = record
                .stage
                .pair()
                .is_some_and(|(of, joined)| of == primary && joined.to_string() == identity.to_string());
            match &record.stage {
                _ if !is_of_the_pair => return Err(StoreError::Altered { table: TABLE }),
                // It came to nothing: what was before it stands.
                Stage::Closed { stuck, .. }
                    if matches!(**stuck, Stage::UnlinkConfirmed(_) | Stage::UnlinkRefused { .. }) => {}
                Stage::Unlinked(_) => return Ok(None),
                Stage::Closed { stuck, .. } if stuck.link_plan().is_none() => return Ok(None),
                Stage::Forgotten { was, .. } if was == "unlinked" || was == CLOSED_UNLINK => return Ok(None),
                Stage::Done(_) | Stage::RolledBack { .. } | Stage::Forgotten { .. } | Stage::Closed { .. } => {
                    return Ok(Some(record));
                }
                _ => return Err(StoreError::Altered { table: TABLE }),
            }
        }
        Ok(None)
    }

    /// When an identity was last separated from an account, in Unix seconds. What was forgotten since counts too, whatever it was: it asks for one sign-in more.
    pub(super) async fn last_unlink(&self, tenant: &TenantName, primary: &UserId) -> Result<Option<i64>, StoreError> {
        const DOING: &str = "find the last unlink of an account";
        let row = sqlx::query(
            "SELECT MAX(changed_at) AS changed_at FROM links WHERE tenant = $1 AND primary_id = $2 AND stage IN ('unlinked', 'closed', 'forgotten')",
        )
        .bind(tenant.0.as_str())
        .bind(primary.as_str())
        .fetch_one(&self.pool)
        .await
        .to(DOING)?;
        let at: Option<i64> = row.try_get("changed_at").to(DOING)?;
        Ok(at.map(whole_seconds_of))
    }
}
