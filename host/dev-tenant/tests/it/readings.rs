//! What is not confirmed of Auth0, the other way round than by default: each switch, and what it changes.

use conjoin_dev_tenant::{Absent, Bucket, Config, RateLimit, Readings};
use reqwest::Method;
use serde_json::json;

use crate::support::{Running, claims, encoded, start_with};

async fn start(unconfirmed: Readings) -> Running {
    start_with(Config {
        unconfirmed,
        ..Config::default()
    })
    .await
}

#[tokio::test]
async fn what_is_not_there_can_be_a_bad_request() {
    let running = start(Readings {
        absent_primary: Absent::BadRequest,
        absent_identity: Absent::BadRequest,
        ..Readings::default()
    })
    .await;
    let api = running.api().await;
    let github = json!({"provider": "github", "user_id": "1002"});
    assert_eq!(api.link("auth0|nobody", github).await.status, 400);
    assert_eq!(api.unlink("auth0|ada", "github", "1002").await.status, 400);
}

#[tokio::test]
async fn profile_data_can_be_on_the_own_identity_and_addresses_of_linked_ones_be_found() {
    let running = start(Readings {
        profile_data_on_own_identity: true,
        by_email_finds_linked: true,
        ..Readings::default()
    })
    .await;
    let api = running.api().await;
    assert_eq!(
        api.user("auth0|ada").await.body["identities"][0]["profileData"]["email"],
        json!("ada@example.com")
    );
    api.link("auth0|grace", json!({"provider": "github", "user_id": "8001"}))
        .await;
    let found = api.get("users-by-email?email=katherine%40example.com").await.body;
    let ids: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["user_id"].clone())
        .collect();
    assert_eq!(ids, [json!("auth0|grace"), json!("auth0|katherine")]);
}

#[tokio::test]
async fn an_unlinked_identity_can_have_to_verify_again() {
    let running = start(Readings {
        unlink_keeps_email_verified: false,
        ..Readings::default()
    })
    .await;
    let api = running.api().await;
    api.unlink("auth0|hedy", "google-oauth2", "7001").await;
    assert_eq!(
        api.user("google-oauth2|7001").await.body["email_verified"],
        json!(false)
    );
}

#[tokio::test]
async fn metadata_can_be_taken_whatever_its_keys_and_refused_for_its_size() {
    let running = start(Readings {
        refuses_metadata_keys: false,
        refuses_large_profiles: true,
        ..Readings::default()
    })
    .await;
    let api = running.api().await;
    let odd = api
        .patch("auth0|ada", json!({"app_metadata": {"email": 1, "a.b": 2, "$c": 3}}))
        .await;
    assert_eq!(odd.status, 200, "{}", odd.body);
    let large = api
        .patch("auth0|ada", json!({"user_metadata": {"text": "x".repeat(11_000)}}))
        .await;
    large.is_error(400, Some("invalid_body"));
    assert_eq!(api.user("auth0|ada").await.body["user_metadata"].get("text"), None);
}

#[tokio::test]
async fn a_refusal_can_say_when_to_come_back() {
    let bucket = Bucket {
        burst: 1,
        per_minute: 2,
    };
    let running = start_with(Config {
        rate_limit: RateLimit::Custom(bucket),
        unconfirmed: Readings {
            retry_after: true,
            ..Readings::default()
        },
        ..Config::default()
    })
    .await;
    let api = running.api().await;
    assert_eq!(api.user("auth0|ada").await.header("retry-after"), "");
    let refused = api.user("auth0|ada").await;
    assert_eq!(refused.status, 429);
    let seconds: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn linking_can_end_sessions_and_carry_memberships() {
    let running = start(Readings {
        link_moves_sessions: false,
        link_moves_memberships: true,
        ..Readings::default()
    })
    .await;
    let api = running.api().await;
    let mut browser = running.browser();
    let landed = browser
        .sign_in(
            "5001",
            &[("connection", "google-oauth2"), ("scope", "openid offline_access")],
        )
        .await;
    let tokens = running.exchange(&landed.parameter("code")).await.body;
    let google = json!({"provider": "google-oauth2", "user_id": "5001"});
    assert_eq!(api.link("auth0|hamilton", google).await.status, 201);
    assert_eq!(
        browser.authorize(&[("prompt", "none")]).await.parameter("error"),
        "login_required"
    );
    assert_eq!(
        running.refresh(tokens["refresh_token"].as_str().unwrap()).await.status,
        403
    );
    let roles = format!("users/{}/roles", encoded("auth0|hamilton"));
    assert_eq!(
        api.send(Method::GET, &roles, None).await.body.as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn every_id_token_can_say_when() {
    let running = start(Readings {
        auth_time_always: true,
        ..Readings::default()
    })
    .await;
    assert!(claims(&running.id_token("ada@example.com", &[]).await)["auth_time"].is_i64());
}
