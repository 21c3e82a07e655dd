//! Decisions that are written down at the same time.

use std::collections::BTreeSet;
use std::task::Poll;
use std::time::Duration;

use conjoin_linking::journal::{DecisionRecord, Journal};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Row};

use crate::database::{Database, now, tenant};
use crate::records::decision;

on_both!(
    all_that_come_at_once_are_kept_once_each,
    what_cannot_be_written_is_told_to_each_and_the_next_one_can_be,
    whoever_goes_away_leaves_a_decision_that_is_written,
    each_tenant_keeps_its_newest_ten_thousand,
);

/// More than one statement takes.
const MANY: usize = 1_200;

async fn all_that_come_at_once_are_kept_once_each(database: Database) {
    let store = database.store().await;
    let tenants = [tenant("acme"), tenant("globex")];
    let numbered = |number: usize| DecisionRecord {
        transaction: number.to_string(),
        ..decision("one of many")
    };
    let decisions: Vec<_> = (0..MANY).map(numbered).collect();
    let noted = decisions
        .iter()
        .enumerate()
        .map(|(number, decision)| store.note(&tenants[number % 2], decision));
    for noted in join_all(noted).await {
        noted.unwrap();
    }
    for (rest, tenant) in tenants.iter().enumerate() {
        let kept = store.decisions(tenant, 10_000).await.unwrap();
        let kept: BTreeSet<usize> = kept
            .iter()
            .map(|kept| kept.record.transaction.parse().unwrap())
            .collect();
        let expected: BTreeSet<usize> = (0..MANY).filter(|number| number % 2 == rest).collect();
        assert_eq!(kept, expected);
    }
}

async fn what_cannot_be_written_is_told_to_each_and_the_next_one_can_be(database: Database) {
    let store = database.store().await;
    database.alter("ALTER TABLE decisions RENAME TO away").await;
    let (acme, one) = (tenant("acme"), decision("one"));
    let failed = join_all((0..20).map(|_| store.note(&acme, &one))).await;
    assert!(failed.iter().all(Result::is_err));
    database.alter("ALTER TABLE away RENAME TO decisions").await;
    store.note(&acme, &one).await.unwrap();
    assert_eq!(store.decisions(&acme, 10).await.unwrap().len(), 1);
}

async fn whoever_goes_away_leaves_a_decision_that_is_written(database: Database) {
    let store = database.store().await;
    let (acme, one, other) = (tenant("acme"), decision("one"), decision("other"));
    // Begun, and dropped.
    let mut noted = store.note(&acme, &one);
    let waits = std::future::poll_fn(|context| Poll::Ready(noted.as_mut().poll(context).is_pending())).await;
    assert!(waits);
    drop(noted);
    store.note(&acme, &other).await.unwrap();
    let mut kept = 0;
    for _ in 0..400 {
        kept = store.decisions(&acme, 10).await.unwrap().len();
        if kept == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(kept, 2);
}

async fn each_tenant_keeps_its_newest_ten_thousand(database: Database) {
    let store = database.store().await;
    // Past the store: ten thousand decisions one by one would take a while.
    let before = now() * 1_000_000 - 1_000_000;
    for fill in [
        format!(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10007)
             INSERT INTO decisions (tenant, id, noted_at, sealed) SELECT 'acme', CAST(n AS TEXT), {before} + n, '' FROM numbers"
        ),
        format!("INSERT INTO decisions (tenant, id, noted_at, sealed) VALUES ('small', 'only', {before}, '')"),
    ] {
        database.alter(AssertSqlSafe(fill)).await;
    }
    // It is looked from time to time.
    let (acme, one) = (tenant("acme"), decision("one of many"));
    for noted in join_all((0..500).map(|_| store.note(&acme, &one))).await {
        noted.unwrap();
    }
    let raw = database.raw().await;
    let query = "SELECT COUNT(*), MIN(noted_at) FROM decisions WHERE tenant = 'acme'";
    let mut left = (0, 0);
    for _ in 0..400 {
        let row = sqlx::query(query).fetch_one(&raw).await.unwrap();
        left = (row.get::<i64, _>(0), row.get::<i64, _>(1));
        if left.0 == 10_000 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(left, (10_000, before + 508));
    let small = sqlx::query("SELECT COUNT(*) FROM decisions WHERE tenant = 'small'");
    assert_eq!(small.fetch_one(&raw).await.unwrap().get::<i64, _>(0), 1);
}
