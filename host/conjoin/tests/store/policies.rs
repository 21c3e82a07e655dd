//! Versions of policies, what is proposed and tried of them, and what they were asked.

use conjoin::store::{
    ActivationFacts, ActivationKind, NewVersion, ProposalFacts, ShadowFacts, Store, Swapped, VersionFacts, VersionState,
};
use conjoin_engine::PolicyDigest;
use conjoin_linking::audit::{Actor, AuditEntry};
use conjoin_linking::journal::{DecisionRecord, Journal};
use conjoin_linking::policies::PolicyReference;
use conjoin_linking::question::Exchange;
use serde_json::{Map, Value, json};

use crate::database::{Database, tenant};
use crate::records::{decision, user};

on_both!(
    what_decided_is_not_checked_anew,
    only_what_was_checked_is_activated,
    revoking_ends_what_is_tried_and_proposed_of_it,
    of_a_revocation_and_an_activation_at_once_the_revoked_version_never_decides,
    what_is_tried_or_proposed_is_not_swept_away,
    what_no_link_came_of_is_forgotten_with_the_person_too,
    a_proposal_ends_once,
    what_is_revoked_is_not_tried,
    decisions_go_after_a_month,
    a_decision_that_is_noted_late_is_listed_by_its_time,
);

pub fn entry(event: &str) -> AuditEntry {
    AuditEntry::of_tenant(event, Actor::Host, Map::new())
}

fn facts(settings: Value) -> VersionFacts {
    serde_json::from_value(json!({
        "name": "one", "version": "1", "summary": "", "settings_schema": {}, "bytes": 1, "by": "ada", "cases": [], "settings": settings, "report": null,
    }))
    .unwrap()
}

/// Of a version without settings.
pub fn plain_facts() -> VersionFacts {
    facts(json!({}))
}

pub fn digest_of(component: &str) -> String {
    PolicyDigest::of(component.as_bytes()).to_string()
}

/// Keeps a version; answers its digest.
pub async fn version(store: &Store, component: &str, state: VersionState) -> String {
    let digest = digest_of(component);
    store
        .keep_version(
            &tenant("acme"),
            NewVersion {
                digest: &digest,
                component: component.as_bytes(),
                state,
                facts: &plain_facts(),
                signature: None,
            },
            &entry("policy.uploaded"),
        )
        .await
        .unwrap();
    digest
}

fn reference(digest: &str) -> PolicyReference {
    PolicyReference {
        policy: digest.to_owned(),
        settings: String::new(),
    }
}

async fn activate(store: &Store, digest: &str, expected: i64) -> Swapped {
    carry_out(store, digest, expected, None).await
}

/// The same, for a proposal.
async fn carry_out(store: &Store, digest: &str, expected: i64, proposal: Option<&str>) -> Swapped {
    let facts = ActivationFacts {
        policy: Some(reference(digest)),
        settings: Map::new(),
        by: "ada".to_owned(),
        kind: ActivationKind::Activate,
    };
    store
        .activate(
            &tenant("acme"),
            expected,
            &facts,
            &entry("policy.activated"),
            (None, proposal),
        )
        .await
        .unwrap()
}

async fn state(store: &Store, digest: &str) -> VersionState {
    store.version(&tenant("acme"), digest).await.unwrap().unwrap().state
}

async fn what_decided_is_not_checked_anew(database: Database) {
    let store = database.store().await;
    let digest = version(&store, "a", VersionState::Checked).await;
    version(&store, "a", VersionState::Uploaded).await;
    assert_eq!(state(&store, &digest).await, VersionState::Uploaded, "it never decided");
    version(&store, "a", VersionState::Checked).await;
    assert_eq!(activate(&store, &digest, 0).await, Swapped::Now(1));
    version(&store, "a", VersionState::Uploaded).await;
    assert_eq!(state(&store, &digest).await, VersionState::Checked);
}

async fn only_what_was_checked_is_activated(database: Database) {
    let store = database.store().await;
    let uploaded = version(&store, "a", VersionState::Uploaded).await;
    let unknown = PolicyDigest::of(b"unknown").to_string();
    for digest in [&uploaded, &unknown] {
        assert_eq!(activate(&store, digest, 0).await, Swapped::NotChecked);
    }
    let head = store.verify_audit(&tenant("acme"), &[]).await.unwrap();
    assert_eq!(head.seq, 1, "what changed nothing is not in the trail");
}

