//! What the tenant's Action is told of an agreement that waited for too long.

use conjoin_auth0::{HttpTimeouts, http_client};
use conjoin_linking::clock::now;
use conjoin_linking::record::Stage;
use serde_json::{Value, json};

use crate::program::{Dev, went_through};
use crate::records::{agreed, id, record, requested};

/// What `conjoin dev` and its Action share.
const SECRET: &str = "conjoin-dev-action-secret-known-to-everyone";

async fn complete(dev: &Dev, digit: u8, stage: &Stage) -> (u16, Value) {
    let Stage::Agreed(agreed) = stage else {
        panic!("an agreement")
    };
    let asked = json!({ "link": id(digit), "plan": agreed.planned.plan.hash(), "user_id": "auth0|ada" });
    let client = http_client(HttpTimeouts::default()).unwrap();
    let request = client.post(format!("{}/action/complete", dev.url.trim_end_matches('/')));
    let response = request.bearer_auth(SECRET).json(&asked).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_was_not_asked_for_in_time_is_not_carried_out() {
    let dev = Dev::start(&[]);
    let store = dev.store().await;
    let accounts = [&dev.user("auth0|ada").await, &dev.user("google-oauth2|1001").await];
    let agreed = agreed(accounts);
    let mut late = record(1, requested());
    late.expires_at = now() - 1;
    went_through(&store, late, vec![agreed.clone()]).await;
    let refused = json!({ "outcome": "not_linked", "reason": "expired" });
    // The second time too, once the record says so.
    for _ in 0..2 {
        assert_eq!(complete(&dev, 1, &agreed).await, (200, refused.clone()));
        let (_, shown) = dev.command(&["links", "show", &id(1).0, "--json"]);
        assert_eq!(shown["stage"], "expired", "{shown}");
    }
    // One of the same account and plan that is in time is refused for another reason: nobody knows its policy.
    went_through(&store, record(2, requested()), vec![agreed.clone()]).await;
    let (status, answer) = complete(&dev, 2, &agreed).await;
    assert_eq!((status, &answer["outcome"]), (200, &json!("not_linked")), "{answer}");
    assert_ne!(answer["reason"], "expired", "{answer}");
    assert_eq!(dev.user("auth0|ada").await.identities.len(), 1);
}
