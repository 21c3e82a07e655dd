//! What only this tenant has: the log of calls, faults, fixtures, reset, configuration, the end.

use std::time::{Duration, Instant};

use conjoin_dev_tenant::{Config, DevTenant, StartError};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Running, encoded, start, start_with};

async fn faults(running: &Running, rules: Value) {
    running.put_dev("_dev/faults", rules).await;
}

const ADA: &str = "/api/v2/users/auth0|ada";

#[tokio::test]
async fn calls_are_noted_with_their_client_and_without_secrets() {
    let running = start().await;
    let api = running.api().await;
    api.patch("auth0|ada", json!({"user_metadata": {"a": 1}})).await;
    api.user("auth0|nobody").await;
    let noted = running.calls().await;
    let shapes: Vec<(&str, &str, u64)> = noted
        .iter()
        .map(|call| {
            (
                call["method"].as_str().unwrap(),
                call["path"].as_str().unwrap(),
                call["status"].as_u64().unwrap(),
            )
        })
        .collect();
    let ada = format!("/api/v2/users/{}", encoded("auth0|ada"));
    let nobody = format!("/api/v2/users/{}", encoded("auth0|nobody"));
    assert_eq!(
        shapes,
        [
            ("POST", "/oauth/token", 200),
            ("PATCH", ada.as_str(), 200),
            ("GET", nobody.as_str(), 404)
        ]
    );
    let ends: Vec<[u64; 2]> = noted
        .iter()
        .map(|call| ["at_micros", "took_micros"].map(|key| call[key].as_u64().unwrap()))
        .collect();
    let one_after_another = |one: &[u64; 2], next: &[u64; 2]| one[0] + one[1] <= next[0];
    assert!(ends.is_sorted_by(one_after_another), "{ends:?}");
    assert_eq!(noted[0]["body"]["client_secret"], json!("[redacted]"));
    assert_eq!(noted[1]["body"], json!({"user_metadata": {"a": 1}}));
    assert!(noted.iter().all(|call| call["client_id"] == json!("conjoin-m2m")));
    running.send(Method::DELETE, "_dev/calls", None, None).await;
    assert!(running.calls().await.is_empty());
}

#[tokio::test]
async fn a_fault_answers_instead_of_the_work() {
    let running = start().await;
    let api = running.api().await;
    let rule = json!({"method": "PATCH", "path": ADA, "times": 1, "status": 503, "body": {"statusCode": 503}, "retry_after": 7});
    faults(&running, json!([rule])).await;
    let answer = api.patch("auth0|ada", json!({"user_metadata": {"a": 1}})).await;
    assert_eq!(
        (answer.status, answer.header("retry-after"), &answer.body),
        (503, "7", &json!({"statusCode": 503}))
    );
    assert!(api.user("auth0|ada").await.body["user_metadata"].get("a").is_none());
    assert_eq!(
        api.patch("auth0|ada", json!({"user_metadata": {"a": 1}})).await.status,
        200,
        "once"
    );
    let noted = running.calls().await;
    let faulted: Vec<u64> = noted
        .iter()
        .filter(|call| call["fault"] == json!(true))
        .map(|call| call["status"].as_u64().unwrap())
        .collect();
    assert_eq!(faulted, [503]);
}