async fn propose(store: &Store, digest: &str) -> String {
    let facts = ProposalFacts {
        policy: digest.to_owned(),
        settings: Map::new(),
        expected: 0,
        by: "ada".to_owned(),
        token: "1".to_owned(),
    };
    store
        .keep_proposal(&tenant("acme"), &facts, &entry("policy.proposed"))
        .await
        .unwrap()
        .id
}

async fn try_out(store: &Store, digest: &str) {
    let facts = ShadowFacts {
        policy: reference(digest),
        settings: Map::new(),
        by: "ada".to_owned(),
    };
    store
        .begin_shadow(&tenant("acme"), &facts, &entry("policy.shadow_begun"))
        .await
        .unwrap()
        .unwrap();
}

async fn what_is_revoked_is_not_tried(database: Database) {
    let store = database.store().await;
    let digest = version(&store, "a", VersionState::Checked).await;
    let facts = ShadowFacts {
        policy: reference(&digest),
        settings: Map::new(),
        by: "ada".to_owned(),
    };
    store
        .revoke(&tenant("acme"), &digest, 0, None, &entry("policy.revoked"))
        .await
        .unwrap();
    let (acme, begun) = (tenant("acme"), entry("policy.shadow_begun"));
    assert!(store.begin_shadow(&acme, &facts, &begun).await.unwrap().is_none());
    assert!(store.shadows().await.unwrap().is_empty());
}

async fn decisions_go_after_a_month(database: Database) {
    let store = database.store().await;
    store.note(&tenant("acme"), &decision("old")).await.unwrap();
    database
        .alter("UPDATE decisions SET noted_at = noted_at - 2593000000000")
        .await;
    store.note(&tenant("acme"), &decision("new")).await.unwrap();
    store.tidy().await.unwrap();
    assert_eq!(store.decisions(&tenant("acme"), 10).await.unwrap().len(), 1);
}

async fn a_decision_that_is_noted_late_is_listed_by_its_time(database: Database) {
    let (one, other) = (database.store().await, database.store().await);
    let acme = tenant("acme");
    one.note(&acme, &decision("first")).await.unwrap();
    let first = one.decisions(&acme, 1).await.unwrap().remove(0);
    other.note(&acme, &decision("late")).await.unwrap();
    let late = one
        .decisions_since(&acme, (first.noted_at, &first.id), 10)
        .await
        .unwrap();
    assert_eq!(late.len(), 1);
    // As of a host whose clock is behind.
    let altered = database
        .alter("UPDATE decisions SET noted_at = noted_at - 60000000 WHERE noted_at = (SELECT MAX(noted_at) FROM decisions)")
        .await;
    assert_eq!(altered, 1);
    let since = one
        .decisions_since(&acme, (first.noted_at, &first.id), 10)
        .await
        .unwrap();
    assert!(since.is_empty(), "who only asks what came after the last one misses it");
    let before = first.noted_at - 61_000_000;
    let listed = one.decisions_since(&acme, (before, ""), 10).await.unwrap();
    let listed: Vec<_> = listed.into_iter().map(|noted| noted.id).collect();
    assert_eq!(listed, [late[0].id.as_str(), &first.id]);
}

async fn revoking_ends_what_is_tried_and_proposed_of_it(database: Database) {
    let store = database.store().await;
    let (bad, good) = (
        version(&store, "a", VersionState::Checked).await,
        version(&store, "b", VersionState::Checked).await,
    );
    let proposals = [propose(&store, &bad).await, propose(&store, &good).await];
    try_out(&store, &bad).await;
    let revoked = store
        .revoke(&tenant("acme"), &bad, 0, None, &entry("policy.revoked"))
        .await;
    assert_eq!(revoked.unwrap(), Some(Swapped::Now(0)));
    assert!(store.shadows().await.unwrap().is_empty());
    let open = store.proposals(&tenant("acme")).await.unwrap();
    let open: Vec<_> = open.iter().map(|proposal| proposal.id.clone()).collect();
    assert_eq!(open, proposals[1..]);
    let again = store
        .revoke(&tenant("acme"), &bad, 0, None, &entry("policy.revoked"))
        .await;
    assert_eq!(again.unwrap(), None);
}

