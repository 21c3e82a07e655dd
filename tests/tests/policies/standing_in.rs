//! What decides where the version that should cannot: after its key was taken out, or its row was altered.

use std::time::Duration;

use conjoin_tests::{Host, Team, TenantProcess};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use tempfile::TempDir;

use crate::components::version;
use crate::failing::{after, faulty, is_offered_something};
use crate::platform::put;
use crate::signer::{Signer, again, naming, on, pushed, start};
use crate::swapping::{BY_INDEX, CONCATENATED};

const LODASH: &[u8] = conjoin_policies::LODASH.component;
const CAUTIOUS: &[u8] = conjoin_policies::CAUTIOUS.component;

/// Changes one row past the host, which has stopped.
pub async fn alter(data: &TempDir, statement: String) {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", data.path().join("conjoin.db").display());
    let mut connection = AnyConnection::connect(&url).await.unwrap();
    let altered = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await;
    assert_eq!(altered.unwrap().rows_affected(), 1);
    connection.close().await.unwrap();
}

pub async fn tags(host: &Host, name: &str) -> Value {
    put(host, name).await.join(host).await["user_metadata"]["tags"].clone()
}

async fn fails_for_five(host: &Host) {
    for number in 0..5 {
        assert!(!is_offered_something(host, &format!("unlucky{number}x")).await);
    }
}

async fn is_revoked(team: &Team, digest: &str) {
    let revoked = team.post(&format!("policies/{digest}/revoke"), &json!({})).await;
    assert_eq!(revoked.status, 204, "{}", revoked.body);
}

/// Of three versions the last loses its key, and the one before was altered: the first decides, and is there for a revocation too.
async fn passes_over(altered: &str) -> (TenantProcess, Host, Team, Signer) {
    let (process, ada, bob) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada, &bob]));
    let first = pushed(&team, &version(LODASH, 1), Some(&bob)).await;
    let second = pushed(&team, &version(CAUTIOUS, 1), Some(&bob)).await;
    let gone = pushed(&team, &version(CAUTIOUS, 2), Some(&ada)).await;
    for digest in [&first, &second, &gone] {
        team.activate(digest, json!({})).await;
    }
    let port = host.url.port().unwrap();
    let data = host.kill();
    alter(
        &data,
        format!("UPDATE {altered} SET sealed = 'altered' WHERE digest = '{second}'"),
    )
    .await;
    let (host, team) = on(&process, data, port, &naming(&[&bob]));
    assert_eq!(tags(&host, "fallen").await, json!(BY_INDEX), "{}", host.log());
    is_revoked(&team, &gone).await;
    let now = team.get("activation").await.body;
    assert_eq!(
        (&now["policy"], &now["kind"]),
        (&json!(first), &json!("revoke")),
        "{now}"
    );
    (process, host, team, bob)
}

#[tokio::test]
async fn a_host_starts_although_the_signature_of_an_older_version_was_altered() {
    let (_process, host, team, bob) = passes_over("policy_signatures").await;
    host.said("a signature cannot be read").await;
    // Pushed again, the same signature mends it.
    let component = version(CAUTIOUS, 1);
    let signed = team.upload_signed(&component, bob.sign(&component).as_bytes()).await;
    assert_eq!(
        (signed.status, &signed.body["signed_by"]),
        (200, &json!([bob.id()])),
        "{}",
        signed.body
    );
    team.activate(signed.body["digest"].as_str().unwrap(), json!({})).await;
}

#[tokio::test]
async fn a_host_starts_although_an_older_version_was_altered() {
    let (_process, host, _team, _bob) = passes_over("policy_versions").await;
    host.said("a version of before cannot be loaded").await;
}

