//! How long things are kept, and why; and forgetting what is kept of the accounts once a tenant's own time for it is over.

use conjoin_linking::tenant::TenantName;
use sqlx::Row;

use super::error::Attempt;
use super::{Store, StoreError};

/// A lock that has ended, in seconds. It holds an account's id.
pub(super) const LOCKS: i64 = 60 * 60;

/// Versions of a policy that never decided, by number and tenant, as many as Auth0 keeps of an Action. What decided once is kept: the audit trail names it.
pub(super) const VERSIONS_NEVER_ACTIVE: i64 = 50;

const DAY: i64 = 24 * 60 * 60;

/// A link that nobody confirmed, after it expired, in seconds. It holds both people's metadata and nothing was written, so not for long; long enough that its page
/// can say what happened.
pub(super) const ABANDONED: i64 = DAY;
/// A link that was refused or expired. It holds no metadata, only who asked; a month is as long as someone may come and ask why it did not work.
pub(super) const WITHOUT_EFFECT: i64 = 30 * DAY;
/// A delivered message. It names people, and is of use only while a consumer asks whether it was sent.
pub(super) const DELIVERED: i64 = 7 * DAY;
/// A message that was given up. Someone has to find out, repair the consumer and send it again: a quarter, and not for ever, since it names people.
pub(super) const DEAD: i64 = 90 * DAY;
/// A proposal, whatever became of it: a month after it was made. The audit trail has it for longer.
pub(super) const PROPOSALS: i64 = 30 * DAY;
/// A report of duplicate accounts: it names people, and what it says is soon not so any more.
pub(super) const REPORTS: i64 = 7 * DAY;
/// A decision of a policy: what it said may quote an account, and is for finding out what it does now.
pub(super) const DECISIONS: i64 = 30 * DAY;
/// The decisions of a tenant's policies, by number: what a policy said may quote metadata, and is for finding out what it does now.
pub(super) const DECISIONS_PER_TENANT: i64 = 10_000;

/// How many records are read at a time. Each can hold both accounts' metadata.
const BATCH: i64 = 50;
const MICROSECONDS: i64 = 1_000_000;

impl Store {
    /// Forgets what the tenant's links and unlinks that ended before `cutoff` (Unix seconds) hold of the accounts, the oldest first, at most `count` of them; gives
    /// how many. From then on an unlink has nothing to restore. One that cannot be opened is reported in the log and left as it is.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was forgotten until then stays so.
    pub async fn forget_older_than(&self, tenant: &TenantName, cutoff: i64, count: u32) -> Result<u32, StoreError> {
        const DOING: &str = "find links that are to be forgotten";
        let mut forgotten = 0;
        let mut after = (i64::MIN, String::new());
        loop {
            let rows = sqlx::query(
                "SELECT id, changed_at, sealed FROM links
                 WHERE tenant = $1 AND stage IN ('done', 'unlinked', 'rolled_back', 'closed') AND changed_at < $2
                 AND (changed_at > $3 OR (changed_at = $3 AND id > $4)) ORDER BY changed_at, id LIMIT $5",
            )
            .bind(tenant.0.as_str())
            .bind(cutoff.saturating_mul(MICROSECONDS))
            .bind(after.0)
            .bind(after.1.as_str())
            .bind(BATCH)
            .fetch_all(&self.pool)
            .await
            .to(DOING)?;
            if rows.is_empty() {
                return Ok(forgotten);
            }
            for row in &rows {
                if forgotten == count {
                    return Ok(forgotten);
                }
                after = (row.try_get("changed_at").to(DOING)?, row.try_get("id").to(DOING)?);
                let next = self.readable_link(tenant, row).and_then(|record| record.forget());
                if let Some(next) = next
                    && self.replace_link(&next).await?
                {
                    forgotten += 1;
                }
            }
        }
    }
}
