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
async fn a_query_that_is_too_long_is_refused_with_414() {
    let running = start().await;
    let api = running.api().await;
    let query = |terms: usize| {
        let terms = (0..terms).map(|number| format!(r#"user_id:"auth0|{number:024}""#));
        terms
            .chain([r#"user_id:"auth0|ada""#.to_owned()])
            .collect::<Vec<_>>()
            .join(" OR ")
    };
    let found = search(&api, &query(100), "").await;
    assert_eq!(ids(&found.body), ["auth0|ada"]);
    search(&api, &query(200), "").await.is_error(414, None);
}

#[tokio::test]
async fn without_the_primary_order_it_is_another_one_each_time() {
    let running = start().await;
    let api = running.api().await;
    let ada = r#"email:"ada@example.com""#;
    let first = search(&api, ada, "&primary_order=false").await.body;
    let second = search(&api, ada, "&primary_order=false").await.body;
    assert_ne!(ids(&first), ids(&second));
    let sorted = |users: &Value| {
        let mut ids: Vec<String> = ids(users).into_iter().map(str::to_owned).collect();
        ids.sort();
        ids
    };
    assert_eq!(sorted(&first), sorted(&second), "the same people");
    let chosen = search(&api, ada, "&primary_order=false&sort=user_id:1").await.body;
    assert_eq!(sorted(&chosen), ids(&chosen), "a sort is kept to");
    for more in ["", "&primary_order=true"] {
        let found = search(&api, ada, more).await.body;
        assert_eq!(ids(&found), ids(&chosen), "{more}");
    }
    search(&api, ada, "&primary_order=maybe")
        .await
        .is_error(400, Some("invalid_query_string"));
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_a_fault_of_its_path_alone() {
    let running = start().await;
    let api = running.api().await;
    running
        .add_faults(json!([{"method": "GET", "path": "*/api/v2/users", "times": 1, "status": 503}]))
        .await;
    assert_eq!(api.get("users-by-email?email=ada%40example.com").await.status, 200);
    assert_eq!(api.user("auth0|ada").await.status, 200);
    search(&api, "email_verified:true", "").await.is_error(503, None);
    assert_eq!(search(&api, "email_verified:true", "").await.status, 200);
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