#[tokio::test]
async fn what_stands_in_and_keeps_failing_gives_way_to_what_was_good_before_it() {
    let (process, ada, bob) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada, &bob]));
    team.activate("oldest-primary", json!({})).await;
    let failing = pushed(&team, &faulty(), Some(&bob)).await;
    team.activate(&failing, json!({"fault": "select-traps"})).await;
    let gone = pushed(&team, &version(LODASH, 1), Some(&ada)).await;
    team.activate(&gone, json!({})).await;
    let (host, team) = again(&process, host, &naming(&[&bob]));
    fails_for_five(&host).await;
    host.said("another decides on this host").await;
    assert!(is_offered_something(&host, "relieved").await, "{}", host.log());
    let now = team.get("activation").await.body;
    assert_eq!((&now["number"], &now["policy"]), (&json!(3), &json!(gone)), "{now}");
    assert!(
        now["problem"].as_str().unwrap().contains(&ada.id()),
        "still to be followed: {now}"
    );
    // The trail has it a moment after the log.
    let mut trail = String::new();
    for _ in 0..100 {
        trail = host.operate(&["audit", "export"]);
        if trail.contains("in_the_place_of") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(
        trail.contains("in_the_place_of") && trail.contains("policy.taken_out"),
        "{trail}"
    );
}

#[tokio::test]
async fn nothing_is_offered_where_that_was_chosen_until_a_new_signature_mends_it() {
    let (process, ada, bob) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada, &bob]));
    let component = version(LODASH, 1);
    team.activate("oldest-primary", json!({})).await;
    let gone = pushed(&team, &component, Some(&ada)).await;
    team.activate(&gone, json!({})).await;
    let settings = format!("policy_failure.then = \"offer-nothing\"\n{}", naming(&[&bob]));
    let (host, team) = again(&process, host, &settings);
    assert!(!is_offered_something(&host, "waits").await);
    let signed = team.upload_signed(&component, bob.sign(&component).as_bytes()).await;
    assert_eq!(
        (signed.status, &signed.body["needs_signature"]),
        (200, &json!(false)),
        "{}",
        signed.body
    );
    let (host, team) = again(&process, host, &settings);
    assert_eq!(tags(&host, "mended").await, json!(BY_INDEX));
    assert_eq!(team.get("activation").await.body["problem"], Value::Null);
}

/// A host whose last change, before anybody signed, is to a version that nobody signed; and what ships with it.
async fn unsigned_before(process: &TenantProcess, ada: &Signer) -> (Host, Team, Value) {
    let (host, team) = start(process, "");
    let shipped = team.get("activation").await.body["policy"].clone();
    let unsigned = pushed(&team, &version(LODASH, 1), None).await;
    team.activate(&unsigned, json!({})).await;
    let (host, team) = again(process, host, &naming(&[ada]));
    (host, team, shipped)
}

#[tokio::test]
async fn the_breaker_does_not_go_back_to_what_nobody_signed() {
    let (process, ada) = (TenantProcess::start(), Signer::new());
    let (host, team, shipped) = unsigned_before(&process, &ada).await;
    let failing = pushed(&team, &faulty(), Some(&ada)).await;
    team.activate(&failing, json!({"fault": "select-traps"})).await;
    fails_for_five(&host).await;
    let now = after(&team, 2).await;
    assert_eq!((&now["kind"], &now["policy"]), (&json!("breaker"), &shipped), "{now}");
}

#[tokio::test]
async fn nor_does_a_revocation() {
    let (process, ada) = (TenantProcess::start(), Signer::new());
    let (host, team, shipped) = unsigned_before(&process, &ada).await;
    let signed = pushed(&team, &version(LODASH, 2), Some(&ada)).await;
    team.activate(&signed, json!({})).await;
    is_revoked(&team, &signed).await;
    let now = team.get("activation").await.body;
    assert_eq!((&now["kind"], &now["policy"]), (&json!("revoke"), &shipped), "{now}");
    assert_eq!(tags(&host, "left").await, json!(CONCATENATED));
}

#[tokio::test]
async fn a_version_in_shadow_is_asked_no_more_once_its_key_is_taken_out() {
    let (process, ada, bob) = (TenantProcess::start(), Signer::new(), Signer::new());
    let (host, team) = start(&process, &naming(&[&ada, &bob]));
    let tried = pushed(&team, &version(LODASH, 1), Some(&ada)).await;
    let begun = team.request(Method::PUT, "shadow").json(&json!({"policy": tried}));
    assert_eq!(Team::send_once(begun).await.status, 200);
    let (host, team) = again(&process, host, &naming(&[&bob]));
    host.said("what was activated or tried cannot be followed").await;
    assert_eq!(tags(&host, "untried").await, json!(CONCATENATED));
    let shadow = team.get("shadow").await.body;
    assert_eq!(
        (&shadow["policy"], &shadow["asked"]),
        (&json!(tried), &json!(0)),
        "{shadow}"
    );
}
