//! Transactions that write.

use std::time::Duration;

use sqlx::{Any, Transaction};
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

impl Store {
    /// Begins a transaction that may read before it writes.
    ///
    /// SQLite has one writer at a time. There, a transaction that has read and then writes fails when someone else wrote meanwhile, so it asks to write at once;
    /// and because SQLite lets those who wait sleep and try again in no order, which starves some when many write, the host's own form a queue here.
    pub(super) async fn begin(&self) -> Result<Writing, StoreError> {
        const DOING: &str = "begin to write";
        match self.kind {
            Kind::Sqlite => {
                let turn = timeout(TURN, self.turn.clone().lock_owned()).await;
                let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut).to(DOING)?;
                Ok(Writing {
                    transaction: self.pool.begin_with("BEGIN IMMEDIATE").await.to(DOING)?,
                    _turn: Some(turn),
                })
            }
            Kind::Postgres => Ok(Writing {
                transaction: self.pool.begin().await.to(DOING)?,
                _turn: None,
            }),
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
