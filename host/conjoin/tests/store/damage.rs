//! Rows that were altered, moved, or sealed under another key.

use conjoin::store::{EncryptionKey, StoreError};
use conjoin_linking::journal::{Journal, JournalError};
use conjoin_linking::record::LinkId;

use crate::database::{Database, now, tenant};
use crate::records::{at, decision, joined, record, user, work};

on_both!(
    a_link_under_another_key_is_an_error_that_names_both,
    a_sign_in_under_another_key_is_an_error_that_says_so,
    a_link_moved_to_another_row_does_not_open,
    s37_a_link_moved_to_another_tenant_does_not_open,
    an_altered_link_does_not_open,
    a_link_passed_off_as_another_accounts_is_refused,
    s28_one_unreadable_link_does_not_stop_the_others,
    an_altered_decision_does_not_open,
);

async fn load_error(journal: &impl Journal, tenant_name: &str, id: &str) -> String {
    match journal.load(&tenant(tenant_name), &LinkId(id.to_owned())).await {
        Err(JournalError::Storage(message)) => message,
        other => panic!("expected a storage error, not {other:?}"),
    }
}

async fn a_link_under_another_key_is_an_error_that_names_both(database: Database) {
    database.store().await.create(&record("1")).await.unwrap();
    let other = EncryptionKey::generate();
    let (written_with, held) = (database.key().id(), other.id());
    let store = database.store_with_another_key(other).await;
    let message = load_error(&store, "acme", "1").await;
    assert!(
        ["links", &written_with, &held]
            .iter()
            .all(|part| message.contains(part)),
        "{message}"
    );
}

async fn a_sign_in_under_another_key_is_an_error_that_says_so(database: Database) {
    let before = database.store().await;
    before
        .keep_sign_in(&tenant("acme"), "state", "session", &1, now() + 60)
        .await
        .unwrap();
    let after = database.store_with_another_key(EncryptionKey::generate()).await;
    let taken = after.take_sign_in::<i32>(&tenant("acme"), "state").await;
    assert!(
        matches!(taken, Err(StoreError::OtherKey { table: "sign_ins", .. })),
        "{taken:?}"
    );
}

async fn a_link_moved_to_another_row_does_not_open(database: Database) {
    let store = database.store().await;
    store.create(&record("1")).await.unwrap();
    store.create(&record("2")).await.unwrap();
    let swap = "UPDATE links SET sealed = (SELECT sealed FROM links WHERE id = '1') WHERE id = '2'";
    assert_eq!(database.alter(swap).await, 1);
    assert!(load_error(&store, "acme", "2").await.contains("links"));
}

async fn s37_a_link_moved_to_another_tenant_does_not_open(database: Database) {
    let store = database.store().await;
    store.create(&record("1")).await.unwrap();
    assert_eq!(database.alter("UPDATE links SET tenant = 'other'").await, 1);
    assert!(load_error(&store, "other", "1").await.contains("altered"));
}

async fn an_altered_link_does_not_open(database: Database) {
    let store = database.store().await;
    for (damage, word) in [
        (
            "UPDATE links SET sealed = SUBSTR(sealed, 1, LENGTH(sealed) - 8)",
            "altered",
        ),
        (
            "UPDATE links SET sealed = REPLACE(sealed, SUBSTR(sealed, 40, 4), 'AAAA')",
            "altered",
        ),
        ("UPDATE links SET sealed = ''", "altered"),
        ("UPDATE links SET sealed = '00000000.AAAA'", "00000000"),
    ] {
        database.alter("DELETE FROM links").await;
        store.create(&record("1")).await.unwrap();
        assert_eq!(database.alter(damage).await, 1);
        let message = load_error(&store, "acme", "1").await;
        assert!(message.contains(word), "{damage}: {message}");
    }
}

async fn a_link_passed_off_as_another_accounts_is_refused(database: Database) {
    let store = database.store().await;
    store.create(&at("1", work("done"))).await.unwrap();
    assert_eq!(database.alter("UPDATE links SET primary_id = 'auth0|eve'").await, 1);
    let found = store
        .link_that_joined(&tenant("acme"), &user("auth0|eve"), &joined())
        .await;
    assert!(matches!(found, Err(JournalError::Storage(_))), "{found:?}");
}

async fn s28_one_unreadable_link_does_not_stop_the_others(database: Database) {
    let store = database.store().await;
    let (broken, sound) = (at("1", work("confirmed")), at("2", work("confirmed")));
    store.create(&broken).await.unwrap();
    store.create(&sound).await.unwrap();
    assert_eq!(database.alter("UPDATE links SET sealed = 'x' WHERE id = '1'").await, 1);
    assert_eq!(store.under_way(&tenant("acme")).await.unwrap(), [sound]);
}

async fn an_altered_decision_does_not_open(database: Database) {
    let store = database.store().await;
    store.note(&tenant("acme"), &decision("x")).await.unwrap();
    assert_eq!(database.alter("UPDATE decisions SET tenant = 'other'").await, 1);
    let read = store.decisions(&tenant("other"), 1).await;
    assert!(
        matches!(read, Err(StoreError::Altered { table: "decisions" })),
        "{read:?}"
    );
}
