//! The store against real databases: a SQLite file and a PostgreSQL cluster of its own, each test on both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

/// Runs each test on both databases: `sqlite::name` and `postgres::name`.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(crate::database::Database::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                super::$name(crate::database::Database::postgres().await).await;
            })*
        }
    };
}

mod audit;
mod backup;
mod beginnings;
mod checks;
mod cluster;
mod damage;
mod database;
mod ended_sessions;
mod erasure;
mod exports;
mod journal;
mod locks;
mod lookups;
mod noting;
mod opening;
mod outbox;
mod policies;
mod records;
mod retention;
mod rotation;
mod sessions;
mod sign_ins;
mod signatures;
mod sweep;
mod together;
mod visits;
