//! `GET /admin/v1/accounts/{user_id}/links` of the built program.

use conjoin_auth0::{HttpTimeouts, http_client};
use serde_json::{Value, json};

use crate::program::{Dev, went_through};
use crate::records::{ADDRESS, PRIVATE, id, needs_attention, record, requested, unlinked, work};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

async fn get(dev: &Dev, account: &str, authorization: &str) -> (u16, String, String) {
    let http = http_client(HttpTimeouts::default()).unwrap();
    let url = format!("{}/admin/v1/accounts/{account}/links", dev.url);
    let answer = http
        .get(url)
        .header("authorization", authorization)
        .send()
        .await
        .unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

async fn ask(dev: &Dev, account: &str) -> Value {
    let (status, kind, body) = get(dev, account, &format!("Bearer {TOKEN}")).await;
    assert_eq!((status, kind.as_str()), (200, "application/json"), "{body}");
    assert!(!body.contains(PRIVATE) && !body.contains(ADDRESS), "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s40_an_account_that_is_gone_was_linked_or_was_deleted() {
    let dev = Dev::start(&["--lookup-token", TOKEN]);
    let store = dev.store().await;
    let unknown = ask(&dev, "google-oauth2%7C1001").await;
    assert_eq!(
        unknown,
        json!({ "user_id": "google-oauth2|1001", "state": "unknown", "settled": true, "links": [] })
    );

    went_through(&store, record(1, requested()), vec![work("linked"), work("done")]).await;
    let secondary = ask(&dev, "google-oauth2%7C1001").await;
    assert_eq!(
        (&secondary["state"], &secondary["into"]),
        (&json!("linked"), &json!("auth0|ada"))
    );
    let link = &secondary["links"][0];
    assert_eq!(link["link"], json!(id(1)));
    assert_eq!(
        (&link["stage"], &link["primary"], &link["secondary"]),
        (&json!("done"), &json!("auth0|ada"), &json!("google-oauth2|1001"))
    );
    assert!(link["changed_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(ask(&dev, "auth0%7Cada").await["state"], "primary");

    went_through(&store, record(2, unlinked()), vec![unlinked()]).await;
    for account in ["google-oauth2%7C1001", "auth0%7Cada"] {
        let separated = ask(&dev, account).await;
        assert_eq!(separated["state"], "separate", "{separated}");
        assert!(separated.get("into").is_none());
        assert_eq!(separated["links"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_settled_says_so() {
    let dev = Dev::start(&["--lookup-token", TOKEN]);
    went_through(
        &dev.store().await,
        record(1, requested()),
        vec![needs_attention(work("confirmed"))],
    )
    .await;
    let answer = ask(&dev, "google-oauth2%7C1001").await;
    assert_eq!(
        (&answer["settled"], &answer["state"]),
        (&json!(false), &json!("separate"))
    );
    assert_eq!(answer["links"][0]["stage"], "needs_attention");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_the_token_learns_anything() {
    let dev = Dev::start(&["--lookup-token", TOKEN]);
    for authorization in [
        "",
        "Bearer",
        "Bearer wrong",
        &format!("Basic {TOKEN}"),
        &format!("Bearer {TOKEN}0"),
    ] {
        let (status, kind, body) = get(&dev, "auth0%7Cada", authorization).await;
        assert_eq!(
            (status, kind.as_str()),
            (401, "application/problem+json"),
            "{authorization}"
        );
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&problem["status"], &problem["title"]),
            (&json!(401), &json!("Unauthorized"))
        );
    }
    // What is no account's id is none that is known, whatever it holds.
    for account in ["ada", "auth0%7C", "%7C", "auth0%7Ca%00b"] {
        let (status, kind, _) = get(&dev, account, &format!("Bearer {TOKEN}")).await;
        assert_eq!((status, kind.as_str()), (404, "application/problem+json"), "{account}");
    }
    assert!(!dev.log().contains(TOKEN));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_token_is_configured_there_is_no_such_endpoint() {
    let dev = Dev::start(&[]);
    let (status, kind, _) = get(&dev, "auth0%7Cada", "Bearer ").await;
    assert_eq!((status, kind.as_str()), (404, "application/problem+json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_tokens_is_slowed_down_and_slows_nobody_else_down() {
    let dev = Dev::start(&["--lookup-token", TOKEN]);
    let mut slowed = 0;
    for _ in 0..60 {
        slowed += u32::from(get(&dev, "auth0%7Cada", "Bearer wrong").await.0 == 429);
    }
    assert!(slowed > 0);
    ask(&dev, "auth0%7Cada").await;
}
