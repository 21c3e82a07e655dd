//! The audit trail, and what becomes visible in it.

use conjoin::store::{AuditBroken, AuditHead, Store};
use conjoin_linking::audit::{Actor, AuditEntry};
use conjoin_linking::journal::Journal;
use conjoin_linking::record::Stage;
use conjoin_linking::tenant::TenantName;
use serde_json::Map;
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;

use crate::database::{Database, now, tenant};
use crate::records::{PRIVATE, at, record, work};

on_both!(
    each_stage_and_each_word_of_an_operator_is_an_entry,
    a_stage_that_is_not_stored_leaves_no_entry,
    a43_no_value_and_no_plain_digest_of_one_is_in_it,
    entries_of_two_tenants_do_not_mix,
    a43_every_damage_is_found_where_it_is,
    nothing_is_appended_to_an_end_that_is_not_ours,
    a43_a_known_head_shows_what_the_trail_alone_cannot,
    twenty_at_once_leave_no_gap,
    a_trail_of_several_pages_is_verified,
    the_trail_is_read_page_by_page,
);

pub fn entry(event: &str) -> AuditEntry {
    AuditEntry::by_operator(event, "root", None, Map::new())
}

/// Five entries, whose events are `one` to `five`.
pub async fn five(store: &Store, tenant: &TenantName) -> AuditHead {
    for event in ["one", "two", "three", "four", "five"] {
        store.audit(tenant, &entry(event)).await.unwrap();
    }
    store.verify_audit(tenant, &[]).await.unwrap()
}

async fn events(store: &Store, tenant: &TenantName) -> Vec<String> {
    let lines = store.audit_page(tenant, 0, 100).await.unwrap();
    lines.into_iter().map(|line| line.entry.event).collect()
}

async fn each_stage_and_each_word_of_an_operator_is_an_entry(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    let first = record("1");
    store.create(&first).await.unwrap();
    let second = first.at(work("confirmed"));
    store.advance(&second).await.unwrap();
    store
        .advance(&second.put_off(
            "no answer".to_owned(),
            false,
            &conjoin_linking::pace::Pace::default(),
            now(),
        ))
        .await
        .unwrap();
    store.audit(&acme, &entry("link.settle")).await.unwrap();
    let lines = store.audit_page(&acme, 0, 100).await.unwrap();
    let found: Vec<_> = lines.iter().map(|line| (line.seq, line.entry.event.as_str())).collect();
    assert_eq!(
        found,
        [
            (1, "link.requested"),
            (2, "link.confirmed"),
            (3, "link.confirmed"),
            (4, "link.settle")
        ]
    );
    assert!(lines.iter().all(|line| (line.at - now()).abs() < 60));
    assert_eq!(lines[0].entry.link, Some(first.id));
    assert_eq!(lines[1].entry.actor, Actor::Person("auth0|ada".to_owned()));
    assert_eq!(lines[2].entry.facts["problem"], "no answer");
    let head = store.verify_audit(&acme, &[]).await.unwrap();
    assert_eq!((head.seq, head.at), (4, lines[3].at));
    assert_eq!(
        database
            .store()
            .await
            .verify_audit(&acme, std::slice::from_ref(&head))
            .await
            .unwrap(),
        head
    );
}

async fn a_stage_that_is_not_stored_leaves_no_entry(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    let first = record("1");
    store.create(&first).await.unwrap();
    store.create(&first).await.unwrap_err();
    store
        .advance(&first.at(Stage::Expired).at(Stage::Expired))
        .await
        .unwrap_err();
    store.advance(&record("2").at(Stage::Expired)).await.unwrap_err();
    assert_eq!(events(&store, &acme).await, ["link.requested"]);
    store.verify_audit(&acme, &[]).await.unwrap();
}

async fn a43_no_value_and_no_plain_digest_of_one_is_in_it(database: Database) {
    let store = database.store().await;
    store.create(&at("1", work("done"))).await.unwrap();
    let all = "SELECT tenant || entry || mac FROM audit";
    for value in [
        PRIVATE.to_owned(),
        format!("\"{PRIVATE}\""),
        format!("{{\"home\":\"{PRIVATE}\"}}"),
    ] {
        let plain = hex::encode(Sha256::digest(&value));
        for needle in [&value, &plain] {
            assert!(!database.shows(all, needle).await, "{needle}");
        }
    }
    assert!(!database.shows(all, "ada@example.com").await);
    assert!(database.shows(all, "hmac-sha256:").await, "a keyed digest is");
    // Equal bags have equal digests, or nobody could compare before and after.
    let facts = store
        .audit_page(&tenant("acme"), 0, 1)
        .await
        .unwrap()
        .remove(0)
        .entry
        .facts;
    let before = &facts["before"];
    assert_eq!(before["primary"]["user_metadata"], before["secondary"]["user_metadata"]);
    assert_ne!(before["primary"]["user_metadata"], before["primary"]["app_metadata"]);
}