async fn of_a_revocation_and_an_activation_at_once_the_revoked_version_never_decides(database: Database) {
    let store = database.store().await;
    for round in 0..20 {
        let digest = version(&store, &format!("bad {round}"), VersionState::Checked).await;
        let number = store
            .activation(&tenant("acme"))
            .await
            .unwrap()
            .map_or(0, |last| last.number);
        let (revoked, activated) = tokio::join!(
            async {
                store
                    .revoke(&tenant("acme"), &digest, number, None, &entry("policy.revoked"))
                    .await
            },
            activate(&store, &digest, number)
        );
        match revoked.unwrap().unwrap() {
            // It came first, or the other one saw nothing of it.
            Swapped::Now(_) => assert_eq!(activated, Swapped::NotChecked),
            Swapped::Meanwhile(_) => assert_eq!(activated, Swapped::Now(number + 1)),
            other => panic!("nothing was to be activated instead: {other:?}"),
        }
    }
}

async fn what_is_tried_or_proposed_is_not_swept_away(database: Database) {
    let store = database.store().await;
    let (tried, proposed, decided, old) = (
        version(&store, "tried", VersionState::Checked).await,
        version(&store, "proposed", VersionState::Checked).await,
        version(&store, "decided", VersionState::Checked).await,
        version(&store, "old", VersionState::Checked).await,
    );
    try_out(&store, &tried).await;
    propose(&store, &proposed).await;
    activate(&store, &decided, 0).await;
    for number in 0..50 {
        version(&store, &number.to_string(), VersionState::Failed).await;
    }
    store.tidy().await.unwrap();
    let kept = async |digest: &str| store.version(&tenant("acme"), digest).await.unwrap().is_some();
    assert!(kept(&tried).await && kept(&proposed).await && kept(&decided).await);
    assert!(!kept(&old).await);
}

/// A question to offer, which shows the policy ada's account and that of `found`.
fn exchange(found: &str) -> Exchange {
    let account = |id: &str| {
        json!({
            "user_id": id, "email": "ada@example.com", "email_verified": true, "created_at": null, "last_login": null, "logins_count": 1, "identities": [],
            "profile": "{}", "user_metadata": "{}", "app_metadata": "{}",
        })
    };
    let candidate = json!({
        "user_id": found, "connection": "c", "provider": "auth0", "is_social": true, "created_at": null, "last_login": null, "logins_count": 1,
    });
    serde_json::from_value(json!({
        "policy": "digest",
        "question": {
            "hook": "select-candidates", "current": account("auth0|ada"), "found": [candidate],
            "event": {"transaction_id": "none", "tenant": "acme", "client_id": "c", "organization": null, "now": "", "seed": "", "settings": "{}", "context": "{}"},
        },
        "answer": {"suggestions": []},
    }))
    .unwrap()
}

async fn what_no_link_came_of_is_forgotten_with_the_person_too(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    for found in ["google-oauth2|1", "google-oauth2|2"] {
        store.keep_exchange(&acme, &exchange(found)).await.unwrap();
        let said = DecisionRecord {
            accounts: vec!["auth0|ada".to_owned(), found.to_owned()],
            ..decision("said")
        };
        store.note(&acme, &said).await.unwrap();
    }
    let forgotten = store
        .forget_person(&acme, &user("google-oauth2|1"), "root")
        .await
        .unwrap();
    assert_eq!(forgotten.decisions, 1);
    assert_eq!(store.decisions(&acme, 10).await.unwrap().len(), 1);
    let left = store.exchanges(&acme, (0, ""), 10).await.unwrap();
    let left: Vec<_> = left
        .into_iter()
        .map(|kept| kept.exchange.unwrap().question.accounts())
        .collect();
    assert_eq!(left, [["auth0|ada", "google-oauth2|2"]]);
}

async fn a_proposal_ends_once(database: Database) {
    let store = database.store().await;
    let digest = version(&store, "a", VersionState::Checked).await;
    let id = propose(&store, &digest).await;
    let acme = tenant("acme");
    assert_eq!(store.proposal(&acme, &id).await.unwrap().unwrap().facts.policy, digest);
    let withdraw = async || {
        let entry = entry("policy.withdrawn");
        store.withdraw_proposal(&acme, &id, &entry).await.unwrap()
    };
    assert!(withdraw().await && !withdraw().await);
    let late = carry_out(&store, &digest, 0, Some(&id)).await;
    assert_eq!(late, Swapped::Withdrawn);
    assert!(store.activation(&acme).await.unwrap().is_none());
    assert!(store.proposal(&acme, &id).await.unwrap().is_none());
    let head = store.verify_audit(&acme, &[]).await.unwrap();
    assert_eq!(head.seq, 3, "uploaded, proposed, withdrawn");
}
