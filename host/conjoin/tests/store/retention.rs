//! Forgetting what is old.

use conjoin_linking::journal::Journal;
use conjoin_linking::record::{LinkId, Record, Stage};
use sqlx::{AssertSqlSafe, Row};

use crate::database::{Database, now, tenant};
use crate::records::{PRIVATE, at, attention, joined, record, rolled_back, unlinked, user, work};

on_both!(
    what_ended_before_is_forgotten_and_nothing_else,
    the_oldest_go_first_and_no_more_than_asked_for,
    what_cannot_be_opened_does_not_keep_the_rest,
);

const DAY: i64 = 24 * 3600;

async fn age(database: &Database, id: &str, days: i64) {
    let changed_at = (now() - days * DAY) * 1_000_000;
    let statement = format!("UPDATE links SET changed_at = {changed_at} WHERE id = '{id}'");
    assert_eq!(database.alter(AssertSqlSafe(statement)).await, 1);
}

async fn stage(journal: &impl Journal, id: &str) -> Stage {
    let id = LinkId(id.to_owned());
    journal.load(&tenant("acme"), &id).await.unwrap().unwrap().stage
}

async fn what_ended_before_is_forgotten_and_nothing_else(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    for (id, stage, days) in [
        ("done", work("done"), 31),
        ("unlinked", unlinked(), 31),
        ("back", rolled_back(), 31),
        ("young", work("done"), 29),
        ("linked", work("linked"), 31),
        ("stuck", attention(work("linked")), 31),
        ("waits", record("waits").stage, 31),
        ("expired", Stage::Expired, 31),
    ] {
        store.create(&at(id, stage)).await.unwrap();
        age(&database, id, days).await;
    }
    let theirs = Record {
        tenant: tenant("other"),
        ..at("theirs", work("done"))
    };
    store.create(&theirs).await.unwrap();
    age(&database, "theirs", 31).await;
    let entries = store.verify_audit(&acme, &[]).await.unwrap().seq;
    assert_eq!(store.forget_older_than(&acme, now() - 30 * DAY, 100).await.unwrap(), 3);
    for (id, was) in [("done", "done"), ("unlinked", "unlinked"), ("back", "rolled_back")] {
        let Stage::Forgotten {
            was: found,
            primary,
            identity,
        } = stage(&store, id).await
        else {
            panic!("{id}");
        };
        assert_eq!((found.as_str(), primary, identity), (was, user("auth0|ada"), joined()));
    }
    for (id, name) in [
        ("young", "done"),
        ("linked", "linked"),
        ("stuck", "needs_attention"),
        ("waits", "requested"),
        ("expired", "expired"),
    ] {
        assert_eq!(stage(&store, id).await.name(), name);
    }
    let theirs = store.load(&tenant("other"), &theirs.id).await.unwrap().unwrap();
    assert_eq!(theirs.stage.name(), "done");
    let last = store.audit_page(&acme, entries, 10).await.unwrap();
    let mut events: Vec<_> = last.iter().map(|line| line.entry.event.as_str()).collect();
    events.sort_unstable();
    assert_eq!(events, ["link.forgotten", "link.forgotten", "unlink.forgotten"]);
    assert_eq!(store.forget_older_than(&acme, now() - 30 * DAY, 100).await.unwrap(), 0);
}

async fn the_oldest_go_first_and_no_more_than_asked_for(database: Database) {
    let store = database.store().await;
    for number in 1..=60 {
        let id = number.to_string();
        store.create(&at(&id, work("done"))).await.unwrap();
        age(&database, &id, number).await;
    }
    let acme = tenant("acme");
    assert_eq!(store.forget_older_than(&acme, now(), 2).await.unwrap(), 2);
    for (id, name) in [("60", "forgotten"), ("59", "forgotten"), ("58", "done")] {
        assert_eq!(stage(&store, id).await.name(), name);
    }
    assert_eq!(store.forget_older_than(&acme, now(), 1000).await.unwrap(), 58);
    let sealed = sqlx::query("SELECT MAX(LENGTH(sealed)) FROM links")
        .fetch_one(&database.raw().await)
        .await
        .unwrap()
        .get::<i64, _>(0);
    let whole = serde_json::to_string(&work("done")).unwrap();
    assert!(
        whole.contains(PRIVATE) && sealed < whole.len() as i64,
        "nothing of it is left: {sealed}"
    );
}

async fn what_cannot_be_opened_does_not_keep_the_rest(database: Database) {
    let store = database.store().await;
    for number in 0..55 {
        let id = format!("lost {number}");
        store.create(&at(&id, work("done"))).await.unwrap();
    }
    database.alter("UPDATE links SET sealed = 'x', changed_at = 1").await;
    store.create(&at("sound", work("done"))).await.unwrap();
    assert_eq!(
        store.forget_older_than(&tenant("acme"), now() + 60, 1).await.unwrap(),
        1
    );
    assert_eq!(stage(&store, "sound").await.name(), "forgotten");
}
