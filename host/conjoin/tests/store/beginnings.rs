//! What a host that starts reads of all its tenants at once.

use conjoin::store::{
    ActivationFacts, ActivationKind, Beginning, NewVersion, Store, Swapped, VersionFacts, VersionState,
};
use conjoin_linking::policies::PolicyReference;
use serde_json::Map;

use crate::database::{Database, tenant};
use crate::policies::{digest_of, entry, plain_facts};

on_both!(
    each_tenant_begins_with_its_own_last_change,
    what_cannot_be_opened_is_in_the_way_of_its_own_tenant_only,
    a_database_with_nothing_in_it_has_nothing_that_decides,
    what_is_long_is_left_to_be_read_by_itself,
);

/// A version called after its component and its tenant.
async fn checked(store: &Store, name: &str, component: &str) -> String {
    let facts = VersionFacts {
        name: format!("{component} of {name}"),
        reasons: Some(Vec::new()),
        ..plain_facts()
    };
    kept(store, name, component, &facts).await
}

async fn kept(store: &Store, name: &str, component: &str, facts: &VersionFacts) -> String {
    let digest = digest_of(component);
    let version = NewVersion {
        digest: &digest,
        component: component.as_bytes(),
        state: VersionState::Checked,
        facts,
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

/// The number of the last change, and what the version that it names is called.
fn said(beginning: &Beginning) -> (Option<i64>, Option<&str>) {
    let last = beginning.last.as_ref().unwrap();
    let description = beginning
        .version
        .as_ref()
        .map(|kept| kept.description.as_ref().unwrap());
    (
        last.as_ref().map(|last| last.number),
        description
            .and_then(Option::as_ref)
            .map(|description| description.name.as_str()),
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
    // By a host of before that did not keep all that a version says of itself.
    let half = kept(&store, "half-kept", "one", &plain_facts()).await;
    change(&store, "half-kept", Some(&half), 0).await;

    let asked = ["off", "b", "uploaded-only", "unheard-of", "a", "half-kept"].map(tenant);
    let beginnings = store.beginnings(&asked).await.unwrap();
    let said: Vec<_> = beginnings.iter().map(said).collect();
    assert_eq!(
        said,
        [
            (Some(1), None),
            (Some(1), Some("one of b")),
            (None, None),
            (None, None),
            (Some(2), Some("two of a")),
            (Some(1), None),
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
    assert!(change.version.unwrap().description.is_ok());
    assert!(version.last.is_ok());
    assert!(
        version
            .version
            .unwrap()
            .description
            .unwrap_err()
            .to_string()
            .contains("altered")
    );
    assert_eq!(said(&whole).0, Some(1));
}

async fn a_database_with_nothing_in_it_has_nothing_that_decides(database: Database) {
    let store = database.store().await;
    let beginnings = store.beginnings(&[tenant("acme")]).await.unwrap();
    assert_eq!(beginnings.iter().map(said).collect::<Vec<_>>(), [(None, None)]);
    assert!(store.beginnings(&[]).await.unwrap().is_empty());
}

async fn what_is_long_is_left_to_be_read_by_itself(database: Database) {
    let store = database.store().await;
    let facts = VersionFacts {
        summary: "long ".repeat(20_000),
        reasons: Some(Vec::new()),
        ..plain_facts()
    };
    let digest = kept(&store, "acme", "one", &facts).await;
    change(&store, "acme", Some(&digest), 0).await;
    let [beginning] = store.beginnings(&[tenant("acme")]).await.unwrap().try_into().unwrap();
    assert_eq!(beginning.last.unwrap().unwrap().number, 1);
    assert!(beginning.version.is_none());
}
