//! Removes what nobody needs any more. How long what is kept, and why: `retention`.

use super::clock::now;
use super::retention::{
    ABANDONED, DEAD, DECISIONS, DELIVERED, LOCKS, PROPOSALS, REPORTS, VERSIONS_NEVER_ACTIVE, WITHOUT_EFFECT,
};
use super::{Store, StoreError};

impl Store {
    /// Deletes what has expired and can be many by tomorrow: sessions, sign-ins, visits and locks. To be asked for every few seconds.
    ///
    /// # Errors
    /// [`StoreError::Database`] when a deletion fails; the rest waits for the next sweep.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = now();
        for (statement, bound) in [
            ("DELETE FROM sessions WHERE expires_at <= $1", now),
            ("DELETE FROM renamed_sessions WHERE expires_at <= $1", now),
            ("DELETE FROM sign_ins WHERE expires_at <= $1", now),
            ("DELETE FROM action_visits WHERE expires_at <= $1", now),
            // By this host's clock, which need not be the database's: an hour is no harm, and tells a lock that ended from one that is held.
            (
                "DELETE FROM account_locks WHERE expires_at <= $1",
                (now - LOCKS) * 1_000,
            ),
        ] {
            self.delete(statement, bound).await?;
        }
        Ok(())
    }

    /// Deletes what is old: links that were never confirmed a day after they expired and those that were refused or expired a month after, delivered messages after a week
    /// and those given up after a quarter, proposals after a month, reports after a week, decisions after a month, and all but the newest 50 of a tenant's policies that never
    /// decided and are not tried or proposed. What was confirmed is kept, whatever its end: an unlink needs it. It reads whole tables, so once an hour is often enough.
    ///
    /// # Errors
    /// [`StoreError::Database`] when a deletion fails; the rest waits for the next time.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        let now = now();
        for (statement, bound) in [
            (
                "DELETE FROM links WHERE phase = 'waiting' AND expires_at <= $1",
                now - ABANDONED,
            ),
            (
                "DELETE FROM links WHERE phase = 'ended' AND stage IN ('refused', 'expired') AND changed_at <= $1",
                (now - WITHOUT_EFFECT) * 1_000_000,
            ),
            (
                "DELETE FROM outbox WHERE state = 'delivered' AND changed_at <= $1",
                now - DELIVERED,
            ),
            ("DELETE FROM outbox WHERE state = 'dead' AND changed_at <= $1", now - DEAD),
            (
                "DELETE FROM policy_versions WHERE (tenant, digest) IN (
                    SELECT tenant, digest FROM (
                        SELECT tenant, digest, ROW_NUMBER() OVER (PARTITION BY tenant ORDER BY uploaded_at DESC, digest) AS place
                        FROM policy_versions AS version WHERE state <> 'revoked' AND NOT EXISTS (
                            SELECT seq FROM policy_activations WHERE tenant = version.tenant AND digest = version.digest)
                        AND NOT EXISTS (
                            SELECT id FROM policy_shadows WHERE tenant = version.tenant AND digest = version.digest)
                        AND NOT EXISTS (
                            SELECT id FROM policy_proposals WHERE tenant = version.tenant AND digest = version.digest AND state = 'open')
                    ) AS ranked WHERE place > $1)",
                VERSIONS_NEVER_ACTIVE,
            ),
            ("DELETE FROM policy_proposals WHERE at <= $1", now - PROPOSALS),
            ("DELETE FROM duplicate_reports WHERE began_at <= $1", now - REPORTS),
            (
                "DELETE FROM decisions WHERE noted_at <= $1",
                (now - DECISIONS) * 1_000_000,
            ),
        ] {
            self.delete(statement, bound).await?;
        }
        Ok(())
    }

    async fn delete(&self, statement: &'static str, bound: i64) -> Result<(), StoreError> {
        self.write("remove what has expired", sqlx::query(statement).bind(bound))
            .await
            .map(drop)
    }
}
