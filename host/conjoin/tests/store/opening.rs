//! Opening, and what cannot be opened.

use conjoin::store::{EncryptionKey, KeyRing, Store, StoreError};
use conjoin_linking::journal::Journal;
use tokio::task::JoinSet;

use crate::database::{Database, tenant};
use crate::records::{at, attention, user, work};

on_both!(
    hosts_that_start_at_once_on_an_empty_database_all_open,
    tables_of_a_newer_version_are_not_touched,
    a_key_that_the_database_was_not_written_with_does_not_open_it,
    tables_of_the_version_before_are_brought_up_to_date,
);

async fn hosts_that_start_at_once_on_an_empty_database_all_open(database: Database) {
    let mut hosts = JoinSet::new();
    for _ in 0..6 {
        let (url, key) = (database.url.clone(), database.key());
        hosts.spawn(async move { Store::open(&url, key).await.unwrap().check().await });
    }
    for checked in hosts.join_all().await {
        checked.unwrap();
    }
}

async fn tables_of_a_newer_version_are_not_touched(database: Database) {
    drop(database.store().await);
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 SELECT 99, 'newer', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    assert_eq!(database.alter(newer).await, 1);
    let opened = Store::open(&database.url, database.key()).await;
    assert!(matches!(opened, Err(StoreError::Migration(_))), "{opened:?}");
}

async fn a_key_that_the_database_was_not_written_with_does_not_open_it(database: Database) {
    drop(database.store().await);
    let other = EncryptionKey::generate();
    let held = other.id();
    let error = Store::open(&database.url, other).await.unwrap_err().to_string();
    assert!(error.contains(&held) && error.contains(&database.key().id()), "{error}");
    let ring = KeyRing::new(EncryptionKey::generate(), vec![database.key()]);
    Store::open(&database.url, ring).await.unwrap();
}

/// What version 1 wrote is found by what version 2 asks for.
async fn tables_of_the_version_before_are_brought_up_to_date(database: Database) {
    // What the first version made, and a link of its that needed a person.
    let store = database.store().await;
    let stuck = at("1", attention(work("linked")));
    store.create(&stuck).await.unwrap();
    for statement in [
        "DROP TABLE audit",
        "DROP TABLE audit_heads",
        "DROP TABLE outbox",
        "DROP TABLE secrets",
        "DROP INDEX links_by_identity",
        "DROP INDEX links_by_initiator",
        "DROP INDEX links_by_change",
        "DROP INDEX links_by_primary",
        "DROP INDEX decisions_by_link",
        "DROP INDEX sessions_by_owner",
        "ALTER TABLE links DROP COLUMN due_at",
        "ALTER TABLE links DROP COLUMN initiator",
        "ALTER TABLE decisions DROP COLUMN link",
        "ALTER TABLE sessions DROP COLUMN handle",
        "ALTER TABLE sessions DROP COLUMN owner",
        "UPDATE links SET phase = 'ended'",
        "DROP TABLE policy_signatures",
        "DROP TABLE policy_versions",
        "DROP TABLE policy_activations",
        "DROP TABLE admin_tokens",
        "DROP TABLE policy_proposals",
        "DROP TABLE exchanges",
        "DROP TABLE policy_shadows",
        "DROP TABLE duplicate_reports",
        "DROP TABLE action_visits",
        "DROP TABLE renamed_sessions",
        "DROP INDEX decisions_by_time",
        "DELETE FROM _sqlx_migrations WHERE version >= 2",
    ] {
        database.alter(statement).await;
    }
    let store = database.store().await;
    let ada = user("auth0|ada");
    assert_eq!(
        store.unsettled(&tenant("acme"), &[&ada]).await.unwrap(),
        Some(stuck.id.clone())
    );
    store.advance(&stuck.at(work("done"))).await.unwrap();
    store.verify_audit(&tenant("acme"), &[]).await.unwrap();
}

#[tokio::test]
async fn an_address_that_cannot_be_used_says_what_to_write() {
    for address in [
        "",
        "conjoin.db",
        "mysql://root@localhost/conjoin",
        "sqlite::memory:",
        "sqlite://x?mode=memory",
    ] {
        let opened = Store::open(address, EncryptionKey::generate()).await;
        assert!(matches!(opened, Err(StoreError::Address(_))), "{address}: {opened:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_without_the_password() {
    // Bound and not listening: connections to it are refused.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let address = format!("postgres://conjoin:hunter2@127.0.0.1:{port}/conjoin");
    let error = Store::open(&address, EncryptionKey::generate()).await.unwrap_err();
    assert!(matches!(error, StoreError::Database { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn its_debug_output_holds_no_key() {
    let database = Database::sqlite();
    let store = database.store().await;
    let debug = format!("{store:?}");
    assert!(
        debug.contains(&database.key().id()) && !debug.contains(&database.key().to_base64()),
        "{debug}"
    );
}