async fn entries_of_two_tenants_do_not_mix(database: Database) {
    let store = database.store().await;
    let (acme, other) = (tenant("acme"), tenant("other"));
    for (tenant, event) in [(&acme, "a1"), (&other, "o1"), (&acme, "a2")] {
        store.audit(tenant, &entry(event)).await.unwrap();
    }
    assert_eq!(events(&store, &acme).await, ["a1", "a2"]);
    assert_eq!(events(&store, &other).await, ["o1"]);
    let heads = [
        store.verify_audit(&acme, &[]).await.unwrap(),
        store.verify_audit(&other, &[]).await.unwrap(),
    ];
    assert_eq!(heads.each_ref().map(|head| head.seq), [2, 1]);
    let nobody = store.verify_audit(&tenant("nobody"), &[]).await.unwrap();
    assert_eq!(nobody.seq, 0);
    // A trail that is moved whole is not the other tenant's.
    database.alter("DELETE FROM audit WHERE tenant = 'other'").await;
    database.alter("DELETE FROM audit_heads WHERE tenant = 'other'").await;
    database.alter("UPDATE audit SET tenant = 'other'").await;
    database.alter("UPDATE audit_heads SET tenant = 'other'").await;
    let moved = store.verify_audit(&other, &[]).await;
    assert!(matches!(moved, Err(AuditBroken::Altered { seq: 1 })), "{moved:?}");
}

/// `T` stands for the tenant. Each is found as this says.
const DAMAGES: [(&[&str], &str); 16] = [
    (
        &["UPDATE audit SET entry = REPLACE(entry, 'three', 'drei') WHERE tenant = T AND seq = 3"],
        "Altered { seq: 3 }",
    ),
    (
        &["UPDATE audit SET noted_at = noted_at + 1 WHERE tenant = T AND seq = 2"],
        "Altered { seq: 2 }",
    ),
    (
        &["UPDATE audit SET mac = REPLACE(mac, SUBSTR(mac, 1, 1), 'x') WHERE tenant = T AND seq = 4"],
        "Altered { seq: 4 }",
    ),
    (
        &["UPDATE audit SET mac = (SELECT mac FROM audit WHERE tenant = T AND seq = 3) WHERE tenant = T AND seq = 4"],
        "Altered { seq: 4 }",
    ),
    (
        &["UPDATE audit SET seq = 9 WHERE tenant = T AND seq = 4"],
        "Missing { seq: 4 }",
    ),
    (
        &["UPDATE audit SET tenant = 'elsewhere' || T WHERE tenant = T AND seq = 2"],
        "Missing { seq: 2 }",
    ),
    (
        &["DELETE FROM audit WHERE tenant = T AND seq = 1"],
        "Missing { seq: 1 }",
    ),
    (
        &["DELETE FROM audit WHERE tenant = T AND seq = 3"],
        "Missing { seq: 3 }",
    ),
    (
        &[
            "UPDATE audit SET seq = 99 WHERE tenant = T AND seq = 2",
            "UPDATE audit SET seq = 2 WHERE tenant = T AND seq = 3",
            "UPDATE audit SET seq = 3 WHERE tenant = T AND seq = 99",
        ],
        "Altered { seq: 2 }",
    ),
    (
        &["DELETE FROM audit WHERE tenant = T AND seq >= 4"],
        "CutOff { seq: 3, expected: 5 }",
    ),
    (
        &["DELETE FROM audit WHERE tenant = T"],
        "CutOff { seq: 0, expected: 5 }",
    ),
    (
        &[
            "DELETE FROM audit WHERE tenant = T AND seq = 5",
            "UPDATE audit_heads SET seq = 4, last_mac = (SELECT mac FROM audit WHERE tenant = T AND seq = 4) WHERE tenant = T",
        ],
        "Head { seq: 4 }",
    ),
    (
        &["UPDATE audit_heads SET noted_at = noted_at + 1 WHERE tenant = T"],
        "Head { seq: 5 }",
    ),
    (&["DELETE FROM audit_heads WHERE tenant = T"], "Head { seq: 0 }"),
    (
        &[
            "INSERT INTO audit (tenant, seq, noted_at, entry, mac) SELECT tenant, 6, noted_at, entry, mac FROM audit WHERE tenant = T AND seq = 5",
        ],
        "Head { seq: 5 }",
    ),
    (
        &[
            "DELETE FROM audit WHERE tenant = T AND seq = 3",
            "INSERT INTO audit (tenant, seq, noted_at, entry, mac) SELECT tenant, 3, noted_at, entry, mac FROM audit WHERE tenant = T AND seq = 2",
        ],
        "Altered { seq: 3 }",
    ),
];

