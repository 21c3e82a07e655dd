//! What is not confirmed of Auth0, the other way round than by default: each switch, and what it changes.

use conjoin_dev_tenant::{Absent, Bucket, Config, RateLimit, Readings};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{Answer, Running, claims, encoded, start_with, until};

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

/// What making a user with this metadata answers: `POST /users`, an import, and, for what people may say of themselves, signing up.
async fn made_with(running: &Running, name: &str, metadata: Value) -> [bool; 3] {
    let api = running.api().await;
    let user = |email: String| {
        let mut user = json!({ "email": email });
        user.as_object_mut()
            .unwrap()
            .extend(metadata.as_object().unwrap().clone());
        user
    };
    let mut posted = user(format!("{name}.posted@example.com"));
    posted["connection"] = json!("Username-Password-Authentication");
    posted["password"] = json!("x");
    let mut signing_up = user(format!("{name}.new@example.com"));
    signing_up["client_id"] = json!("conjoin-dev");
    signing_up["connection"] = posted["connection"].clone();
    signing_up["password"] = json!("x");
    let posted = api.send(Method::POST, "users", Some(posted)).await;
    if posted.status != 201 {
        posted.is_error(400, Some("invalid_body"));
    }
    let file = json!([user(format!("{name}.imported@example.com"))]).to_string();
    let form = Form::new()
        .part("users", Part::text(file).file_name("users.json"))
        .text("connection_id", "con_Database00000001");
    let request = running.http.post(running.url("api/v2/jobs/users-imports"));
    let job = Answer::read(request.bearer_auth(&api.token).multipart(form).send().await.unwrap()).await;
    let path = format!("jobs/{}", job.body["id"].as_str().unwrap());
    let mut summary = Value::Null;
    until("the import is done", async || {
        summary = api.get(&path).await.body["summary"].clone();
        summary != Value::Null
    })
    .await;
    let signed_up = running
        .send(Method::POST, "dbconnections/signup", None, Some(signing_up))
        .await;
    [
        posted.status == 201,
        summary["inserted"] == json!(1),
        signed_up.status == 200,
    ]
}

#[tokio::test]
async fn metadata_of_new_users_is_judged_as_that_of_old_ones() {
    let large = || json!({"user_metadata": {"text": "x".repeat(11_000)}});
    let running = start(Readings::default()).await;
    assert_eq!(
        made_with(&running, "odd", json!({"user_metadata": {"a.b": 1}})).await,
        [false; 3]
    );
    // Nobody may say of themselves what applications authorise by: signing up leaves it out.
    assert_eq!(
        made_with(&running, "reserved", json!({"app_metadata": {"email": 1}})).await,
        [false, false, true]
    );
    assert_eq!(made_with(&running, "large", large()).await, [true; 3]);
    let running = start(Readings {
        refuses_metadata_keys: false,
        refuses_large_profiles: true,
        ..Readings::default()
    })
    .await;
    assert_eq!(
        made_with(&running, "odd", json!({"user_metadata": {"a.b": 1}})).await,
        [true; 3]
    );
    assert_eq!(
        made_with(&running, "reserved", json!({"app_metadata": {"email": 1}})).await,
        [true; 3]
    );
    assert_eq!(made_with(&running, "large", large()).await, [false; 3]);
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
