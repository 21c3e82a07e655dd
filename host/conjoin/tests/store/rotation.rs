//! Changing the encryption key while hosts run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use conjoin::store::{Channels, EncryptionKey, KeyRing, MessageState, Store};
use conjoin_linking::journal::Journal;
use conjoin_linking::record::{Record, Stage};
use secrecy::SecretString;
use serde_json::json;
use sqlx::Row;
use tower_sessions::SessionStore;
use tower_sessions::session::{self, Id};

use crate::database::{Database, now, tenant};
use crate::records::{PRIVATE, at, decision, joined, keep, kept, of_grace, user, work};

on_both!(
    a_key_can_be_changed_while_links_move_on,
    resealing_twice_finds_nothing_the_second_time,
    what_cannot_be_opened_is_named_and_left,
);

const TABLES: [&str; 6] = ["secrets", "links", "outbox", "decisions", "sessions", "sign_ins"];

fn copy(key: &EncryptionKey) -> EncryptionKey {
    EncryptionKey::from_base64(&SecretString::from(key.to_base64())).unwrap()
}

async fn fill(store: &Store) -> session::Record {
    let acme = tenant("acme");
    keep(store, &at("done", work("done"))).await;
    for number in 0..60 {
        keep(store, &at(&format!("moves {number}"), of_grace(&work("linked")))).await;
    }
    store.note(&acme, &decision("said")).await.unwrap();
    store
        .keep_sign_in(&acme, "state", "session", &1, now() + 600)
        .await
        .unwrap();
    let mut session = session::Record {
        id: Id::default(),
        data: [("person".to_owned(), json!("ada"))].into(),
        expiry_date: time::OffsetDateTime::now_utc() + time::Duration::hours(1),
    };
    SessionStore::create(store, &mut session).await.unwrap();
    session
}

/// Moves every link that [`fill`] made round and round until it is told to stop; gives the last of each.
async fn keep_moving(store: Store, stop: Arc<AtomicBool>) -> Vec<Record> {
    let mut links: Vec<Record> = (0..60)
        .map(|number| at(&format!("moves {number}"), of_grace(&work("linked"))))
        .collect();
    while !stop.load(Ordering::Relaxed) {
        for link in &mut links {
            let next = link.at(of_grace(&work("metadata_written")));
            store.advance(&next).await.unwrap();
            *link = next;
        }
    }
    links
}

async fn under(database: &Database, key: &str) -> Vec<i64> {
    let raw = database.raw().await;
    let mut counts = Vec::new();
    for table in TABLES {
        let statement = format!("SELECT COUNT(*) FROM {table} WHERE sealed LIKE '{key}.%'");
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .fetch_one(&raw)
            .await
            .unwrap();
        counts.push(row.get(0));
    }
    counts
}

async fn a_key_can_be_changed_while_links_move_on(database: Database) {
    let acme = tenant("acme");
    let channels = Channels {
        webhook: true,
        mail: true,
    };
    let before = database.store().await.announcing(acme.clone(), channels);
    let session = fill(&before).await;
    let owner = before.session_owner(&acme, &user("auth0|ada"));
    let new = EncryptionKey::generate();
    assert!(
        Store::open(&database.url, copy(&new)).await.is_err(),
        "not before it is resealed"
    );

    let ring = KeyRing::new(copy(&new), vec![database.key()]);
    let between = Store::open(&database.url, ring).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let moving = tokio::spawn(keep_moving(between.clone(), stop.clone()));
    let resealed = between.reseal().await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let moved = moving.await.unwrap();
    assert!(
        resealed.rows > 0 && resealed.moved == 0 && resealed.unreadable.is_empty(),
        "{resealed:?}"
    );
    assert_eq!(under(&database, &database.key().id()).await, [0; 6]);

    let after = Store::open(&database.url, new).await.unwrap();
    for link in moved {
        assert_eq!(kept(&after, &link.id.0).await, Some(link));
    }
    let done = after
        .link_that_joined(&acme, &user("auth0|ada"), &joined())
        .await
        .unwrap()
        .unwrap();
    let Stage::Done(work) = done.stage else {
        panic!("{done:?}");
    };
    assert_eq!(work.originals[1].profile["city"], PRIVATE);
    after.verify_audit(&acme, &[]).await.unwrap();
    assert_eq!(after.session_owner(&acme, &user("auth0|ada")), owner);
    assert_eq!(
        after.decisions(&acme, 1).await.unwrap()[0].record.log.entries[0].message,
        "said"
    );
    assert_eq!(SessionStore::load(&after, &session.id).await.unwrap(), Some(session));
    assert_eq!(after.messages(&acme, MessageState::Pending, 10).await.unwrap().len(), 2);
    assert_eq!(
        after.take_sign_in::<i32>(&acme, "state").await.unwrap().unwrap().body,
        1
    );
}

async fn resealing_twice_finds_nothing_the_second_time(database: Database) {
    fill(&database.store().await).await;
    let new = EncryptionKey::generate();
    let ring = KeyRing::new(copy(&new), vec![EncryptionKey::generate(), database.key()]);
    let store = Store::open(&database.url, ring).await.unwrap();
    let first = store.reseal().await.unwrap();
    assert_eq!(
        first.rows,
        1 + 61 + 1 + 1 + 1,
        "secrets, links, decision, session, sign-in"
    );
    assert_eq!(store.reseal().await.unwrap(), conjoin::store::Resealed::default());
}

async fn what_cannot_be_opened_is_named_and_left(database: Database) {
    let store = database.store().await;
    keep(&store, &at("lost", work("done"))).await;
    keep(&store, &at("sound", work("done"))).await;
    assert_eq!(
        database
            .alter("UPDATE links SET sealed = 'aaaaaaaa.AAAA' WHERE id = 'lost'")
            .await,
        1
    );
    let ring = KeyRing::new(EncryptionKey::generate(), vec![database.key()]);
    let resealed = Store::open(&database.url, ring).await.unwrap().reseal().await.unwrap();
    assert_eq!(resealed.rows, 2);
    assert_eq!(resealed.unreadable.len(), 1);
    let lost = &resealed.unreadable[0];
    assert_eq!(
        (lost.table, lost.tenant.as_str(), lost.row.as_str()),
        ("links", "acme", "lost")
    );
    assert!(lost.why.contains("aaaaaaaa"), "{}", lost.why);
    let left = "SELECT sealed FROM links WHERE id = 'lost'";
    assert!(database.shows(left, "aaaaaaaa.AAAA").await);
}