async fn a43_every_damage_is_found_where_it_is(database: Database) {
    let store = database.store().await;
    for (number, (statements, expected)) in DAMAGES.iter().enumerate() {
        let name = tenant(&format!("tenant {number}"));
        five(&store, &name).await;
        for statement in *statements {
            let statement = statement.replace(" T", &format!(" 'tenant {number}'"));
            assert!(database.alter(AssertSqlSafe(statement)).await > 0, "{statements:?}");
        }
        let found = store.verify_audit(&name, &[]).await.unwrap_err();
        assert_eq!(format!("{found:?}"), *expected, "{statements:?}");
    }
}

async fn nothing_is_appended_to_an_end_that_is_not_ours(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    five(&store, &acme).await;
    database.alter("UPDATE audit_heads SET seq = 4").await;
    store.audit(&acme, &entry("six")).await.unwrap_err();
    store.create(&record("1")).await.unwrap_err();
    assert_eq!(
        store.load(&acme, &record("1").id).await.unwrap(),
        None,
        "the record neither"
    );
    database.alter("UPDATE audit_heads SET seq = 5").await;
    store.audit(&acme, &entry("six")).await.unwrap();
}

async fn a43_a_known_head_shows_what_the_trail_alone_cannot(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    store.audit(&acme, &entry("zero")).await.unwrap();
    // The whole database is put back to here, later.
    for backup in [
        "CREATE TABLE old_audit AS SELECT * FROM audit",
        "CREATE TABLE old_heads AS SELECT * FROM audit_heads",
    ] {
        database.alter(backup).await;
    }
    let early = store.verify_audit(&acme, &[]).await.unwrap();
    let known = five(&store, &acme).await;
    store
        .verify_audit(&acme, &[early.clone(), known.clone()])
        .await
        .unwrap();
    for restore in [
        "DELETE FROM audit",
        "DELETE FROM audit_heads",
        "INSERT INTO audit SELECT * FROM old_audit",
        "INSERT INTO audit_heads SELECT * FROM old_heads",
    ] {
        database.alter(restore).await;
    }
    store.verify_audit(&acme, std::slice::from_ref(&early)).await.unwrap();
    let found = store.verify_audit(&acme, std::slice::from_ref(&known)).await;
    assert!(
        matches!(found, Err(AuditBroken::CutOff { seq: 1, expected: 6 })),
        "{found:?}"
    );
    for _ in 0..6 {
        store.audit(&acme, &entry("another")).await.unwrap();
    }
    store.verify_audit(&acme, &[early]).await.unwrap();
    let found = store.verify_audit(&acme, &[known]).await;
    assert!(matches!(found, Err(AuditBroken::Differs { seq: 6 })), "{found:?}");
}

async fn twenty_at_once_leave_no_gap(database: Database) {
    let stores = [database.store().await, database.store().await];
    let mut appends = JoinSet::new();
    for number in 0..20 {
        let store = stores[number % 2].clone();
        appends.spawn(async move { store.audit(&tenant("acme"), &entry(&number.to_string())).await });
    }
    for appended in appends.join_all().await {
        appended.unwrap();
    }
    let acme = tenant("acme");
    assert_eq!(stores[0].verify_audit(&acme, &[]).await.unwrap().seq, 20);
    let mut found = events(&stores[0], &acme).await;
    found.sort_by_key(|event| event.parse::<u32>().unwrap());
    assert_eq!(found, (0..20).map(|number| number.to_string()).collect::<Vec<_>>());
}

async fn a_trail_of_several_pages_is_verified(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    for _ in 0..510 {
        store.audit(&acme, &entry("again")).await.unwrap();
    }
    assert_eq!(store.verify_audit(&acme, &[]).await.unwrap().seq, 510);
    let mut lines = Vec::new();
    store
        .export_audit(&acme, &mut |line| {
            lines.push(Ok(line.to_owned()));
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(store.verify_lines(&acme, &mut lines.into_iter(), &[]).unwrap().seq, 510);
    database.alter("DELETE FROM audit WHERE seq = 505").await;
    let found = store.verify_audit(&acme, &[]).await;
    assert!(matches!(found, Err(AuditBroken::Missing { seq: 505 })), "{found:?}");
}

async fn the_trail_is_read_page_by_page(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    five(&store, &acme).await;
    let page = store.audit_page(&acme, 1, 2).await.unwrap();
    assert_eq!(page.iter().map(|line| line.seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(store.audit_page(&acme, 5, 2).await.unwrap(), []);
}
