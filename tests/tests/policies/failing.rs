//! A version that keeps failing is taken out, and the tenant's team is told.

use std::time::Duration;

use conjoin_tests::{Browser, Host, Team};
use serde_json::{Value, json};

use crate::built::build;
use crate::person::Person;

/// A policy that has the fault which its settings name.
pub fn faulty() -> Vec<u8> {
    std::fs::read(build("host/linking/tests/faulty", "faulty")).unwrap()
}

/// Signs in and looks; says whether anything is offered.
pub async fn is_offered_something(host: &Host, name: &str) -> bool {
    let person = Person::named(name).put(&host.tenant).await;
    let account = person.sign_in(host, &Browser::new()).await;
    !account.forms("[data-offer]").is_empty()
}

async fn active(team: &Team) -> Value {
    team.get("activation").await.body
}

#[tokio::test]
async fn s35_a_version_that_fails_for_five_people_in_a_row_gives_way_to_the_one_before_and_the_team_is_told() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let digest = team.push(&faulty()).await["digest"].as_str().unwrap().to_owned();
    team.activate("oldest-primary", json!({})).await;
    team.activate(&digest, json!({})).await;
    assert!(is_offered_something(&host, "well").await);
    team.activate(&digest, json!({"fault": "select-traps"})).await;
    for number in 0..5 {
        assert_eq!(active(&team).await["number"], 3, "{number}");
        assert!(
            !is_offered_something(&host, &format!("unlucky{number}x")).await,
            "nothing is offered by a policy that traps"
        );
    }
    let now = after(&team, 3).await;
    assert_eq!(
        (&now["number"], &now["kind"], &now["by"]),
        (&json!(4), &json!("breaker"), &json!("this host")),
        "{now}"
    );
    assert_eq!(
        (&now["policy"], &now["settings"]),
        (&json!(digest), &json!({})),
        "the same version worked with the settings before"
    );
    assert!(is_offered_something(&host, "lucky").await);
    host.said("a policy that kept failing was taken out").await;
    assert!(host.operate(&["audit", "export"]).contains("policy.taken_out"));
}

/// What decides again after the first failures fails too, for whoever has one other account.
#[tokio::test]
async fn s35_what_was_taken_out_is_not_gone_back_to_when_the_one_before_it_fails_as_well() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let digest = team.push(&faulty()).await["digest"].as_str().unwrap().to_owned();
    team.activate("oldest-primary", json!({})).await;
    let first = active(&team).await;
    team.activate(&digest, json!({"fault": "select-traps-with-one"})).await;
    team.activate(&digest, json!({"fault": "select-traps"})).await;
    for number in 0..5 {
        is_offered_something(&host, &format!("unlucky{number}x")).await;
    }
    let now = after(&team, 3).await;
    assert_eq!(
        (&now["number"], &now["settings"]),
        (&json!(4), &json!({"fault": "select-traps-with-one"})),
        "{now}"
    );
    for number in 0..5 {
        assert!(!is_offered_something(&host, &format!("again{number}x")).await);
    }
    let now = after(&team, 4).await;
    assert_eq!(
        (&now["number"], &now["kind"], &now["policy"]),
        (&json!(5), &json!("breaker"), &first["policy"]),
        "{now}"
    );
    assert!(is_offered_something(&host, "relieved").await);
}

/// What decides once the change numbered `number` is not the last any more. Nobody waits while a version is taken out, so neither does the last of those that it failed for.
pub async fn after(team: &Team, number: i64) -> Value {
    let taken_out = async {
        loop {
            let now = active(team).await;
            if now["number"] != number {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), taken_out)
        .await
        .expect("it is taken out")
}

#[tokio::test]
async fn a_version_that_offers_and_then_fails_to_join_is_taken_out_too() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let digest = team.push(&faulty()).await["digest"].as_str().unwrap().to_owned();
    team.activate(&digest, json!({"fault": "merge-traps"})).await;
    for number in 0..5 {
        let person = Person::named(&format!("unlucky{number}x")).put(&host.tenant).await;
        let page = person.prove(&host, &Browser::new()).await;
        assert_ne!(page.name(), "link-review", "{}", page.readable());
        // Whoever looks in between is offered an account, so it answers; that does not make it join.
        if number < 4 {
            assert!(is_offered_something(&host, &format!("looks{number}x")).await);
        }
    }
    let now = after(&team, 1).await;
    assert_eq!((&now["number"], &now["kind"]), (&json!(2), &json!("breaker")), "{now}");
    Person::named("lucky").put(&host.tenant).await.join(&host).await;
}

#[tokio::test]
async fn what_ships_with_the_host_is_revoked_like_any_other() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let digest = active(&team).await["policy"].as_str().unwrap().to_owned();
    assert!(is_offered_something(&host, "before").await);
    let revoked = team.post(&format!("policies/{digest}/revoke"), &json!({})).await;
    assert_eq!(revoked.status, 204, "{}", revoked.body);
    let now = active(&team).await;
    assert_eq!((&now["number"], &now["policy"]), (&json!(1), &Value::Null), "{now}");
    assert!(
        !is_offered_something(&host, "after").await,
        "there is nothing to go back to"
    );
    team.activate("oldest-primary", json!({})).await;
    assert!(is_offered_something(&host, "later").await);
}

#[tokio::test]
async fn the_default_that_somebody_uploaded_with_a_wrong_case_is_still_there_to_go_back_to() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let wrong = json!({"hook": "merge", "primary": {"user_metadata": {"a": 1}}, "secondary": {}, "expect": {"result": {"user_metadata": {"a": 2}}}});
    let cases = [("wrong".to_owned(), wrong.to_string())].into();
    let uploaded = team.upload(conjoin_policies::JOINED.component, &cases).await;
    let digest = uploaded.body["digest"].as_str().unwrap().to_owned();
    assert_eq!(team.checked(&digest).await["state"], "failed");
    team.activate("oldest-primary", json!({})).await;
    let back = team.post("activation/rollback", &json!({})).await;
    assert_eq!(
        (back.status, &back.body["policy"]),
        (200, &json!(digest)),
        "{}",
        back.body
    );
}

#[tokio::test]
async fn a_version_that_has_decided_stays_as_it_was_checked() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let digest = team.push(&faulty()).await["digest"].as_str().unwrap().to_owned();
    team.activate(&digest, json!({})).await;
    let cases = [("wrong".to_owned(), "{}".to_owned())].into();
    let again = team.upload(&faulty(), &cases).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(team.checked(&digest).await["state"], "active");
    team.activate(&digest, json!({"fault": "none"})).await;
}

#[tokio::test]
async fn one_person_for_whom_it_fails_again_and_again_takes_nothing_from_others() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let digest = team.push(&faulty()).await["digest"].as_str().unwrap().to_owned();
    team.activate(&digest, json!({"fault": "select-traps"})).await;
    let (person, browser) = (Person::named("odd").put(&host.tenant).await, Browser::new());
    person.sign_in(&host, &browser).await;
    for _ in 0..10 {
        browser.get(host.at("/user")).await;
    }
    assert_eq!(active(&team).await["number"], 1);
}
