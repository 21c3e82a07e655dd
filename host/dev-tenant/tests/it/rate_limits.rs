//! Limits of the Authentication API, with one of Auth0's plans.

use conjoin_dev_tenant::{Config, Plan, RateLimit, Readings};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Running, start, start_with};

async fn free() -> Running {
    start_with(Config {
        rate_limit: RateLimit::Plan(Plan::Free),
        unconfirmed: Readings {
            retry_after: true,
            ..Readings::default()
        },
        ..Config::default()
    })
    .await
}

/// What a client is told of a bucket.
fn told(answer: &Answer) -> [&str; 2] {
    ["x-ratelimit-limit", "x-ratelimit-remaining"].map(|name| answer.header(name))
}

fn is_refused(answer: &Answer) {
    assert_eq!(answer.status, 429, "{}", answer.body);
    assert_eq!(
        answer.body,
        json!({"error": "too_many_requests", "error_description": "Global limit has been reached"})
    );
    assert_eq!(answer.header("x-ratelimit-remaining"), "0");
    assert!(answer.header("x-ratelimit-reset").parse::<u64>().is_ok());
    assert!(!answer.header("retry-after").is_empty());
}

/// An access token that opens `/userinfo`.
async fn opaque(running: &Running, username: &str) -> String {
    let landed = running.browser().sign_in(username, &[]).await;
    let answer = running.exchange(&landed.parameter("code")).await;
    answer.body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_person_may_read_userinfo_ten_times_at_once() {
    let running = free().await;
    let (ada, grace) = (
        opaque(&running, "ada@example.com").await,
        opaque(&running, "grace@example.com").await,
    );
    let asked = async |token: &str| running.send(Method::GET, "userinfo", Some(token), None).await;
    for remaining in (0..10).rev() {
        let answer = asked(&ada).await;
        assert_eq!(answer.body["sub"], json!("auth0|ada"));
        assert_eq!(told(&answer), ["10", remaining.to_string().as_str()]);
    }
    is_refused(&asked(&ada).await);
    assert_eq!(told(&asked(&grace).await), ["10", "9"], "a bucket of her own");
    let nobody = asked("nobody's").await;
    assert_eq!((nobody.status, told(&nobody)), (401, ["", ""]), "nobody's bucket");
}

#[tokio::test]
async fn the_token_endpoint_and_the_keys_are_limited_for_all_together() {
    let running = free().await;
    let token = async || running.token_request(&[("grant_type", "client_credentials")]).await;
    let keys = async || running.send(Method::GET, ".well-known/jwks.json", None, None).await;
    assert_eq!(told(&token().await), ["30", "29"], "a refused client counts too");
    assert_eq!(told(&keys().await), ["20", "19"]);
    for limited in [
        join_all((0..200).map(|_| token())).await,
        join_all((0..200).map(|_| keys())).await,
    ] {
        is_refused(limited.iter().find(|answer| answer.status == 429).unwrap());
        assert!(limited.iter().any(|answer| answer.status != 429));
    }
}

#[tokio::test]
async fn without_a_plan_nothing_is_limited_and_nothing_told() {
    let running = start().await;
    let keys = running.send(Method::GET, ".well-known/jwks.json", None, None).await;
    assert_eq!((keys.status, told(&keys)), (200, ["", ""]));
    assert_eq!(told(&running.token_request(&[]).await), ["", ""]);
}
