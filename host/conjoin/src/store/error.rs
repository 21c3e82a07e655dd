//! What can go wrong in storage, and what to do about it.

use conjoin_linking::journal::JournalError;
use sqlx::migrate::MigrateError;

use crate::telemetry;

/// SQLite: busy and locked. PostgreSQL: serialization failure, deadlock, lock not available, statement timeout.
const TRANSIENT_POSTGRES: [&str; 4] = ["40001", "40P01", "55P03", "57014"];
const TRANSIENT_SQLITE: [i32; 2] = [5, 6];

/// Storage failed. No message carries a stored value, a key or the database's address, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is none that can be opened.
    #[error("the database address cannot be used: {0}")]
    Address(String),
    /// The database could not be reached, refused, or took too long.
    #[error("the database could not {doing}: {source}")]
    Database {
        /// What was asked of it.
        doing: &'static str,
        /// The driver's error.
        source: sqlx::Error,
    },
    /// The tables could not be brought up to date.
    #[error("the database's tables could not be brought up to date: {0}. Was it last used by a newer version?")]
    Migration(#[from] MigrateError),
    /// The row was sealed under a key that this host does not have.
    #[error(
        "a row of `{table}` is sealed under encryption key {found}, this host has {held}: configure the key it was written with"
    )]
    OtherKey {
        /// Where the row is.
        table: &'static str,
        /// The id of the key it needs.
        found: String,
        /// The id of the key there is.
        held: String,
    },
    /// The row is not what this host wrote there.
    #[error(
        "a row of `{table}` has been altered, cut short or moved from another row since it was sealed: restore it from a backup"
    )]
    Altered {
        /// Where the row is.
        table: &'static str,
    },
    /// The row opens, but this version does not know its form. What the parser says is left out: it quotes values.
    #[error("a row of `{table}` is of a form that this version does not read: was it written by a newer version?")]
    UnknownForm {
        /// Where the row is.
        table: &'static str,
    },
    /// Links or unlinks of the person are confirmed and not at an end.
    #[error("links of this person are not settled: {}. Settle them first, by `conjoin links settle`", .links.join(", "))]
    Unsettled {
        /// Their ids.
        links: Vec<String>,
    },
    /// The database cannot be backed up from here.
    #[error("the database could not be backed up: {0}")]
    Backup(String),
    /// What was to be written out could not be.
    #[error("writing it out failed: {0}")]
    Output(#[from] std::io::Error),
    /// The value cannot be written as JSON that can be read back: it is too large, or nested more than 127 levels deep.
    #[error("a value for `{table}` cannot be sealed: it is nested too deep, or too large")]
    Unsealable {
        /// Where it should have gone.
        table: &'static str,
    },
}

/// Names what was asked of the database when it fails.
pub(super) trait Attempt<T> {
    /// `doing` completes "the database could not …".
    fn to(self, doing: &'static str) -> Result<T, StoreError>;
}

impl StoreError {
    /// Whether the same attempt may well succeed in a moment, because someone else was writing.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Database { source, .. } if is_transient(source))
    }

    /// Whether it is the row itself, so that reading it again comes to the same.
    pub(crate) fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::Altered { .. } | Self::UnknownForm { .. } | Self::OtherKey { .. }
        )
    }
}

impl<T> Attempt<T> for Result<T, sqlx::Error> {
    fn to(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| {
            telemetry::store_error(doing);
            StoreError::Database { doing, source }
        })
    }
}

impl From<StoreError> for JournalError {
    fn from(error: StoreError) -> Self {
        Self::Storage(error.to_string())
    }
}

fn is_transient(error: &sqlx::Error) -> bool {
    // No turn, or no connection, within the bound.
    if matches!(error, sqlx::Error::PoolTimedOut) {
        return true;
    }
    let Some(code) = error.as_database_error().and_then(|error| error.code()) else {
        return false;
    };
    // SQLite's extended codes keep the primary one in the low byte; SQLSTATE codes have five characters.
    let sqlite = (code.len() < 5)
        .then(|| code.parse::<i32>().ok())
        .flatten()
        .is_some_and(|code| TRANSIENT_SQLITE.contains(&(code & 0xff)));
    sqlite || TRANSIENT_POSTGRES.contains(&code.as_ref())
}
