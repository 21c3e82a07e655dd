//! `GET /users`.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use conjoin_dev_tenant::Config;

use crate::support::{Answer, Api, encoded, start, start_with};

async fn search(api: &Api<'_>, query: &str, more: &str) -> Answer {
    api.get(&format!("users?search_engine=v3&q={}{more}", encoded(query)))
        .await
}

fn ids(users: &Value) -> Vec<&str> {
    users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["user_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn finds_addresses_in_any_case_and_linked_ones_by_their_own_field() {
    let running = start().await;
    let api = running.api().await;
    let found = search(&api, r#"email:"ADA@example.com""#, "").await;
    assert_eq!(
        ids(&found.body),
        ["auth0|ada", "facebook|1003", "github|1002", "google-oauth2|1001"]
    );
    let found = search(&api, r#"identities.profileData.email:"hedy@example.com""#, "").await;
    assert_eq!(ids(&found.body), ["auth0|hedy"]);
    let quoted = search(&api, r#"email:"ada@example.com\" OR email_verified:true OR \"""#, "").await;
    assert_eq!(quoted.body, json!([]));
}

#[tokio::test]
async fn pages_with_and_without_totals() {
    let running = start().await;
    let api = running.api().await;
    let all = search(
        &api,
        "email_verified:*",
        "&include_totals=true&per_page=2&page=1&sort=user_id:1",
    )
    .await
    .body;
    assert_eq!(
        (&all["start"], &all["limit"], &all["length"]),
        (&json!(2), &json!(2), &json!(2))
    );
    assert!(all["total"].as_u64().unwrap() >= 20);
    let down = api.get("users?sort=user_id:-1&per_page=1&fields=user_id").await.body;
    assert_eq!(down, json!([{"user_id": "samlp|acme|hopper"}]));
    let of_github = api.get("users?connection=github").await.body;
    assert_eq!(of_github.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let running = start().await;
    let api = running.api().await;
    search(&api, "email:\"open", "")
        .await
        .is_error(400, Some("invalid_query_string"));
    api.get("users?per_page=101")
        .await
        .is_error(400, Some("invalid_query_string"));
    api.get("users?page=-1")
        .await
        .is_error(400, Some("invalid_query_string"));
    api.get("users?sort=email")
        .await
        .is_error(400, Some("invalid_query_string"));
    api.get("users?search_engine=v2")
        .await
        .is_error(400, Some("invalid_query_string"));
    api.get("users?page=20&per_page=50")
        .await
        .is_error(400, Some("invalid_paging"));
    assert_eq!(api.get("users?page=19&per_page=50").await.status, 200);
}

#[tokio::test]
async fn e14_the_search_sees_changes_late() {
    let running = start_with(Config {
        search_lag_ms: 600_000,
        ..Config::default()
    })
    .await;
    let api = running.api().await;
    api.link("auth0|ada", json!({"provider": "google-oauth2", "user_id": "1001"}))
        .await;
    let found = search(&api, r#"user_id:"google-oauth2|1001""#, "").await;
    assert_eq!(ids(&found.body), ["google-oauth2|1001"], "not noticed yet");
    assert_eq!(api.user("google-oauth2|1001").await.status, 404);
}

#[tokio::test]
async fn e14_the_search_sees_changes_in_the_end() {
    let running = start_with(Config {
        search_lag_ms: 50,
        ..Config::default()
    })
    .await;
    let api = running.api().await;
    api.send(Method::DELETE, "users/auth0%7Cgrace", None).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    while search(&api, r#"user_id:"auth0|grace""#, "").await.body != json!([]) {
        assert!(Instant::now() < deadline, "still there");
        tokio::task::yield_now().await;
    }
}
