//! One empty database for each test, and a second way into it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use conjoin::store::{EncryptionKey, Store};
use conjoin_linking::tenant::TenantName;
use secrecy::SecretString;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, SqlSafeStr};
use tempfile::TempDir;

use crate::cluster::Cluster;

static NEXT: AtomicU32 = AtomicU32::new(0);

pub struct Database {
    pub url: String,
    key: String,
    keeps: Keeps,
}

#[allow(dead_code, reason = "held for their Drop")]
enum Keeps {
    Folder(TempDir),
    Cluster(Arc<Cluster>),
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("conjoin.db").display());
        Self::new(url, Keeps::Folder(folder))
    }

    pub async fn postgres() -> Self {
        let cluster = tokio::task::spawn_blocking(Cluster::shared).await.unwrap();
        // Unique among the databases of this cluster, which only this process uses.
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let server = pool(&cluster.url("postgres")).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&server)
            .await
            .unwrap();
        Self::new(cluster.url(&name), Keeps::Cluster(cluster))
    }

    /// Another PostgreSQL database with what this one has, by the tools that operators use.
    pub async fn restored_dump(&self) -> Self {
        let Keeps::Cluster(cluster) = &self.keeps else {
            panic!("only PostgreSQL is dumped");
        };
        let copy = Self::postgres().await;
        cluster.dump_and_restore(&self.url, &copy.url);
        Self {
            key: self.key.clone(),
            ..copy
        }
    }

    /// What another database file has, with this one's key.
    pub fn of_file(&self, file: &Path) -> Self {
        let copy = Self::new(
            format!("sqlite://{}", file.display()),
            Keeps::Folder(tempfile::tempdir().unwrap()),
        );
        Self {
            key: self.key.clone(),
            ..copy
        }
    }

    fn new(url: String, keeps: Keeps) -> Self {
        Self {
            url,
            key: EncryptionKey::generate().to_base64(),
            keeps,
        }
    }

    /// Opens it with its own key; each call is a host of its own.
    pub async fn store(&self) -> Store {
        Store::open(&self.url, self.key()).await.unwrap()
    }

    pub fn key(&self) -> EncryptionKey {
        EncryptionKey::from_base64(&SecretString::from(self.key.clone())).unwrap()
    }

    /// Opens it with a key that it was not written with. Its audit key is lost on the way: without that it would not open at all.
    pub async fn store_with_another_key(&self, key: EncryptionKey) -> Store {
        assert_eq!(self.alter("DELETE FROM secrets").await, 1);
        Store::open(&self.url, key).await.unwrap()
    }

    /// Past the store, as an attacker with write access or a backup tool would.
    pub async fn raw(&self) -> AnyPool {
        pool(&self.url).await
    }

    /// Runs one statement past the store and says how many rows it changed.
    pub async fn alter(&self, statement: impl SqlSafeStr) -> u64 {
        let raw = self.raw().await;
        sqlx::query(statement).execute(&raw).await.unwrap().rows_affected()
    }

    /// Whether `needle` stands readable anywhere in the text columns of `table`.
    pub async fn shows(&self, columns: &'static str, needle: &str) -> bool {
        use sqlx::Row;
        let raw = self.raw().await;
        let rows = sqlx::query(columns).fetch_all(&raw).await.unwrap();
        assert!(!rows.is_empty(), "nothing to look at: {columns}");
        rows.iter().any(|row| row.get::<String, _>(0).contains(needle))
    }
}

pub fn tenant(name: &str) -> TenantName {
    TenantName(name.to_owned())
}

pub fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

async fn pool(url: &str) -> AnyPool {
    install_default_drivers();
    AnyPoolOptions::new().max_connections(2).connect(url).await.unwrap()
}
