//! Removes what nobody needs any more.

use super::clock::now;
use super::error::Attempt;
use super::{Store, StoreError};

/// How long a link that nobody confirmed is kept after it expired, in seconds. It holds both people's metadata and nothing was written, so not for long;
/// long enough that its page can say what happened.
const ABANDONED: i64 = 24 * 60 * 60;

/// How many decisions are kept for each tenant.
const DECISIONS_PER_TENANT: i64 = 10_000;

impl Store {
    /// Deletes expired sessions, sign-ins and locks, links that were never confirmed a day after they expired, and all but each tenant's newest 10,000
    /// decisions. What was confirmed is kept, whatever its end: an unlink needs it.
    ///
    /// # Errors
    /// [`StoreError::Database`] when a deletion fails; the rest waits for the next sweep.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = now();
        self.delete("DELETE FROM sessions WHERE expires_at <= $1", now).await?;
        self.delete("DELETE FROM sign_ins WHERE expires_at <= $1", now).await?;
        self.delete("DELETE FROM account_locks WHERE expires_at <= $1", now)
            .await?;
        self.delete(
            "DELETE FROM links WHERE phase = 'waiting' AND expires_at <= $1",
            now - ABANDONED,
        )
        .await?;
        self.delete(
            "DELETE FROM decisions WHERE id IN (
                SELECT id FROM (
                    SELECT id, ROW_NUMBER() OVER (PARTITION BY tenant ORDER BY noted_at DESC, id) AS place FROM decisions
                ) AS ranked WHERE place > $1)",
            DECISIONS_PER_TENANT,
        )
        .await
    }

    async fn delete(&self, statement: &'static str, bound: i64) -> Result<(), StoreError> {
        sqlx::query(statement)
            .bind(bound)
            .execute(&self.pool)
            .await
            .to("remove what has expired")?;
        Ok(())
    }
}
