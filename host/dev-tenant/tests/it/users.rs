//! Users of the Management API: lookup, scopes, creation, deletion.

use reqwest::Method;
use serde_json::{Value, json};

use conjoin_dev_tenant::Config;

use crate::support::{encoded, start, start_with};

fn ids(users: &Value) -> Vec<&str> {
    users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["user_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn e01_ids_in_paths_are_percent_decoded() {
    let running = start().await;
    let api = running.api().await;
    for path in ["users/auth0%7Cada", "users/auth0|ada", "users/%61uth0%7cada"] {
        assert_eq!(api.get(path).await.body["user_id"], json!("auth0|ada"), "{path}");
    }
    assert_eq!(api.user("samlp|acme|hopper").await.status, 200);
    running
        .put_dev(
            "_dev/users/samlp%7Cacme%7Ca%2Fb%3Fc%23d%20e",
            json!({"email": "odd@example.com"}),
        )
        .await;
    assert_eq!(
        api.user("samlp|acme|a/b?c#d e").await.body["user_id"],
        json!("samlp|acme|a/b?c#d e")
    );
    assert_eq!(
        api.patch("samlp|acme|a/b?c#d e", json!({"user_metadata": {"x": 1}}))
            .await
            .status,
        200
    );
    api.get("users/%FF").await.is_error(400, Some("invalid_uri"));
}

#[tokio::test]
async fn e05_deleting_answers_204_whether_or_not_there_is_a_user() {
    let running = start().await;
    let api = running.api().await;
    for _ in 0..2 {
        assert_eq!(api.send(Method::DELETE, "users/auth0%7Cgrace", None).await.status, 204);
    }
    api.user("auth0|grace").await.is_error(404, Some("inexistent_user"));
    api.patch("auth0|grace", json!({"user_metadata": {"a": 1}}))
        .await
        .is_error(404, Some("inexistent_user"));
}

#[tokio::test]
async fn e06_users_by_email_is_exact_immediate_and_tells_the_unverified_too() {
    let running = start_with(Config {
        search_lag_ms: 600_000,
        ..Config::default()
    })
    .await;
    let api = running.api().await;
    let found = api.get("users-by-email?email=ada%40example.com").await;
    assert_eq!(ids(&found.body), ["auth0|ada", "facebook|1003", "google-oauth2|1001"]);
    let found = api.get("users-by-email?email=Ada%40Example.com").await;
    assert_eq!(ids(&found.body), ["github|1002"]);
    assert_eq!(
        api.get("users-by-email?email=nobody%40example.com").await.body,
        json!([])
    );
    api.patch("auth0|grace", json!({"email": "new+tag@example.com"})).await;
    assert_eq!(
        ids(&api.get("users-by-email?email=new%2Btag%40example.com").await.body),
        ["auth0|grace"]
    );
    assert_eq!(
        api.get("users-by-email?email=new+tag%40example.com").await.body,
        json!([]),
        "a plus is a space"
    );
    api.get("users-by-email")
        .await
        .is_error(400, Some("invalid_query_string"));
}

#[tokio::test]
async fn e06_users_by_email_finds_no_linked_identity() {
    let running = start().await;
    let api = running.api().await;
    running
        .put_dev("_dev/users/github%7C1", json!({"email": "second@example.com"}))
        .await;
    api.link("auth0|grace", json!({"provider": "github", "user_id": "1"}))
        .await;
    assert_eq!(
        api.get("users-by-email?email=second%40example.com").await.body,
        json!([])
    );
}

#[tokio::test]
async fn fields_choose_what_is_told() {
    let running = start().await;
    let api = running.api().await;
    let user = api.get("users/auth0%7Cada?fields=email,user_id").await.body;
    assert_eq!(user, json!({"email": "ada@example.com", "user_id": "auth0|ada"}));
    let user = api
        .get("users/auth0%7Cada?fields=email&include_fields=false")
        .await
        .body;
    assert!(user.get("email").is_none() && user.get("identities").is_some());
    let users = api
        .get("users-by-email?email=ada%40example.com&fields=user_id&include_fields=true")
        .await
        .body;
    assert_eq!(users[0], json!({"user_id": "auth0|ada"}));
    api.get("users/auth0%7Cada?include_fields=maybe&fields=email")
        .await
        .is_error(400, Some("invalid_query_string"));
}

#[tokio::test]
async fn e13_scopes_are_required() {
    let running = start().await;
    let token = running.machine_token("conjoin-readonly").await;
    let body = Some(json!({"user_metadata": {"a": 1}}));
    let answer = running
        .send(Method::PATCH, "api/v2/users/auth0%7Cada", Some(&token), body)
        .await;
    answer.is_error(403, Some("insufficient_scope"));
    assert!(
        answer.body["message"]
            .as_str()
            .unwrap()
            .starts_with("Insufficient scope, expected any of: update:users")
    );
    for (method, path) in [
        (Method::DELETE, "users/auth0%7Cada"),
        (Method::DELETE, "users/auth0%7Chedy/identities/google-oauth2/7001"),
        (Method::GET, "connections"),
    ] {
        running
            .send(method, &format!("api/v2/{path}"), Some(&token), None)
            .await
            .is_error(403, Some("insufficient_scope"));
    }
    let body = Some(json!({"provider": "google-oauth2", "user_id": "1001"}));
    running
        .send(Method::POST, "api/v2/users/auth0%7Cada/identities", Some(&token), body)
        .await
        .is_error(403, Some("insufficient_scope"));
    assert_eq!(
        running
            .send(Method::GET, "api/v2/users/auth0%7Cada", Some(&token), None)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_persons_own_token_opens_their_own_account_only() {
    let running = start().await;
    let audience = running.url("api/v2/");
    let scope = "openid read:current_user update:current_user_metadata read:users update:users";
    let landed = running
        .browser()
        .sign_in("grace@example.com", &[("audience", &audience), ("scope", scope)])
        .await;
    let token = running.exchange(&landed.parameter("code")).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let own = "api/v2/users/auth0%7Cgrace";
    assert_eq!(running.send(Method::GET, own, Some(&token), None).await.status, 200);
    running
        .send(Method::GET, "api/v2/users/auth0%7Cada", Some(&token), None)
        .await
        .is_error(403, None);
    let patch = async |body| running.send(Method::PATCH, own, Some(&token), Some(body)).await;
    assert_eq!(patch(json!({"user_metadata": {"a": 1}})).await.status, 200);
    patch(json!({"app_metadata": {"roles": ["Admin"]}}))
        .await
        .is_error(403, Some("insufficient_scope"));
    patch(json!({"nickname": "n"}))
        .await
        .is_error(403, Some("insufficient_scope"));
}

#[tokio::test]
async fn e15_numeric_ids_and_string_booleans_come_out_as_they_are() {
    let running = start().await;
    let api = running.api().await;
    let user = api.user("github|8001").await.body;
    assert_eq!(user["identities"][0]["user_id"], json!(8001));
    assert_eq!(
        api.user("google-oauth2|9001").await.body["email_verified"],
        json!("true")
    );
    let identities = api
        .link("auth0|katherine", json!({"provider": "github", "user_id": 8001}))
        .await
        .body;
    assert_eq!(identities[1]["user_id"], json!(8001));
    api.unlink("auth0|katherine", "github", "8001").await;
    assert_eq!(
        api.user("github|8001").await.body["identities"][0]["user_id"],
        json!(8001)
    );
}

#[tokio::test]
async fn a_changed_password_signs_in() {
    let running = start().await;
    running
        .api()
        .await
        .patch("auth0|grace", json!({"password": "battery-staple"}))
        .await;
    let mut browser = running.browser();
    let page = browser.authorize(&[]).await;
    assert_eq!(
        browser.enter(&page, "grace@example.com", "correct-horse").await.status,
        400
    );
    assert!(
        browser
            .enter(&page, "grace@example.com", "battery-staple")
            .await
            .find("code")
            .is_some()
    );
}

#[tokio::test]
async fn a_created_user_exists_once_and_signs_in() {
    let running = start().await;
    let api = running.api().await;
    let connection = "Username-Password-Authentication";
    let body = json!({"connection": connection, "email": "New@Example.com", "password": "pw", "user_id": "new", "user_metadata": {"a": 1}});
    let created = api.send(Method::POST, "users", Some(body.clone())).await;
    assert_eq!(
        (created.status, &created.body["user_id"], &created.body["email"]),
        (201, &json!("auth0|new"), &json!("new@example.com"))
    );
    assert_eq!(
        (&created.body["name"], &created.body["nickname"]),
        (&json!("new@example.com"), &json!("new"))
    );
    assert!(created.body["picture"].as_str().unwrap().contains("gravatar"));
    assert!(created.body.get("password").is_none());
    api.send(Method::POST, "users", Some(body))
        .await
        .is_error(409, Some("auth0_idp_error"));
    for body in [
        json!({"connection": "google-oauth2", "email": "x@example.com", "password": "pw"}),
        json!({"connection": "nowhere", "email": "x@example.com", "password": "pw"}),
        json!({"connection": connection, "email": "x@example.com"}),
        json!({"connection": connection, "password": "pw"}),
    ] {
        assert_eq!(api.send(Method::POST, "users", Some(body)).await.status, 400);
    }
    let mut browser = running.browser();
    let page = browser.authorize(&[]).await;
    assert!(
        browser
            .enter(&page, "new@example.com", "pw")
            .await
            .find("code")
            .is_some()
    );
}

#[tokio::test]
async fn what_linking_drops_can_be_listed() {
    let running = start().await;
    let api = running.api().await;
    let user = encoded("auth0|hamilton");
    assert_eq!(
        api.get(&format!("users/{user}/roles")).await.body[0]["name"],
        json!("Guidance")
    );
    assert_eq!(
        api.get(&format!("users/{user}/permissions")).await.body[0]["permission_name"],
        json!("land")
    );
    let organizations = api
        .get(&format!("users/{user}/organizations?include_totals=true"))
        .await
        .body;
    assert_eq!(
        (&organizations["organizations"][0]["name"], &organizations["total"]),
        (&json!("apollo"), &json!(1))
    );
    api.get("users/auth0%7Cnobody/roles")
        .await
        .is_error(404, Some("inexistent_user"));
}

#[tokio::test]
async fn connections_are_listed_with_their_ids() {
    let running = start().await;
    let api = running.api().await;
    let google = api.get("connections?name=google-oauth2").await.body;
    let id = google[0]["id"].as_str().unwrap();
    assert_eq!(
        api.get(&format!("connections/{id}")).await.body["strategy"],
        json!("google-oauth2")
    );
    api.get("connections/con_0000000000000000")
        .await
        .is_error(404, Some("inexistent_connection"));
}
