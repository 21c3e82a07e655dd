//! Versions that wait to be checked: whose they are, and until when.

use conjoin::store::{NewVersion, Store, VersionFacts, VersionState};
use conjoin_engine::PolicyDigest;
use conjoin_linking::audit::{Actor, AuditEntry};
use serde_json::{Map, json};

use crate::database::{Database, tenant};

on_both!(
    of_each_tenant_the_oldest_waits_for_its_turn,
    a_claim_is_one_hosts_until_its_time_is_over,
    what_is_given_back_waits_again_at_once,
    what_was_claimed_by_another_meanwhile_is_not_given_back,
);

/// Keeps a version that is to be checked; answers its digest.
async fn uploaded(store: &Store, name: &str, component: &str) -> String {
    let digest = PolicyDigest::of(component.as_bytes()).to_string();
    let facts: VersionFacts = serde_json::from_value(json!({
        "name": "one", "version": "1", "summary": "", "settings_schema": {}, "bytes": 1, "by": "ada", "cases": [], "settings": {}, "report": null,
    }))
    .unwrap();
    let entry = AuditEntry::of_tenant("policy.uploaded", Actor::Host, Map::new());
    let (tenant, state) = (tenant(name), VersionState::Uploaded);
    let version = NewVersion {
        digest: &digest,
        component: component.as_bytes(),
        state,
        facts: &facts,
        signature: None,
    };
    store.keep_version(&tenant, version, &entry).await.unwrap();
    digest
}

/// Whose and which, as a host that looks is told.
async fn waiting(store: &Store) -> Vec<(String, String)> {
    let waiting = store.waiting_checks().await.unwrap();
    waiting.into_iter().map(|(tenant, digest)| (tenant.0, digest)).collect()
}

fn of(name: &str, digest: &str) -> (String, String) {
    (name.to_owned(), digest.to_owned())
}

async fn of_each_tenant_the_oldest_waits_for_its_turn(database: Database) {
    let store = database.store().await;
    let mut digests = Vec::new();
    for (name, component) in [("acme", "a"), ("acme", "b"), ("beta", "a")] {
        // Each a second after the one before.
        database
            .alter("UPDATE policy_versions SET uploaded_at = uploaded_at - 1000000")
            .await;
        digests.push(uploaded(&store, name, component).await);
    }
    let [first, second, other] = &digests[..] else {
        panic!("three were uploaded")
    };
    assert_eq!(waiting(&store).await, [of("acme", first), of("beta", other)]);
    store.claim_check(&tenant("acme"), first, 60).await.unwrap().unwrap();
    assert_eq!(waiting(&store).await, [of("acme", second), of("beta", other)]);
    store.claim_check(&tenant("acme"), second, 60).await.unwrap().unwrap();
    assert_eq!(waiting(&store).await, [of("beta", other)]);
    assert!(store.claim_check(&tenant("none"), other, 60).await.unwrap().is_none());
}

async fn a_claim_is_one_hosts_until_its_time_is_over(database: Database) {
    let (one, other) = (database.store().await, database.store().await);
    let digest = uploaded(&one, "acme", "a").await;
    let acme = tenant("acme");
    assert!(one.claim_check(&acme, &digest, 60).await.unwrap().is_some());
    assert!(other.claim_check(&acme, &digest, 60).await.unwrap().is_none());
    assert_eq!(waiting(&other).await, []);
    // The host that had it is gone.
    database
        .alter("UPDATE policy_versions SET claimed_until = claimed_until - 61")
        .await;
    assert_eq!(waiting(&other).await, [of("acme", &digest)]);
    assert!(other.claim_check(&acme, &digest, 60).await.unwrap().is_some());
}

async fn what_is_given_back_waits_again_at_once(database: Database) {
    let (one, other) = (database.store().await, database.store().await);
    let digest = uploaded(&one, "acme", "a").await;
    let acme = tenant("acme");
    let claim = one.claim_check(&acme, &digest, 600).await.unwrap().unwrap();
    assert_eq!((&claim.tenant, &claim.digest), (&acme, &digest));
    one.give_back_check(&claim).await.unwrap();
    assert_eq!(waiting(&other).await, [of("acme", &digest)]);
    assert!(other.claim_check(&acme, &digest, 600).await.unwrap().is_some());
}

async fn what_was_claimed_by_another_meanwhile_is_not_given_back(database: Database) {
    let (one, other) = (database.store().await, database.store().await);
    let digest = uploaded(&one, "acme", "a").await;
    let acme = tenant("acme");
    let late = one.claim_check(&acme, &digest, 60).await.unwrap().unwrap();
    database
        .alter("UPDATE policy_versions SET claimed_until = claimed_until - 61")
        .await;
    let claimed = other.claim_check(&acme, &digest, 600).await.unwrap();
    assert!(claimed.is_some());
    one.give_back_check(&late).await.unwrap();
    assert_eq!(waiting(&one).await, [], "it is the other one's");
}