#[tokio::test]
async fn a_fault_can_strike_after_the_work() {
    let running = start().await;
    let api = running.api().await;
    faults(
        &running,
        json!([{"method": "POST", "path": "/api/v2/users/*/identities", "status": 500, "after_effect": true}]),
    )
    .await;
    let answer = api
        .link("auth0|ada", json!({"provider": "google-oauth2", "user_id": "1001"}))
        .await;
    answer.is_error(500, None);
    assert_eq!(
        api.user("auth0|ada").await.body["identities"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_fault_can_cut_the_connection() {
    let running = start().await;
    let api = running.api().await;
    faults(
        &running,
        json!([{"method": "GET", "path": ADA, "reset": true, "times": 1}]),
    )
    .await;
    let url = running.url(&format!("api/v2/users/{}", encoded("auth0|ada")));
    let result = running.http.get(url).bearer_auth(&api.token).send().await;
    assert!(result.is_err_and(|error| !error.is_timeout()));
    assert_eq!(api.user("auth0|ada").await.status, 200);
    let cut = running
        .calls()
        .await
        .into_iter()
        .find(|call| call["fault"] == json!(true))
        .unwrap();
    assert_eq!(cut["status"], Value::Null);
}

#[tokio::test]
async fn a_fault_can_hold_the_answer_and_let_the_effect_come_late() {
    let running = start().await;
    let api = running.api().await;
    faults(
        &running,
        json!([{"method": "PATCH", "path": ADA, "timeout_ms": 1, "late_effect_ms": 100, "times": 1}]),
    )
    .await;
    let answer = api.patch("auth0|ada", json!({"user_metadata": {"late": true}})).await;
    assert_eq!(answer.status, 504);
    let deadline = Instant::now() + Duration::from_secs(20);
    while api.user("auth0|ada").await.body["user_metadata"].get("late").is_none() {
        assert!(Instant::now() < deadline, "it never came");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_held_request_goes_on_when_the_rules_are_cleared() {
    let running = start().await;
    let api = running.api().await;
    faults(&running, json!([{"method": "PATCH", "path": ADA, "hold": true}])).await;
    let held = api.patch("auth0|ada", json!({"user_metadata": {"a": 1}}));
    let release = async {
        while !running
            .calls()
            .await
            .iter()
            .any(|call| call["method"] == json!("PATCH") && call["fault"] == json!(true))
        {
            tokio::task::yield_now().await;
        }
        assert!(api.user("auth0|ada").await.body["user_metadata"].get("a").is_none());
        running.send(Method::DELETE, "_dev/faults", None, None).await;
    };
    let (answer, ()) = tokio::join!(held, release);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["user_metadata"]["a"], json!(1));
}

#[tokio::test]
async fn fixtures_are_put_and_everything_is_reset() {
    let running = start().await;
    let api = running.api().await;
    let user =
        json!({"email": "new@example.com", "email_verified": true, "password": "pw", "app_metadata": {"plan": "x"}});
    running.put_dev("_dev/users/google-oauth2%7C77", user).await;
    assert_eq!(
        api.user("google-oauth2|77").await.body["app_metadata"]["plan"],
        json!("x")
    );
    let users = running.send(Method::GET, "_dev/users", None, None).await.body;
    assert!(
        !users.to_string().contains("correct-horse") && !users.to_string().contains("\"pw\""),
        "no passwords"
    );
    let bad = running
        .send(Method::PUT, "_dev/users/nobar", None, Some(json!({})))
        .await;
    assert_eq!(bad.status, 400);
    faults(&running, json!([{"path": "/api/v2/users", "status": 500}])).await;
    assert_eq!(running.send(Method::POST, "_dev/reset", None, None).await.status, 204);
    api.user("google-oauth2|77")
        .await
        .is_error(404, Some("inexistent_user"));
    assert_eq!(api.user("auth0|ada").await.status, 200);
    running.send(Method::POST, "_dev/reset", None, None).await;
    assert_eq!(
        api.user("auth0|ada").await.status,
        200,
        "a second reset finds the seed too"
    );
}

#[tokio::test]
async fn a_number_of_a_call_is_not_used_again_after_a_reset() {
    let running = start().await;
    let api = running.api().await;
    api.user("auth0|ada").await;
    let last = running.calls().await.last().unwrap()["number"].as_u64().unwrap();
    running.send(Method::POST, "_dev/reset", None, None).await;
    assert!(running.calls().await.is_empty());
    api.user("auth0|ada").await;
    assert_eq!(running.calls().await[0]["number"], json!(last + 1));
}

#[tokio::test]
async fn the_start_page_lists_the_users() {
    let running = start().await;
    running
        .put_dev(
            "_dev/users/github%7C1",
            json!({"email": "<script>x</script>@example.com"}),
        )
        .await;
    let page = running.send(Method::GET, "", None, None).await;
    let html = page.body.as_str().unwrap();
    assert!(html.contains("auth0|ada") && html.contains("google-oauth2|7001"));
    assert!(!html.contains("<script>x"));
    assert_eq!(
        running
            .send(Method::GET, "assets/style.css", None, None)
            .await
            .header("content-type"),
        "text/css; charset=utf-8"
    );
}

#[tokio::test]
async fn starts_from_a_file_with_its_own_users() {
    let folder = std::env::temp_dir().join(format!("conjoin-dev-tenant-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let users = json!([{"user_id": "auth0|only", "email": "only@example.com", "password": "pw"}]);
    std::fs::write(folder.join("users.json"), users.to_string()).unwrap();
    std::fs::write(
        folder.join("tenant.toml"),
        "users = \"users.json\"\nrate_limit = { burst = 9, per_minute = 60 }\n",
    )
    .unwrap();
    let running = start_with(Config::from_file(folder.join("tenant.toml")).unwrap()).await;
    let users = running.send(Method::GET, "_dev/users", None, None).await.body;
    assert_eq!(users.as_array().unwrap().len(), 1);
    assert_eq!(
        running.api().await.user("auth0|only").await.header("x-ratelimit-limit"),
        "9"
    );
    std::fs::write(folder.join("users.json"), "[{\"user_id\": \"nobar\"}]").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = DevTenant::start(Config::from_file(folder.join("tenant.toml")).unwrap(), listener).await;
    assert!(matches!(refused, Err(StartError::User(_))));
    assert!(Config::from_file(folder.join("missing.toml")).is_err());
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn an_issuer_with_a_path_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = Config {
        issuer: Some("https://tenant.example/path".parse().unwrap()),
        ..Config::default()
    };
    assert!(matches!(
        DevTenant::start(config, listener).await,
        Err(StartError::Issuer(_))
    ));
}

#[tokio::test]
async fn shutting_down_ends_the_tenant() {
    let running = start().await;
    let address = running.tenant.address();
    assert_eq!(
        running
            .send(Method::GET, ".well-known/jwks.json", None, None)
            .await
            .status,
        200
    );
    running.tenant.shutdown().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
