//! Limits of the Authentication API, with one of Auth0's plans.

use conjoin_dev_tenant::{Config, Plan, RateLimit, Readings};
use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Running, start, start_with, until};

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

/// The answers to so many requests that reach their bucket at one moment: what it gains meanwhile is little then.
async fn at_once(running: &Running, path: &str, count: usize, ask: impl AsyncFn() -> Answer) -> Vec<Answer> {
    running
        .add_faults(json!([{"name": "held", "path": path, "hold": true}]))
        .await;
    let release = async {
        until("all are held", async || {
            let calls = running.calls().await;
            let held = calls.iter().filter(|call| call["fault_name"] == json!("held"));
            held.filter(|call| call["status"].is_null()).count() == count
        })
        .await;
        running.remove_faults("held").await;
    };
    join(join_all((0..count).map(|_| ask())), release).await.0
}

#[tokio::test]
async fn each_person_may_read_userinfo_ten_times_at_once() {
    let running = free().await;
    let (ada, grace) = (
        opaque(&running, "ada@example.com").await,
        opaque(&running, "grace@example.com").await,
    );
    let asked = async |token: &str| running.send(Method::GET, "userinfo", Some(token), None).await;
    let first = asked(&ada).await;
    assert_eq!(first.body["sub"], json!("auth0|ada"));
    assert_eq!(told(&first), ["10", "9"]);
    let answers = at_once(&running, "/userinfo", 20, async || asked(&ada).await).await;
    is_refused(answers.iter().find(|answer| answer.status == 429).unwrap());
    assert!(answers.iter().any(|answer| answer.status == 200));
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
        at_once(&running, "/oauth/token", 150, token).await,
        at_once(&running, "/.well-known/jwks.json", 150, keys).await,
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
