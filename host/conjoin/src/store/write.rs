//! Transactions that write.
//!
//! Nearly all are on the disk when they end: the tenant is written to on the strength of them. Some are not waited for so long ([`Synced::Later`]): what browsers are in the middle of,
//! what policies decided, and locks where nobody outlives them ([`super::locks`]). With the machine's power the last of these can be lost (SQLite leaves them to the system, which writes within half a minute; PostgreSQL writes within a
//! second, and forgets what it has not written when it crashes, too): somebody signs in again, or is not asked who they are after somebody else signed in, or finds a decision less in
//! a list. A commit of the other kind that changes anything takes all before it with it to the disk, so that nothing is there that was made from what is not.

use std::time::Duration;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyPool, Transaction};
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use super::connect::Kind;
use super::error::Attempt;
use super::{Store, StoreError};

/// The longest that a transaction waits for others of this host. As long as SQLite itself waits for those of other processes.
const TURN: Duration = Duration::from_secs(5);

/// A transaction that holds what it needs to write: rolled back when it is dropped.
pub(super) struct Writing {
    pub(super) transaction: Transaction<'static, Any>,
    /// Given back last.
    _turn: Option<OwnedMutexGuard<()>>,
}

/// When a commit is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Synced {
    /// Before it ends.
    Before,
    /// Soon after.
    Later,
}

impl Store {
    /// [`Self::begin_synced`], on the disk when it ends.
    pub(super) async fn begin(&self) -> Result<Writing, StoreError> {
        self.begin_synced(Synced::Before).await
    }

    /// Begins a transaction that may read before it writes.
    ///
    /// SQLite has one writer at a time. There, a transaction that has read and then writes fails when someone else wrote meanwhile, so it asks to write at once;
    /// and because SQLite lets those who wait sleep and try again in no order, which starves some when many write, the host's own form a queue here.
    pub(super) async fn begin_synced(&self, synced: Synced) -> Result<Writing, StoreError> {
        const DOING: &str = "begin to write";
        let turn = self.turn_to_write().await?;
        let transaction = match self.kind {
            Kind::Sqlite => self.connections(synced).begin_with("BEGIN IMMEDIATE").await,
            Kind::Postgres => self.connections(synced).begin().await,
        };
        Ok(Writing {
            transaction: transaction.to(DOING)?,
            _turn: turn,
        })
    }

    /// Runs one statement that writes, by itself; gives how many rows it changed.
    pub(super) async fn write(
        &self,
        doing: &'static str,
        statement: Query<'_, Any, AnyArguments>,
    ) -> Result<u64, StoreError> {
        self.write_synced(Synced::Before, doing, statement).await
    }

    /// The same, on the disk when `synced` says.
    pub(super) async fn write_synced(
        &self,
        synced: Synced,
        doing: &'static str,
        statement: Query<'_, Any, AnyArguments>,
    ) -> Result<u64, StoreError> {
        let _turn = self.turn_to_write().await?;
        let done = statement.execute(self.connections(synced)).await.to(doing)?;
        Ok(done.rows_affected())
    }

    /// Those over which a commit is on the disk when `synced` says.
    pub(super) fn connections(&self, synced: Synced) -> &AnyPool {
        match synced {
            Synced::Before => &self.pool,
            Synced::Later => &self.unsynced,
        }
    }

    /// A place in the queue of those who write, on SQLite.
    pub(super) async fn turn_to_write(&self) -> Result<Option<OwnedMutexGuard<()>>, StoreError> {
        match self.kind {
            Kind::Sqlite => {
                let turn = timeout(TURN, self.turn.clone().lock_owned()).await;
                let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut);
                Ok(Some(turn.to("begin to write")?))
            }
            Kind::Postgres => Ok(None),
        }
    }
}

impl Writing {
    pub(super) async fn commit(self, doing: &'static str) -> Result<(), StoreError> {
        self.transaction.commit().await.to(doing)
    }

    pub(super) async fn roll_back(self, doing: &'static str) -> Result<(), StoreError> {
        self.transaction.rollback().await.to(doing)
    }
}
