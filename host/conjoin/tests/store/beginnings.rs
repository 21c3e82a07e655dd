//! What a host that starts reads of all its tenants at once.

use conjoin::store::{ActivationFacts, ActivationKind, Beginning, NewVersion, Store, Swapped, VersionState};
use conjoin_linking::policies::PolicyReference;
use serde_json::Map;

use crate::database::{Database, tenant};
use crate::policies::{digest_of, entry, plain_facts};

on_both!(
    each_tenant_begins_with_its_own_last_change,
    what_cannot_be_opened_is_in_the_way_of_its_own_tenant_only,
    a_database_with_nothing_in_it_has_nothing_that_decides,
);

async fn checked(store: &Store, name: &str, component: &str) -> String {
    let digest = digest_of(component);
    let version = NewVersion {
        digest: &digest,
        component: component.as_bytes(),
        state: VersionState::Checked,
        facts: &plain_facts(),
        signature: None,
    };
    let kept = store
        .keep_version(&tenant(name), version, &entry("policy.uploaded"))
        .await;
    assert!(kept.unwrap());
    digest
}

/// Has a version decide, or none, as the change after `expected`.
async fn change(store: &Store, name: &str, digest: Option<&str>, expected: i64) {
    let facts = ActivationFacts {
        policy: digest.map(|digest| PolicyReference {
            policy: digest.to_owned(),
            settings: String::new(),
        }),
        settings: Map::new(),
        by: "ada".to_owned(),
        kind: ActivationKind::Activate,
    };
    let entry = entry("policy.activated");
    let swapped = store
        .activate(&tenant(name), expected, &facts, &entry, (None, None))
        .await;
    assert_eq!(swapped.unwrap(), Swapped::Now(expected + 1));
}

/// The number of the last change, and the version that is kept of what it names.
fn said(beginning: &Beginning) -> (Option<i64>, Option<&str>) {
    let (last, version) = (beginning.last.as_ref().unwrap(), beginning.version.as_ref().unwrap());
    (
        last.as_ref().map(|last| last.number),
        version.as_ref().map(|version| version.digest.as_str()),
    )
}

async fn each_tenant_begins_with_its_own_last_change(database: Database) {
    let store = database.store().await;
    // Of the same component in two tenants, each has a version of its own.
    let (first, second) = (checked(&store, "a", "one").await, checked(&store, "a", "two").await);
    checked(&store, "b", "one").await;
    checked(&store, "uploaded-only", "one").await;
    change(&store, "a", Some(&first), 0).await;
    change(&store, "a", Some(&second), 1).await;
    change(&store, "b", Some(&first), 0).await;
    change(&store, "off", None, 0).await;

    let asked = ["off", "b", "uploaded-only", "unheard-of", "a"].map(tenant);
    let beginnings = store.beginnings(&asked).await.unwrap();
    let said: Vec<_> = beginnings.iter().map(said).collect();
    assert_eq!(
        said,
        [
            (Some(1), None),
            (Some(1), Some(first.as_str())),
            (None, None),
            (None, None),
            (Some(2), Some(second.as_str())),
        ]
    );
}

async fn what_cannot_be_opened_is_in_the_way_of_its_own_tenant_only(database: Database) {
    let store = database.store().await;
    for name in ["change", "version", "whole"] {
        let digest = checked(&store, name, "one").await;
        change(&store, name, Some(&digest), 0).await;
    }
    let altered = database
        .alter("UPDATE policy_activations SET sealed = 'x' WHERE tenant = 'change'")
        .await;
    assert_eq!(altered, 1);
    let altered = database
        .alter("UPDATE policy_versions SET sealed = 'x' WHERE tenant = 'version'")
        .await;
    assert_eq!(altered, 1);

    let asked = ["change", "version", "whole"].map(tenant);
    let [change, version, whole] = store.beginnings(&asked).await.unwrap().try_into().unwrap();
    assert!(change.last.unwrap_err().to_string().contains("altered"));
    assert!(change.version.is_ok());
    assert!(version.last.is_ok());
    assert!(version.version.unwrap_err().to_string().contains("altered"));
    assert_eq!(said(&whole).0, Some(1));
}

async fn a_database_with_nothing_in_it_has_nothing_that_decides(database: Database) {
    let store = database.store().await;
    let beginnings = store.beginnings(&[tenant("acme")]).await.unwrap();
    assert_eq!(beginnings.iter().map(said).collect::<Vec<_>>(), [(None, None)]);
    assert!(store.beginnings(&[]).await.unwrap().is_empty());
}
