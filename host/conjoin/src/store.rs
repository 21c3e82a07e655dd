//! What the host keeps: the journal of links, locks, decisions, sign-ins under way and browser sessions, in SQLite or PostgreSQL.
//!
//! One set of queries serves both: `$1` placeholders, TEXT and BIGINT columns. Whatever describes a person is sealed before it reaches the database (see
//! [`EncryptionKey`]); plain columns hold only what queries need. What is not here: any rule about when a stage may follow another, or who may confirm.
//!
//! Reading order: `connect` opens the database, `seal` encrypts, then one file for each table: `journal` with `locks` and `decisions`, `sign_ins`,
//! `sessions`; `sweep` removes what has expired.

mod clock;
mod connect;
mod decisions;
mod error;
mod journal;
mod key;
mod locks;
mod seal;
mod sessions;
mod sign_ins;
mod sweep;

use std::fmt;
use std::sync::Arc;

use sqlx::AnyPool;

pub use error::StoreError;
pub use key::{EncryptionKey, InvalidKey};
pub use sign_ins::TakenSignIn;

use error::Attempt;
use seal::Sealer;

/// A handle on the database, cheap to clone; also the journal of [`conjoin_linking`] and the
/// session middleware's store. Several hosts can share one PostgreSQL database: nothing is kept outside it.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    sealer: Arc<Sealer>,
}

impl Store {
    /// Opens `sqlite:///path/file.db`, which is created where it does not exist, or `postgres://…`, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] when the address cannot be used, the database does not answer within five seconds, or its tables are those of a newer version.
    pub async fn open(url: &str, key: EncryptionKey) -> Result<Self, StoreError> {
        let pool = connect::open(url).await?;
        Ok(Self {
            pool,
            sealer: Arc::new(Sealer::new(&key)),
        })
    }

    /// Whether the database answers, for `/readyz`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it does not.
    pub async fn check(&self) -> Result<(), StoreError> {
        // Reads a table of ours: a server that answers without our tables is not ready either.
        sqlx::query("SELECT id FROM sessions WHERE id = ''")
            .execute(&self.pool)
            .await
            .to("ask the database")?;
        Ok(())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Store")
            .field("sealer", &self.sealer)
            .finish_non_exhaustive()
    }
}
