//! Error bodies, authentication of the Management API, and its limits.

use reqwest::Method;
use serde_json::json;

use conjoin_dev_tenant::{Bucket, Config, Plan, RateLimit};

use crate::support::{start, start_with};

#[tokio::test]
async fn a_call_without_a_good_token_is_refused() {
    let running = start().await;
    let path = "api/v2/users/auth0%7Cada";
    running.send(Method::GET, path, None, None).await.is_error(401, None);
    running
        .send(Method::GET, path, Some("opaque"), None)
        .await
        .is_error(400, Some("Bearer"));
    running
        .send(Method::GET, path, Some("a.b.c"), None)
        .await
        .is_error(401, None);
    let basic = running
        .http
        .get(running.url(path))
        .basic_auth("a", Some("b"))
        .send()
        .await
        .unwrap();
    assert_eq!(basic.status(), 400);
    let good = running.machine_token("conjoin-m2m").await;
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let spoiled = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    running
        .send(Method::GET, path, Some(&spoiled), None)
        .await
        .is_error(401, None);
    let id_token = running.id_token("ada@example.com", &[]).await;
    running
        .send(Method::GET, path, Some(&id_token), None)
        .await
        .is_error(401, None);
    running
        .send(
            Method::POST,
            "_dev/rotate-keys",
            None,
            Some(json!({"keep_previous": false})),
        )
        .await;
    running
        .send(Method::GET, path, Some(&good), None)
        .await
        .is_error(401, None);
    let other = start().await.machine_token("conjoin-m2m").await;
    running
        .send(Method::GET, path, Some(&other), None)
        .await
        .is_error(401, None);
}

#[tokio::test]
async fn unknown_routes_of_the_api_are_json() {
    let running = start().await;
    let api = running.api().await;
    api.get("nothing").await.is_error(404, None);
    api.send(Method::PUT, "users/auth0%7Cada", None)
        .await
        .is_error(404, None);
    let page = running.send(Method::GET, "nothing", None, None).await;
    assert_eq!(page.status, 404);
    assert!(page.body.as_str().unwrap().contains("<html"));
}

#[tokio::test]
async fn e17_a_plan_limits_the_api_and_tells_so() {
    let limit = RateLimit::Custom(Bucket {
        burst: 3,
        per_minute: 1,
    });
    let running = start_with(Config {
        rate_limit: limit,
        ..Config::default()
    })
    .await;
    let api = running.api().await;
    for remaining in ["2", "1", "0"] {
        let answer = api.user("auth0|ada").await;
        assert_eq!(
            (
                answer.status,
                answer.header("x-ratelimit-limit"),
                answer.header("x-ratelimit-remaining")
            ),
            (200, "3", remaining)
        );
    }
    let answer = api.user("auth0|ada").await;
    answer.is_error(429, Some("too_many_requests"));
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let reset: u64 = answer.header("x-ratelimit-reset").parse().unwrap();
    assert!(reset > now && reset <= now + 61, "epoch seconds: {reset}");
    assert_eq!(
        running
            .send(Method::GET, ".well-known/jwks.json", None, None)
            .await
            .status,
        200,
        "the API only"
    );
}

#[tokio::test]
async fn e17_a_plan_by_kind_keeps_reads_and_writes_apart() {
    let running = start_with(Config {
        rate_limit: RateLimit::Plan(Plan::Essentials),
        ..Config::default()
    })
    .await;
    let api = running.api().await;
    assert_eq!(api.user("auth0|ada").await.header("x-ratelimit-remaining"), "39");
    assert_eq!(
        api.patch("auth0|ada", json!({"user_metadata": {"a": 1}}))
            .await
            .header("x-ratelimit-remaining"),
        "19"
    );
    let free = start().await;
    assert_eq!(
        free.api().await.user("auth0|ada").await.header("x-ratelimit-limit"),
        "",
        "none by default"
    );
}
