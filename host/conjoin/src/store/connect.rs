//! Opens the database: the pool, its bounds, and the tables.

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, ConnectOptions, SqlSafeStr};
use url::Url;

use super::StoreError;
use super::error::Attempt;

/// Enough for a busy host; PostgreSQL allows a hundred from all hosts by default, and SQLite writes one at a time anyway.
const MAX_CONNECTIONS: u32 = 10;
/// Beside these, for what is not waited for until it is on the disk: single rows, and decisions by the hundred.
const MAX_UNSYNCED: u32 = 5;
/// How long a request waits for a connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the tables of a SQLite file are tried: another process may be making them at the same moment, and nothing waits for that.
const SETUP_ATTEMPTS: u32 = 10;
const SETUP_PAUSE: Duration = Duration::from_millis(100);

/// For each connection: writers wait for one another, but not for ever. Full synchronisation, so that the journal is on the disk before the tenant is written to.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL";
/// For each connection: no statement, no wait for a row and no forgotten transaction may hold others up.
const POSTGRES_SETTINGS: &str =
    "SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '30s'";
/// After these, for each connection whose commits are not waited for until they are on the disk; see `write`.
const SQLITE_UNSYNCED: &str = "PRAGMA synchronous = NORMAL";
const POSTGRES_UNSYNCED: &str = "SET synchronous_commit = off";

/// The connections to a database.
pub(super) struct Connections {
    /// A commit is on the disk when it ends.
    pub(super) pool: AnyPool,
    /// A commit is on the disk soon after.
    pub(super) unsynced: AnyPool,
    pub(super) kind: Kind,
}

/// Connects and brings the tables up to date.
pub(super) async fn open(url: &str) -> Result<Connections, StoreError> {
    let (url, kind) = address(url)?;
    install_default_drivers();
    let options = AnyConnectOptions::from_url(&url).to("read the address")?;
    let (settings, unsynced) = match kind {
        Kind::Sqlite => (SQLITE_SETTINGS, SQLITE_UNSYNCED),
        Kind::Postgres => (POSTGRES_SETTINGS, POSTGRES_UNSYNCED),
    };
    let pool = pool_of(kind, MAX_CONNECTIONS, vec![settings]);
    let pool = pool.connect_with(options.clone()).await.to("be opened")?;
    match kind {
        Kind::Sqlite => set_up_sqlite(&pool).await?,
        Kind::Postgres => migrate(&pool).await?,
    }
    let unsynced = pool_of(kind, MAX_UNSYNCED, vec![settings, unsynced]).connect_lazy_with(options);
    Ok(Connections { pool, unsynced, kind })
}

fn pool_of(kind: Kind, connections: u32, settings: Vec<&'static str>) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A server may have gone away; a file does not, and asking takes as long as what is asked then.
        .test_before_acquire(kind == Kind::Postgres)
        .after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(async move {
                for setting in settings {
                    sqlx::raw_sql(setting).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
}

/// Which database it is. Queries are the same for both; waiting for one another and backups are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

fn address(text: &str) -> Result<(Url, Kind), StoreError> {
    let mut url = Url::parse(text).map_err(|error| StoreError::Address(error.to_string()))?;
    match url.scheme() {
        "postgres" | "postgresql" => Ok((url, Kind::Postgres)),
        "sqlite" => {
            if text.contains(":memory:") || url.query_pairs().any(|(key, value)| key == "mode" && value == "memory") {
                return Err(StoreError::Address(
                    "SQLite in memory would lose links under way; name a file, `sqlite:///var/lib/conjoin/conjoin.db`"
                        .to_owned(),
                ));
            }
            if !url.query_pairs().any(|(key, _)| key == "mode") {
                url.query_pairs_mut().append_pair("mode", "rwc");
            }
            Ok((url, Kind::Sqlite))
        }
        other => Err(StoreError::Address(format!(
            "`{other}:` is no database; write `sqlite:///path/file.db` or `postgres://user@host/name`"
        ))),
    }
}

async fn set_up_sqlite(pool: &AnyPool) -> Result<(), StoreError> {
    let mut attempt = 1;
    loop {
        let outcome = match write_ahead(pool).await {
            Ok(()) => migrate(pool).await,
            Err(error) => Err(error),
        };
        if outcome.is_ok() || attempt == SETUP_ATTEMPTS {
            return outcome;
        }
        attempt += 1;
        tokio::time::sleep(SETUP_PAUSE).await;
    }
}

/// Readers and the one writer do not hold each other up. The file remembers the mode.
async fn write_ahead(pool: &AnyPool) -> Result<(), StoreError> {
    sqlx::raw_sql("PRAGMA journal_mode = WAL")
        .execute(pool)
        .await
        .to("switch to write-ahead logging")?;
    Ok(())
}

async fn migrate(pool: &AnyPool) -> Result<(), StoreError> {
    let migration = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let migrations = vec![
        migration(1, "store", include_str!("../../migrations/0001_store.sql")),
        migration(2, "operations", include_str!("../../migrations/0002_operations.sql")),
        migration(
            3,
            "session handles",
            include_str!("../../migrations/0003_session_handles.sql"),
        ),
        migration(4, "policies", include_str!("../../migrations/0004_policies.sql")),
        migration(5, "trying", include_str!("../../migrations/0005_trying.sql")),
        migration(6, "action", include_str!("../../migrations/0006_action.sql")),
        migration(7, "signatures", include_str!("../../migrations/0007_signatures.sql")),
        migration(
            8,
            "renamed sessions",
            include_str!("../../migrations/0008_renamed_sessions.sql"),
        ),
    ];
    Ok(Migrator::with_migrations(migrations).run(pool).await?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use sqlx::{AnyPool, Row};

    use super::{Kind, open};

    /// SQLite's numbers: 1 is NORMAL, 2 is FULL.
    async fn synchronous(pool: &AnyPool) -> i32 {
        let row = sqlx::query("PRAGMA synchronous").fetch_one(pool).await.unwrap();
        row.get(0)
    }

    #[tokio::test]
    async fn what_the_tenant_is_written_to_on_the_strength_of_is_waited_for_until_it_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("conjoin.db").display());
        let connections = open(&url).await.unwrap();
        assert_eq!(connections.kind, Kind::Sqlite);
        assert_eq!(synchronous(&connections.pool).await, 2);
        assert_eq!(synchronous(&connections.unsynced).await, 1);
    }
}
