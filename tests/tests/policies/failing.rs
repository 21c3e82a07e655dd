//! A version that keeps failing is taken out, and the tenant's team is told.

use conjoin_tests::{Browser, Host, Team};
use serde_json::{Value, json};

use crate::built::build;
use crate::person::Person;

/// A policy that has the fault which its settings name.
pub fn faulty() -> Vec<u8> {
    std::fs::read(build("host/linking/tests/faulty", "faulty")).unwrap()
}

/// Signs in and looks; says whether anything is offered.
async fn is_offered_something(host: &Host, name: &str) -> bool {
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
    let now = active(&team).await;
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
    assert!(host.log().contains("a policy that kept failing was taken out"));
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
    let now = active(&team).await;
    assert_eq!(
        (&now["number"], &now["settings"]),
        (&json!(4), &json!({"fault": "select-traps-with-one"})),
        "{now}"
    );
    for number in 0..5 {
        assert!(!is_offered_something(&host, &format!("again{number}x")).await);
    }
    let now = active(&team).await;
    assert_eq!(
        (&now["number"], &now["kind"], &now["policy"]),
        (&json!(5), &json!("breaker"), &first["policy"]),
        "{now}"
    );
    assert!(is_offered_something(&host, "relieved").await);
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
