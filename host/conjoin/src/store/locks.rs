//! Leases on accounts: two links that share an account never run at once.

use std::time::Duration;

use conjoin_auth0::UserId;
use conjoin_linking::tenant::TenantName;
use sqlx::Row;

use super::clock::now_in_microseconds;
use super::connect::Kind;
use super::error::Attempt;
use super::write::Synced;
use super::{Store, StoreError};

/// How often giving locks back is tried. When it fails for good, the lease ends by itself.
const UNLOCK_ATTEMPTS: u32 = 3;

impl Store {
    /// All of `accounts`, or none. Whoever cannot have them is told so at once or after the database's own bounded wait, never by an error.
    pub(super) async fn lock_accounts(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        match self.try_lock(tenant, accounts, holder, lease).await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "accounts are being locked by someone else");
                Ok(false)
            }
            outcome => outcome,
        }
    }

    async fn try_lock(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let accounts = in_order(accounts);
        let started = self.shared_now().await?;
        let expires = started.saturating_add(milliseconds(lease));
        let mut writing = self.begin_synced(self.locks_synced()).await?;
        for account in accounts {
            let taken = sqlx::query(
                "INSERT INTO account_locks (tenant, account, holder, expires_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (tenant, account) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
                 WHERE account_locks.expires_at <= $5",
            )
            .bind(tenant.0.as_str())
            .bind(account.as_str())
            .bind(holder)
            .bind(expires)
            .bind(started)
            .execute(&mut *writing.transaction)
            .await
            .to("lock an account")?;
            if taken.rows_affected() != 1 {
                writing.roll_back("give up locking accounts").await?;
                return Ok(false);
            }
        }
        writing.commit("lock accounts").await?;
        Ok(true)
    }

    /// An ended lease is not brought back: someone else may have had the accounts since. All of them, or none: half of the locks keep nobody out.
    pub(super) async fn renew_locks(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let started = self.shared_now().await?;
        let expires = started.saturating_add(milliseconds(lease));
        let mut writing = self.begin_synced(self.locks_synced()).await?;
        for account in in_order(accounts) {
            let done = sqlx::query(
                "UPDATE account_locks SET expires_at = $1 WHERE tenant = $2 AND account = $3 AND holder = $4 AND expires_at > $5",
            )
            .bind(expires)
            .bind(tenant.0.as_str())
            .bind(account.as_str())
            .bind(holder)
            .bind(started)
            .execute(&mut *writing.transaction)
            .await
            .to("renew a lock")?;
            if done.rows_affected() != 1 {
                writing.roll_back("give up renewing locks").await?;
                return Ok(false);
            }
        }
        writing.commit("renew locks").await?;
        Ok(true)
    }

    /// Whoever has locks on SQLite loses its power together with the database, and a later commit takes them to the disk with it. A server of PostgreSQL crashes by itself, and must not
    /// have forgotten then what its hosts hold.
    fn locks_synced(&self) -> Synced {
        match self.kind {
            Kind::Sqlite => Synced::Later,
            Kind::Postgres => Synced::Before,
        }
    }

    /// The time that all hosts of this database agree on, in Unix milliseconds: a lease that one host's clock ends early would let two work on the same accounts. SQLite serves one
    /// machine, whose clock it is.
    async fn shared_now(&self) -> Result<i64, StoreError> {
        const DOING: &str = "read the database's clock";
        match self.kind {
            Kind::Sqlite => Ok(now_in_microseconds() / 1_000),
            Kind::Postgres => {
                let row =
                    sqlx::query("SELECT CAST(CEIL(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT) AS at")
                        .fetch_one(&self.pool)
                        .await
                        .to(DOING)?;
                row.try_get("at").to(DOING)
            }
        }
    }

    pub(super) async fn unlock_accounts(&self, tenant: &TenantName, holder: &str) -> Result<(), StoreError> {
        let mut attempt = 1;
        loop {
            let statement = sqlx::query("DELETE FROM account_locks WHERE tenant = $1 AND holder = $2")
                .bind(tenant.0.as_str())
                .bind(holder);
            let done = self.write_synced(Synced::Later, "unlock accounts", statement).await;
            match done {
                Err(error) if error.is_transient() && attempt < UNLOCK_ATTEMPTS => attempt += 1,
                done => return done.map(drop),
            }
        }
    }
}

/// The same order for everyone: A→B and B→A wait for each other instead of deadlocking.
fn in_order<'a>(accounts: &[&'a UserId]) -> Vec<&'a UserId> {
    let mut accounts = accounts.to_vec();
    accounts.sort();
    accounts.dedup();
    accounts
}

fn milliseconds(lease: Duration) -> i64 {
    i64::try_from(lease.as_millis()).unwrap_or(i64::MAX)
}
