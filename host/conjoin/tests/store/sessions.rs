//! Browser sessions.

use conjoin::store::{EncryptionKey, SESSION_OWNER};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

use crate::database::{Database, tenant};
use crate::records::user;

on_both!(
    a_session_is_kept_changed_and_deleted,
    an_id_that_is_taken_is_replaced,
    an_expired_session_is_none,
    a_request_that_outlives_a_logout_does_not_bring_the_session_back,
    neither_id_nor_data_stands_readable,
    a_session_of_another_key_is_none_and_is_deleted,
    an_altered_session_is_none,
    a_name_that_a_session_had_is_known_for_a_moment,
    the_sessions_of_an_account_end_and_no_others,
    whose_a_session_is_follows_its_data,
    an_owner_is_of_one_tenant_and_the_same_after_a_restart,
);

fn session(person: &str) -> Record {
    Record {
        id: Id::default(),
        data: [("person".to_owned(), json!(person))].into(),
        expiry_date: OffsetDateTime::now_utc() + Duration::hours(1),
    }
}

async fn a_session_is_kept_changed_and_deleted(database: Database) {
    let store = database.store().await;
    let mut record = session("ada");
    store.create(&mut record).await.unwrap();
    assert_eq!(store.load(&record.id).await.unwrap().as_ref(), Some(&record));
    record.data.insert("person".to_owned(), json!("grace"));
    record.expiry_date += Duration::hours(1);
    store.save(&record).await.unwrap();
    assert_eq!(
        database.store().await.load(&record.id).await.unwrap().as_ref(),
        Some(&record)
    );
    store.delete(&record.id).await.unwrap();
    assert_eq!(store.load(&record.id).await.unwrap(), None);
    assert_eq!(store.load(&Id::default()).await.unwrap(), None);
}

async fn an_id_that_is_taken_is_replaced(database: Database) {
    let store = database.store().await;
    let mut first = session("ada");
    store.create(&mut first).await.unwrap();
    let mut second = Record {
        id: first.id,
        ..session("grace")
    };
    store.create(&mut second).await.unwrap();
    assert_ne!(second.id, first.id);
    assert_eq!(store.load(&first.id).await.unwrap(), Some(first));
    assert_eq!(store.load(&second.id).await.unwrap(), Some(second));
}

async fn a_name_that_a_session_had_is_known_for_a_moment(database: Database) {
    let store = database.store().await;
    let mut record = session("ada");
    store.create(&mut record).await.unwrap();
    assert!(!store.was_renamed(&record.id).await.unwrap());
    assert!(store.end_renamed_session(&record.id).await.unwrap());
    assert!(
        !store.end_renamed_session(&record.id).await.unwrap(),
        "only one is told so"
    );
    assert_eq!(store.load(&record.id).await.unwrap(), None);
    assert!(store.was_renamed(&record.id).await.unwrap());
    assert!(!store.was_renamed(&Id::default()).await.unwrap());
    database
        .alter("UPDATE renamed_sessions SET expires_at = expires_at - 5")
        .await;
    assert!(!store.was_renamed(&record.id).await.unwrap());
    store.sweep().await.unwrap();
    assert_eq!(database.alter("DELETE FROM renamed_sessions").await, 0, "swept");
}

async fn an_expired_session_is_none(database: Database) {
    let store = database.store().await;
    let mut record = Record {
        expiry_date: OffsetDateTime::now_utc(),
        ..session("ada")
    };
    store.create(&mut record).await.unwrap();
    assert_eq!(store.load(&record.id).await.unwrap(), None);
}

async fn a_request_that_outlives_a_logout_does_not_bring_the_session_back(database: Database) {
    let store = database.store().await;
    let mut record = session("ada");
    store.create(&mut record).await.unwrap();
    store.delete(&record.id).await.unwrap();
    store.save(&record).await.unwrap();
    assert_eq!(store.load(&record.id).await.unwrap(), None);
}

async fn neither_id_nor_data_stands_readable(database: Database) {
    let store = database.store().await;
    let mut record = session("ada@example.com");
    store.create(&mut record).await.unwrap();
    for secret in ["ada@example.com", &record.id.to_string()] {
        assert!(
            !database.shows("SELECT id || sealed FROM sessions", secret).await,
            "{secret}"
        );
    }
}

async fn a_session_of_another_key_is_none_and_is_deleted(database: Database) {
    let before = database.store().await;
    let mut record = session("ada");
    before.create(&mut record).await.unwrap();
    let after = database.store_with_another_key(EncryptionKey::generate()).await;
    assert_eq!(after.load(&record.id).await.unwrap(), None);
    assert_eq!(before.load(&record.id).await.unwrap(), None, "it is deleted");
    after.create(&mut record).await.unwrap();
    assert_eq!(after.load(&record.id).await.unwrap(), Some(record));
}

async fn an_altered_session_is_none(database: Database) {
    let store = database.store().await;
    let (mut admin, mut attacker) = (session("admin"), session("attacker"));
    store.create(&mut attacker).await.unwrap();
    let sealed = "UPDATE sessions SET sealed = (SELECT MAX(sealed) FROM sessions)";
    store.create(&mut admin).await.unwrap();
    assert_eq!(database.alter(sealed).await, 2);
    let people = [
        store.load(&admin.id).await.unwrap(),
        store.load(&attacker.id).await.unwrap(),
    ];
    assert_eq!(
        people.iter().flatten().count(),
        1,
        "a session opens only in its own row"
    );
}

async fn begin(store: &impl SessionStore, owner: Option<&str>) -> Id {
    let mut record = session("someone");
    if let Some(owner) = owner {
        record.data.insert(SESSION_OWNER.to_owned(), json!(owner));
    }
    store.create(&mut record).await.unwrap();
    record.id
}

async fn the_sessions_of_an_account_end_and_no_others(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    let ada = store.session_owner(&acme, &user("auth0|ada"));
    let grace = store.session_owner(&acme, &user("auth0|grace"));
    assert_ne!(ada, grace);
    let hers = [begin(&store, Some(&ada)).await, begin(&store, Some(&ada)).await];
    let others = [begin(&store, Some(&grace)).await, begin(&store, None).await];
    assert_eq!(store.end_sessions_of(&ada).await.unwrap(), 2);
    for ended in hers {
        assert_eq!(store.load(&ended).await.unwrap(), None);
    }
    for other in others {
        assert!(store.load(&other).await.unwrap().is_some());
    }
}

async fn whose_a_session_is_follows_its_data(database: Database) {
    let store = database.store().await;
    let id = begin(&store, None).await;
    let mut record = store.load(&id).await.unwrap().unwrap();
    record.data.insert(SESSION_OWNER.to_owned(), json!("ada"));
    store.save(&record).await.unwrap();
    record.data.insert(SESSION_OWNER.to_owned(), json!("grace"));
    store.save(&record).await.unwrap();
    assert_eq!(store.end_sessions_of("ada").await.unwrap(), 0);
    assert_eq!(store.end_sessions_of("grace").await.unwrap(), 1);
}

async fn an_owner_is_of_one_tenant_and_the_same_after_a_restart(database: Database) {
    let store = database.store().await;
    let ada = user("auth0|ada");
    let owner = store.session_owner(&tenant("acme"), &ada);
    assert_ne!(owner, store.session_owner(&tenant("other"), &ada));
    assert!(!owner.contains("auth0|ada"));
    assert_eq!(owner, database.store().await.session_owner(&tenant("acme"), &ada));
}
