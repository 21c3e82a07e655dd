//! Versions that wait to be checked: whose they are, and until when.

use conjoin::store::{NewVersion, Store, StoreError, VersionFacts, VersionState};
use conjoin_engine::PolicyDigest;
use conjoin_linking::audit::{Actor, AuditEntry};
use serde_json::{Map, json};

use crate::database::{Database, tenant};

on_both!(
    of_each_tenant_the_oldest_waits_for_its_turn,
    a_claim_is_one_hosts_until_its_time_is_over,
    what_is_given_back_waits_again_after_its_rest,
    what_a_host_fails_at_again_and_again_hides_nothing_that_waits_behind_it,
    two_claims_of_one_second_are_told_apart,
    what_cannot_be_read_ends_as_failed,
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

async fn what_is_given_back_waits_again_after_its_rest(database: Database) {
    let (one, other) = (database.store().await, database.store().await);
    let digest = uploaded(&one, "acme", "a").await;
    let acme = tenant("acme");
    let claim = one.claim_check(&acme, &digest, 600).await.unwrap().unwrap();
    assert_eq!((&claim.tenant, &claim.digest), (&acme, &digest));
    one.give_back_check(&claim, 60).await.unwrap();
    assert_eq!(waiting(&other).await, []);
    rested(&database).await;
    assert_eq!(waiting(&other).await, [of("acme", &digest)]);
    assert!(other.claim_check(&acme, &digest, 600).await.unwrap().is_some());
}

/// A minute later, as far as claims are concerned.
async fn rested(database: &Database) {
    database
        .alter("UPDATE policy_versions SET claimed_until = claimed_until - 61 WHERE claimed_until > 0")
        .await;
}

/// Claims what waits first, and fails at it; answers which that was.
async fn failed_at(store: &Store) -> String {
    let (name, digest) = waiting(store).await.remove(0);
    let claim = store.claim_check(&tenant(&name), &digest, 600).await.unwrap().unwrap();
    store.give_back_check(&claim, 60).await.unwrap();
    digest
}

async fn what_a_host_fails_at_again_and_again_hides_nothing_that_waits_behind_it(database: Database) {
    let store = database.store().await;
    let mut digests = Vec::new();
    for component in ["a", "b", "c"] {
        // Each a second after the one before.
        database
            .alter("UPDATE policy_versions SET uploaded_at = uploaded_at - 1000000")
            .await;
        digests.push(uploaded(&store, "acme", component).await);
    }
    assert_eq!(failed_at(&store).await, digests[0]);
    assert_eq!(waiting(&store).await, [of("acme", &digests[1])]);
    // However late the next one is looked for: what was never tried goes first.
    rested(&database).await;
    assert_eq!(failed_at(&store).await, digests[1]);
    rested(&database).await;
    assert_eq!(failed_at(&store).await, digests[2]);
    rested(&database).await;
    assert_eq!(failed_at(&store).await, digests[0], "whatever was tried longest ago");
}

async fn two_claims_of_one_second_are_told_apart(database: Database) {
    let (one, other) = (database.store().await, database.store().await);
    let digest = uploaded(&one, "acme", "a").await;
    let acme = tenant("acme");
    let late = one.claim_check(&acme, &digest, 600).await.unwrap().unwrap();
    // As to a host whose clock is that far ahead.
    database.alter("UPDATE policy_versions SET claimed_until = 0").await;
    let mine = other.claim_check(&acme, &digest, 600).await.unwrap().unwrap();
    one.give_back_check(&late, 0).await.unwrap();
    assert_eq!(waiting(&one).await, [], "it is the other one's");
    other.give_back_check(&mine, 0).await.unwrap();
    assert_eq!(waiting(&one).await, [of("acme", &digest)]);
}

async fn what_cannot_be_read_ends_as_failed(database: Database) {
    let store = database.store().await;
    let (acme, digest) = (tenant("acme"), uploaded(&store, "acme", "a").await);
    let sealed = "UPDATE policy_versions SET sealed = SUBSTR(sealed, 1, LENGTH(sealed) - 8)";
    assert_eq!(database.alter(sealed).await, 1);
    let read = store.version(&acme, &digest).await;
    assert!(matches!(read, Err(StoreError::Altered { .. })), "{read:?}");
    let entry = AuditEntry::of_tenant("policy.checked", Actor::Host, Map::new());
    assert!(store.fail_unreadable(&acme, &digest, &entry).await.unwrap());
    assert!(!store.fail_unreadable(&acme, &digest, &entry).await.unwrap(), "once");
    assert_eq!(waiting(&store).await, []);
    // The same bytes once more mend it.
    assert_eq!(uploaded(&store, "acme", "a").await, digest);
    assert_eq!(
        store.version(&acme, &digest).await.unwrap().unwrap().state,
        VersionState::Uploaded
    );
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
    one.give_back_check(&late, 0).await.unwrap();
    assert_eq!(waiting(&one).await, [], "it is the other one's");
}
