//! Going back, once and again: never to what was left because it was bad.

use conjoin_tests::team::Answer;
use conjoin_tests::{Host, Team};
use serde_json::{Value, json};

/// Answers the digest.
async fn pushed(team: &Team, component: &[u8]) -> Value {
    team.push(component).await["digest"].clone()
}

async fn activated(team: &Team, digest: &Value) {
    team.activate(digest.as_str().unwrap(), json!({})).await;
}

async fn back(team: &Team) -> Answer {
    team.post("activation/rollback", &json!({})).await
}

#[tokio::test]
async fn who_goes_back_twice_does_not_come_back_to_what_was_bad() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let shipped = team.get("activation").await.body["policy"].clone();
    let good = pushed(&team, conjoin_policies::CAUTIOUS.component).await;
    let bad = pushed(&team, conjoin_policies::LODASH.component).await;
    activated(&team, &good).await;
    activated(&team, &bad).await;
    assert_eq!(back(&team).await.body["policy"], good);
    assert_eq!(back(&team).await.body["policy"], shipped, "not what was just left");
    let nothing = back(&team).await;
    assert_eq!((nothing.status, &nothing.body["code"]), (409, &json!("nothing-before")));
    // What is named is gone back to, whatever it is.
    let named = team.post("activation/rollback", &json!({"to": 2})).await;
    assert_eq!(named.body["policy"], bad, "{}", named.body);
    // Whoever activates one again has decided that it is good.
    activated(&team, &bad).await;
    activated(&team, &good).await;
    assert_eq!(back(&team).await.body["policy"], bad);
}

#[tokio::test]
async fn what_ships_with_the_host_is_left_like_any_other() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let good = pushed(&team, conjoin_policies::CAUTIOUS.component).await;
    activated(&team, &good).await;
    team.activate("joined", json!({})).await;
    assert_eq!(back(&team).await.body["policy"], good);
    let nothing = back(&team).await;
    assert_eq!((nothing.status, &nothing.body["code"]), (409, &json!("nothing-before")));
}
