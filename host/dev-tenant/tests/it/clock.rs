//! A tenant whose clock is wrong: everything that a client is told of the time is wrong by the same.

use std::time::{SystemTime, UNIX_EPOCH};

use conjoin_dev_tenant::{Bucket, Config, RateLimit};
use reqwest::Method;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::{Rfc2822, Rfc3339};

use crate::support::{Running, claims, start, start_with};

const DAY: i64 = 86_400;

fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

async fn skew(running: &Running, seconds: i64) {
    running.put_dev("_dev/oidc", json!({"clock_skew": seconds})).await;
}

/// Asserts that a moment lies between `before` and now, shifted by the skew.
fn is_now(what: &str, moment: i64, before: i64, skew: i64) {
    assert!(
        (before + skew..=seconds() + skew + 1).contains(&moment),
        "{what}: {moment} is not {before} and {skew}"
    );
}

#[tokio::test]
async fn every_time_that_a_client_is_told_is_shifted() {
    let config = Config {
        rate_limit: RateLimit::Custom(Bucket {
            burst: 100,
            per_minute: 6000,
        }),
        ..Config::default()
    };
    let running = start_with(config).await;
    for ahead in [3 * DAY, -3 * DAY] {
        skew(&running, ahead).await;
        let before = seconds();
        let token = claims(&running.id_token("grace@example.com", &[("prompt", "login")]).await);
        for name in ["iat", "auth_time"] {
            is_now(name, token[name].as_i64().unwrap(), before, ahead);
        }
        assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 36_000);
        // The machine's token, and the tenant's judgement of it, go by the same clock.
        let api = running.api().await;
        let machine = claims(&api.token);
        is_now("iat of the machine", machine["iat"].as_i64().unwrap(), before, ahead);
        let answer = api.user("auth0|grace").await;
        assert_eq!(answer.status, 200);
        let date = OffsetDateTime::parse(answer.header("date"), &Rfc2822).unwrap();
        is_now("Date", date.unix_timestamp(), before, ahead);
        is_now(
            "reset",
            answer.header("x-ratelimit-reset").parse().unwrap(),
            before,
            ahead,
        );
        let login = OffsetDateTime::parse(answer.body["last_login"].as_str().unwrap(), &Rfc3339).unwrap();
        is_now("last_login", login.unix_timestamp(), before, ahead);
        let user = json!({"connection": "Username-Password-Authentication", "email": format!("new{ahead}@example.com"), "password": "x"});
        let created = api.send(Method::POST, "users", Some(user)).await.body["created_at"].clone();
        let created = OffsetDateTime::parse(created.as_str().unwrap(), &Rfc3339).unwrap();
        is_now("created_at", created.unix_timestamp(), before, ahead);
    }
}

#[tokio::test]
async fn a_jump_of_the_clock_ends_tokens_and_makes_sign_ins_old() {
    let running = start().await;
    let api = running.api().await;
    let mut browser = running.browser();
    browser.sign_in("grace@example.com", &[]).await;
    skew(&running, DAY - 3600).await;
    assert_eq!(api.user("auth0|grace").await.status, 200);
    let silent = browser.authorize(&[("prompt", "none"), ("max_age", "60")]).await;
    assert_eq!(silent.parameter("error"), "login_required");
    skew(&running, DAY + 60).await;
    api.user("auth0|grace").await.is_error(401, None);
    skew(&running, 0).await;
    assert_eq!(api.user("auth0|grace").await.status, 200);
    let silent = browser.authorize(&[("prompt", "none"), ("max_age", "60")]).await;
    assert!(silent.find("code").is_some(), "{}", silent.url);
}

#[tokio::test]
async fn a_tenant_can_start_with_a_wrong_clock() {
    let config = Config {
        clock_skew: -600,
        ..Config::default()
    };
    let running = start_with(config).await;
    let before = seconds();
    let token = running.machine_token("conjoin-m2m").await;
    is_now("iat", claims(&token)["iat"].as_i64().unwrap(), before, -600);
}
