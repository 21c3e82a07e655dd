//! Audit trails as they are written out.

use std::io;

use conjoin::store::{AuditBroken, AuditHead, Store, StoreError};
use conjoin_linking::journal::Journal;
use serde_json::Value;

use crate::audit::{entry, five};
use crate::database::{Database, tenant};
use crate::records::{at, work};

on_both!(
    an_export_verifies_and_ends_with_its_head,
    a43_every_damage_to_an_export_is_found,
    an_export_of_another_tenant_or_installation_is_none_of_this_one,
    a_sink_that_fails_ends_the_export,
);

async fn export(store: &Store) -> Vec<String> {
    let mut lines = Vec::new();
    store
        .export_audit(&tenant("acme"), &mut |line| {
            lines.push(line.to_owned());
            Ok(())
        })
        .await
        .unwrap();
    lines
}

fn verify(store: &Store, lines: &[String], known: &[AuditHead]) -> Result<AuditHead, AuditBroken> {
    let mut lines = lines.iter().map(|line| Ok(line.clone()));
    store.verify_lines(&tenant("acme"), &mut lines, known)
}

async fn an_export_verifies_and_ends_with_its_head(database: Database) {
    let store = database.store().await;
    assert_eq!(verify(&store, &export(&store).await, &[]).unwrap().seq, 0, "of nothing");
    store.create(&at("1", work("done"))).await.unwrap();
    let early = store.verify_audit(&tenant("acme"), &[]).await.unwrap();
    let head = five(&store, &tenant("acme")).await;
    let lines = export(&store).await;
    assert_eq!(lines.len(), 7);
    assert!(lines[6].starts_with("{\"head\":{"), "{}", lines[6]);
    assert_eq!(verify(&store, &lines, &[early, head.clone()]).unwrap(), head);
    // Any tool may have written it anew.
    let rewritten: Vec<_> = lines
        .iter()
        .map(|line| format!("{:#}", line.parse::<Value>().unwrap()))
        .collect();
    assert_eq!(verify(&store, &rewritten, &[]).unwrap(), head);
    store.audit(&tenant("acme"), &entry("more")).await.unwrap();
    assert_eq!(verify(&store, &lines, &[]).unwrap(), head, "it stays valid");
    let later = store.verify_audit(&tenant("acme"), &[]).await.unwrap();
    let found = verify(&store, &lines, &[later]);
    assert!(
        matches!(found, Err(AuditBroken::CutOff { seq: 6, expected: 7 })),
        "{found:?}"
    );
}

async fn a43_every_damage_to_an_export_is_found(database: Database) {
    type Damage = fn(&mut Vec<String>);
    let store = database.store().await;
    five(&store, &tenant("acme")).await;
    let whole = export(&store).await;
    let damages: [(Damage, &str); 9] = [
        (|lines| drop(lines.remove(2)), "Missing { seq: 3 }"),
        (|lines| lines.swap(1, 2), "Missing { seq: 2 }"),
        (
            |lines| lines[3] = lines[3].replace("four", "vier"),
            "Altered { seq: 4 }",
        ),
        (|lines| lines.insert(2, lines[1].clone()), "Altered { seq: 2 }"),
        (|lines| drop(lines.remove(4)), "CutOff { seq: 4, expected: 5 }"),
        (|lines| drop(lines.pop()), "NoHead { seq: 5 }"),
        (
            |lines| lines[5] = lines[5].replace("\"mac\":\"", "\"mac\":\"0"),
            "Head { seq: 5 }",
        ),
        (|lines| lines.push(lines[0].clone()), "Form { seq: 5 }"),
        (|lines| lines[0] = "{}".to_owned(), "Form { seq: 0 }"),
    ];
    for (damage, expected) in damages {
        let mut lines = whole.clone();
        damage(&mut lines);
        let found = verify(&store, &lines, &[]).unwrap_err();
        assert_eq!(format!("{found:?}"), expected);
    }
}

async fn an_export_of_another_tenant_or_installation_is_none_of_this_one(database: Database) {
    let store = database.store().await;
    five(&store, &tenant("acme")).await;
    let lines = export(&store).await;
    let mut same = lines.iter().map(|line| Ok(line.clone()));
    let found = store.verify_lines(&tenant("other"), &mut same, &[]);
    assert!(matches!(found, Err(AuditBroken::Altered { seq: 1 })), "{found:?}");
    let elsewhere = Database::sqlite();
    let found = verify(&elsewhere.store().await, &lines, &[]);
    assert!(matches!(found, Err(AuditBroken::Altered { seq: 1 })), "{found:?}");
}

async fn a_sink_that_fails_ends_the_export(database: Database) {
    let store = database.store().await;
    five(&store, &tenant("acme")).await;
    let mut taken = 0;
    let outcome = store
        .export_audit(&tenant("acme"), &mut |_| {
            taken += 1;
            if taken == 3 {
                Err(io::Error::other("full"))
            } else {
                Ok(())
            }
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Output(_))), "{outcome:?}");
    assert_eq!(taken, 3);
}
