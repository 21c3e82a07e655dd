//! What the sweep removes, and what it must not.

use std::time::Duration;

use conjoin::store::Store;
use conjoin_linking::error::RefusedBy;
use conjoin_linking::journal::Journal;
use conjoin_linking::record::{LinkId, Record, Stage};
use sqlx::{AssertSqlSafe, Row};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::Id;

use crate::database::{Database, now, tenant};
use crate::records::{at, attention, record, rolled_back, user, work};

on_both!(
    what_has_expired_goes_and_the_rest_stays,
    links_that_were_confirmed_are_kept_for_ever,
    links_without_effect_go_after_a_month,
    messages_go_a_week_after_delivery_or_a_quarter_after_they_were_given_up,
    a_links_abandoned_plan_goes_a_day_after_it_expired,
);

async fn count(database: &Database, query: &'static str) -> i64 {
    let raw = database.raw().await;
    sqlx::query(query).fetch_one(&raw).await.unwrap().get(0)
}

async fn what_has_expired_goes_and_the_rest_stays(database: Database) {
    let store = database.store().await;
    for (age, lease) in [(0, Duration::ZERO), (3600, Duration::from_secs(3600))] {
        let mut session = tower_sessions::session::Record {
            id: Id::default(),
            data: [].into(),
            expiry_date: OffsetDateTime::from_unix_timestamp(now() + age).unwrap(),
        };
        SessionStore::create(&store, &mut session).await.unwrap();
        store
            .keep_sign_in(&tenant("acme"), &age.to_string(), "session", &1, now() + age)
            .await
            .unwrap();
        let account = user(&format!("a|{age}"));
        assert!(store.lock(&tenant("acme"), &[&account], "holder", lease).await.unwrap());
    }
    store.sweep().await.unwrap();
    assert_eq!(count(&database, "SELECT COUNT(*) FROM sessions").await, 1);
    assert_eq!(count(&database, "SELECT COUNT(*) FROM sign_ins").await, 1);
    // By this host's clock it has ended; by that of the database it may be held.
    assert_eq!(count(&database, "SELECT COUNT(*) FROM account_locks").await, 2);
    let long_ago = "UPDATE account_locks SET expires_at = expires_at - 7200000 WHERE account = 'a|0'";
    database.alter(long_ago).await;
    store.sweep().await.unwrap();
    assert_eq!(count(&database, "SELECT COUNT(*) FROM account_locks").await, 1);
    assert!(
        store
            .take_sign_in::<i32>(&tenant("acme"), "3600")
            .await
            .unwrap()
            .is_some()
    );
}

async fn keep(store: &Store, id: &str, stage: Stage, expires_at: i64) {
    Journal::create(
        store,
        &Record {
            expires_at,
            ..at(id, stage)
        },
    )
    .await
    .unwrap();
}

async fn is_kept(store: &Store, id: &str) -> bool {
    let id = LinkId(id.to_owned());
    Journal::load(store, &tenant("acme"), &id).await.unwrap().is_some()
}

async fn links_that_were_confirmed_are_kept_for_ever(database: Database) {
    let store = database.store().await;
    let stages = [
        work("confirmed"),
        work("linked"),
        work("done"),
        rolled_back(),
        attention(work("linked")),
    ];
    for (number, stage) in stages.into_iter().enumerate() {
        keep(&store, &number.to_string(), stage, 1).await;
    }
    database.alter("UPDATE links SET changed_at = 1").await;
    store.tidy().await.unwrap();
    assert_eq!(count(&database, "SELECT COUNT(*) FROM links").await, 5);
}

async fn links_without_effect_go_after_a_month(database: Database) {
    let store = database.store().await;
    let refused = || Stage::Refused(RefusedBy::Person);
    for (id, stage) in [
        ("1", Stage::Expired),
        ("2", refused()),
        ("3", Stage::Expired),
        ("4", refused()),
    ] {
        keep(&store, id, stage, 1).await;
    }
    let month = 30 * 24 * 3600;
    for (ids, age) in [("'1', '2'", month), ("'3', '4'", month - 600)] {
        let changed_at = (now() - age) * 1_000_000;
        let statement = format!("UPDATE links SET changed_at = {changed_at} WHERE id IN ({ids})");
        assert_eq!(database.alter(AssertSqlSafe(statement)).await, 2);
    }
    store.tidy().await.unwrap();
    for (id, kept) in [("1", false), ("2", false), ("3", true), ("4", true)] {
        assert_eq!(is_kept(&store, id).await, kept, "{id}");
    }
}

async fn messages_go_a_week_after_delivery_or_a_quarter_after_they_were_given_up(database: Database) {
    let store = database.store().await;
    let day = 24 * 3600;
    for (state, age) in [
        ("pending", 1000),
        ("delivered", 7),
        ("delivered", 6),
        ("dead", 90),
        ("dead", 89),
    ] {
        let changed_at = now() - age * day;
        let statement = format!(
            "INSERT INTO outbox (tenant, id, channel, state, kind, link, seq, created_at, changed_at, due_at, attempts, sealed)
             VALUES ('acme', '{state} {age}', 'webhook', '{state}', 'link.linked', '1', 1, 1, {changed_at}, 1, 0, '')"
        );
        assert_eq!(database.alter(AssertSqlSafe(statement)).await, 1);
    }
    store.tidy().await.unwrap();
    let left: Vec<String> = sqlx::query("SELECT id FROM outbox ORDER BY id")
        .fetch_all(&database.raw().await)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(left, ["dead 89", "delivered 6", "pending 1000"]);
}

async fn a_links_abandoned_plan_goes_a_day_after_it_expired(database: Database) {
    let store = database.store().await;
    let day = 24 * 3600;
    for (id, expires_at) in [
        ("old", now() - day),
        ("recent", now() - day + 600),
        ("open", now() + 600),
    ] {
        keep(&store, id, record(id).stage, expires_at).await;
    }
    store.tidy().await.unwrap();
    assert!(!is_kept(&store, "old").await);
    assert!(is_kept(&store, "recent").await);
    assert!(is_kept(&store, "open").await);
}
