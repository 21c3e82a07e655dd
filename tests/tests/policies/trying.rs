//! A version is tried before it decides: beside the one that does, and on what was decided before.

use std::time::Duration;

use conjoin_tests::{Browser, Host, Team, TenantProcess, free_port};
use serde_json::{Value, json};

use crate::failing::faulty;
use crate::person::Person;
use crate::swapping::{CONCATENATED, with_arrays};

async fn join(host: &Host, name: &str) -> Value {
    let person = with_arrays(Person::named(name)).put(&host.tenant).await;
    person.join(host).await["user_metadata"]["tags"].clone()
}

/// The trial, once it was asked as often: nobody waits for it, so it can be later than the person it is about.
async fn shadow_asked(team: &Team, times: i64) -> Value {
    for _ in 0..400 {
        let shadow = team.get("shadow").await.body;
        if shadow["asked"].as_i64().is_some_and(|asked| asked >= times) {
            return shadow;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not asked {times} times: {}", team.get("shadow").await.body);
}

#[tokio::test]
async fn a_version_in_shadow_is_asked_the_same_and_decides_nothing() {
    let host = Host::start().await;
    let team = Team::of(&host);
    assert_eq!(team.get("shadow").await.status, 404);
    let lodash = team.push(conjoin_policies::LODASH.component).await["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let folder = tempfile::tempdir().unwrap();
    let began = team.command(folder.path(), &["policy", "shadow", &lodash]);
    assert!(began.status.success(), "{}", String::from_utf8_lossy(&began.stderr));
    assert_eq!(
        join(&host, "tried").await,
        json!(CONCATENATED),
        "the one that decides does"
    );
    // One decision to offer and one to merge, and the one that looks again after the link.
    let shadow = shadow_asked(&team, 3).await;
    assert_eq!(
        (&shadow["policy"], &shadow["differed"], &shadow["failed"]),
        (&json!(lodash), &json!(1), &json!(0)),
        "{shadow}"
    );
    let decisions = team.get("decisions").await.body;
    let differences: Vec<&Value> = decisions["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|decision| &decision["shadow"])
        .filter(|shadow| shadow.as_array().is_some_and(|found| !found.is_empty()))
        .collect();
    assert_eq!(differences, [&json!(["user_metadata/tags has another value"])]);
    let deciding = decisions["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|decision| decision["shadow"].is_null());
    assert!(deciding.clone().count() >= 2 && deciding.clone().all(|decision| decision["policy"] != json!(lodash)));
    let stopped = team.command(folder.path(), &["policy", "shadow", "--stop"]);
    assert!(stopped.status.success());
    assert!(team.get("shadow").await.body["stopped_at"].is_string());
    assert_eq!(team.delete("shadow").await.status, 404);
}

#[tokio::test]
async fn a_version_in_shadow_that_keeps_failing_is_not_asked_any_more_and_nobody_notices() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let digest = team.push(&faulty()).await["digest"].as_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let began = team.command(
        folder.path(),
        &["policy", "shadow", &digest, "--settings", r#"{"fault":"select-traps"}"#],
    );
    assert!(began.status.success(), "{}", String::from_utf8_lossy(&began.stderr));
    for number in 0..5 {
        let person = Person::named(&format!("calm{number}x")).put(&host.tenant).await;
        let account = person.sign_in(&host, &Browser::new()).await;
        assert!(!account.forms("[data-offer]").is_empty());
        shadow_asked(&team, number + 1).await;
    }
    let shadow = stopped(&team).await;
    assert_eq!(shadow["failed"], 5, "{shadow}");
    assert_eq!(team.number().await, 0, "what decides is as it was");
    assert!(host.operate(&["audit", "export"]).contains("it kept failing"));
}

/// The trial, once it has stopped by itself.
async fn stopped(team: &Team) -> Value {
    for _ in 0..200 {
        let shadow = team.get("shadow").await.body;
        if shadow["stopped_at"].is_string() {
            return shadow;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not stopped: {}", team.get("shadow").await.body);
}

#[tokio::test]
async fn an_answer_that_no_policy_may_give_is_a_failure_in_shadow_too_and_each_trial_is_counted_anew() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let digest = team.push(&faulty()).await["digest"].as_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let settings = r#"{"fault":"offers-a-stranger"}"#;
    for trial in ["first", "second"] {
        let began = team.command(folder.path(), &["policy", "shadow", &digest, "--settings", settings]);
        assert!(began.status.success(), "{}", String::from_utf8_lossy(&began.stderr));
        for number in 0..5 {
            let person = Person::named(&format!("{trial}{number}x")).put(&host.tenant).await;
            person.sign_in(&host, &Browser::new()).await;
            shadow_asked(&team, number + 1).await;
        }
        assert_eq!(stopped(&team).await["failed"], 5, "{trial}");
    }
}

#[tokio::test]
async fn s38_recorded_decisions_are_made_again_and_nothing_else_happens() {
    let host = Host::start().await;
    let team = Team::of(&host);
    for name in ["one", "two", "three"] {
        join(&host, name).await;
    }
    let plain = Person::named("plain").put(&host.tenant).await;
    plain.join(&host).await;
    let users = host.tenant.users().await;
    let folder = tempfile::tempdir().unwrap();
    let replay = |arguments: &[&str]| {
        let output = team.command(folder.path(), &[&["policy", "replay", "--json"], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let same = replay(&["--against", "joined"]);
    assert_eq!(
        same,
        json!({"asked": 4, "changed": []}),
        "the same version decides the same"
    );
    let other = replay(&["--against", "lodash"]);
    let changed = other["changed"].as_array().unwrap();
    assert_eq!((&other["asked"], changed.len()), (&json!(4), 3), "{other}");
    assert!(
        changed
            .iter()
            .all(|one| one["differences"] == json!(["user_metadata/tags has another value"]) && one["hook"] == "merge")
    );
    let union = replay(&["--against", "joined", "--settings", r#"{"arrays":"primary"}"#]);
    assert_eq!(
        union["changed"].as_array().unwrap().len(),
        3,
        "other settings are another policy: {union}"
    );
    assert_eq!(replay(&["--against", "lodash", "--days", "1"])["asked"], 4);
    let none = team.command(
        folder.path(),
        &["policy", "replay", "--against", "lodash", "--days", "0"],
    );
    let told = String::from_utf8_lossy(&none.stderr);
    assert!(none.status.code() == Some(2) && told.contains("--days"), "{told}");
    assert_eq!(host.tenant.users().await, users, "nothing happened at the tenant");
    assert_eq!(team.number().await, 0);
    // What is kept of a person goes with them.
    host.operate(&["links", "forget", &plain.own_id(), "--yes"]);
    assert_eq!(replay(&["--against", "joined"])["asked"], 3);
}

#[tokio::test]
async fn what_is_kept_is_as_the_tenant_says() {
    let process = TenantProcess::start();
    let settings = "replay = { days = 30, candidates = true, most_bytes = 4096 }";
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), settings);
    let token = host.operate(&[
        "token",
        "create",
        "--name",
        "somebody",
        "--scope",
        "decisions:read",
        "--scope",
        "policies:read",
    ]);
    let team = Team::at(&host.url, token.trim());
    let large = json!({"user_metadata": {"note": "x".repeat(8_000)}});
    Person::named("large")
        .own(large)
        .put(&host.tenant)
        .await
        .join(&host)
        .await;
    let replayed = team.post("replay", &json!({"policy": "joined"})).await;
    assert_eq!(replayed.status, 200, "{}", replayed.body);
    // Two looks before and after the link hold the whole of the account that is signed in, and so are too large as well.
    assert_eq!(replayed.body["asked"], 0, "{}", replayed.body);
    Person::named("small").put(&host.tenant).await.join(&host).await;
    let replayed = team.post("replay", &json!({"policy": "joined"})).await;
    assert!(
        replayed.body["asked"].as_u64().unwrap() >= 2,
        "candidates too: {}",
        replayed.body
    );
    assert_eq!(replayed.body["changed"], json!([]));
}
