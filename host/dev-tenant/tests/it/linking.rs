//! Link and unlink, with every check and every loss.

use reqwest::Method;
use serde_json::{Value, json};

use conjoin_dev_tenant::Config;

use crate::support::{CALLBACK, claims, start, start_with};

fn google() -> Value {
    json!({"provider": "google-oauth2", "user_id": "1001"})
}

fn ids(identities: &Value) -> Vec<String> {
    let id = |identity: &Value| {
        format!(
            "{}|{}",
            identity["provider"].as_str().unwrap(),
            identity["user_id"].as_str().unwrap()
        )
    };
    identities.as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn e07_linking_answers_201_with_profile_data_on_every_identity() {
    let running = start().await;
    let api = running.api().await;
    let before = api.user("auth0|ada").await.body;
    let answer = api.link("auth0|ada", google()).await;
    assert_eq!(
        (answer.status, ids(&answer.body)),
        (201, vec!["auth0|ada".to_owned(), "google-oauth2|1001".to_owned()])
    );
    let (primary, secondary) = (&answer.body[0], &answer.body[1]);
    assert_eq!(primary["profileData"]["email"], json!("ada@example.com"));
    assert!(
        primary["profileData"].get("name").is_none(),
        "recorded: a database identity carries none"
    );
    assert_eq!(secondary["profileData"]["name"], json!("Ada L."));
    assert_eq!(
        (&secondary["connection"], &secondary["isSocial"]),
        (&json!("google-oauth2"), &json!(true))
    );
    for lost in ["user_metadata", "app_metadata", "blocked", "created_at", "logins_count"] {
        assert!(secondary["profileData"].get(lost).is_none(), "{lost}");
    }
    let after = api.user("auth0|ada").await.body;
    for kept in [
        "user_id",
        "email",
        "name",
        "created_at",
        "user_metadata",
        "app_metadata",
    ] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert!(after["identities"][0].get("profileData").is_none());
    assert!(after["identities"][1].get("profileData").is_some());
}

#[tokio::test]
async fn e08_a_linked_account_is_gone_as_a_user() {
    let running = start().await;
    let api = running.api().await;
    api.link("auth0|ada", google()).await;
    api.user("google-oauth2|1001")
        .await
        .is_error(404, Some("inexistent_user"));
    let found = api.get("users-by-email?email=ada%40example.com").await.body;
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .all(|user| user["user_id"] != json!("google-oauth2|1001"))
    );
    let found = api.get("users?q=user_id%3A%22google-oauth2%7C1001%22").await.body;
    assert_eq!(found, json!([]));
}

#[tokio::test]
async fn the_users_id_is_taken_with_and_without_its_provider() {
    let running = start().await;
    let api = running.api().await;
    let full =
        json!({"provider": "google-oauth2", "user_id": "google-oauth2|1001", "connection_id": "con_Google0000000001"});
    assert_eq!(api.link("auth0|ada", full).await.status, 201);
    let three_parts = json!({"provider": "samlp", "user_id": "acme|hopper"});
    assert_eq!(api.link("auth0|hopper", three_parts).await.status, 201);
    let answer = api.unlink("auth0|hopper", "samlp", "acme|hopper").await;
    assert_eq!(
        (answer.status, ids(&answer.body)),
        (200, vec!["auth0|hopper".to_owned()])
    );
    assert_eq!(api.user("samlp|acme|hopper").await.status, 200);
}

#[tokio::test]
async fn e09_linking_again_is_a_conflict() {
    let running = start().await;
    let api = running.api().await;
    api.link("auth0|ada", google()).await;
    api.link("auth0|ada", google()).await.is_error(409, None);
    api.link("auth0|grace", google()).await.is_error(409, None);
    api.link("auth0|ada", json!({"provider": "google-oauth2", "user_id": "7001"}))
        .await
        .is_error(409, None);
    let identities = api.user("auth0|ada").await.body["identities"].clone();
    assert_eq!(ids(&identities), ["auth0|ada", "google-oauth2|1001"]);
}

#[tokio::test]
async fn e10_what_cannot_be_linked_is_refused_and_changes_nothing() {
    let running = start().await;
    let api = running.api().await;
    let before = running.send(Method::GET, "_dev/users", None, None).await.body;
    for (body, code) in [
        (json!({"provider": "auth0", "user_id": "ada"}), None),
        (json!({"provider": "google-oauth2", "user_id": "nobody"}), None),
        (
            json!({"provider": "google-oauth2", "user_id": "nobody", "connection_id": "con_Google0000000001"}),
            None,
        ),
        (
            json!({"provider": "twitter", "user_id": "1"}),
            Some("inexistent_connection"),
        ),
        (json!({"user_id": "1001"}), Some("inexistent_connection")),
        (
            json!({"provider": "google-oauth2", "user_id": "1001", "connection_id": "con_0000000000000000"}),
            Some("inexistent_connection"),
        ),
        (
            json!({"provider": "google-oauth2", "user_id": "1001", "connection_id": "con_x"}),
            Some("invalid_body"),
        ),
        (json!({"provider": "nonsense", "user_id": "1"}), Some("invalid_body")),
        (json!({"provider": "google-oauth2"}), Some("invalid_body")),
        (
            json!({"provider": "google-oauth2", "user_id": true}),
            Some("invalid_body"),
        ),
        (
            json!({"provider": "google-oauth2", "user_id": "1001", "other": 1}),
            Some("invalid_body"),
        ),
        (
            json!({"link_with": "a.b.c", "provider": "google-oauth2"}),
            Some("invalid_body"),
        ),
        (json!({}), Some("invalid_body")),
    ] {
        api.link("auth0|ada", body.clone()).await.is_error(400, code);
    }
    api.link("auth0|nobody", google())
        .await
        .is_error(404, Some("inexistent_user"));
    let itself = api
        .link("auth0|ada", json!({"provider": "auth0", "user_id": "auth0|ada"}))
        .await;
    assert_eq!(
        itself.body["message"],
        json!("Main identity and the new one are the same.")
    );
    assert_eq!(running.send(Method::GET, "_dev/users", None, None).await.body, before);
}

#[tokio::test]
async fn an_account_of_scim_stays_the_primary() {
    let running = start().await;
    let api = running.api().await;
    let scim = json!({"provider": "okta", "user_id": "workforce|turing"});
    api.link("auth0|turing", scim)
        .await
        .is_error(400, Some("operation_not_supported"));
    assert_eq!(
        api.link(
            "okta|workforce|turing",
            json!({"provider": "auth0", "user_id": "turing"})
        )
        .await
        .status,
        201
    );
}

#[tokio::test]
async fn a_secondary_brings_the_identities_linked_into_it() {
    let running = start().await;
    let api = running.api().await;
    let answer = api
        .link("github|7002", json!({"provider": "auth0", "user_id": "hedy"}))
        .await;
    assert_eq!(ids(&answer.body), ["github|7002", "auth0|hedy", "google-oauth2|7001"]);
}

#[tokio::test]
async fn e11_unlinking_answers_200_and_makes_a_user_without_metadata() {
    let running = start().await;
    let api = running.api().await;
    api.link("auth0|ada", google()).await;
    let answer = api.unlink("auth0|ada", "google-oauth2", "1001").await;
    assert_eq!((answer.status, ids(&answer.body)), (200, vec!["auth0|ada".to_owned()]));
    assert!(answer.body[0].get("profileData").is_some());
    let recreated = api.user("google-oauth2|1001").await.body;
    assert_eq!(
        (&recreated["email"], &recreated["email_verified"]),
        (&json!("ada@example.com"), &json!(true))
    );
    assert!(recreated.get("user_metadata").is_none() && recreated.get("app_metadata").is_none());
    assert_eq!(recreated["identities"].as_array().unwrap().len(), 1);
    let token = running.id_token("1001", &[("connection", "google-oauth2")]).await;
    assert_eq!(claims(&token)["sub"], json!("google-oauth2|1001"));
}

#[tokio::test]
async fn e11_what_cannot_be_unlinked_is_refused() {
    let running = start().await;
    let api = running.api().await;
    let main = api.unlink("auth0|hedy", "auth0", "hedy").await;
    main.is_error(400, None);
    assert_eq!(main.body["message"], json!("Main identity cannot be removed."));
    api.unlink("auth0|hedy", "github", "1").await.is_error(404, None);
    api.unlink("auth0|nobody", "github", "1")
        .await
        .is_error(404, Some("inexistent_user"));
}

#[tokio::test]
async fn deleting_the_primary_deletes_what_is_linked_into_it() {
    let running = start().await;
    let api = running.api().await;
    api.send(Method::DELETE, "users/auth0%7Chedy", None).await;
    api.user("google-oauth2|7001")
        .await
        .is_error(404, Some("inexistent_user"));
    let page = running
        .browser()
        .sign_in("7001", &[("connection", "google-oauth2")])
        .await;
    assert_eq!(page.status, 400);
}

#[tokio::test]
async fn after_linking_the_subject_is_the_primary_whichever_identity_signs_in() {
    let running = start().await;
    let mut browser = running.browser();
    browser.sign_in("1001", &[("connection", "google-oauth2")]).await;
    running.api().await.link("auth0|ada", google()).await;
    let token = running.id_token("1001", &[("connection", "google-oauth2")]).await;
    assert_eq!(claims(&token)["sub"], json!("auth0|ada"));
    let landed = browser.authorize(&[("prompt", "none")]).await;
    let answer = running.exchange(&landed.parameter("code")).await;
    assert_eq!(
        claims(answer.body["id_token"].as_str().unwrap())["sub"],
        json!("auth0|ada"),
        "a live session too"
    );
}

#[tokio::test]
async fn concurrent_links_of_one_secondary_have_one_winner() {
    let running = start().await;
    let api = running.api().await;
    let (one, other) = tokio::join!(api.link("auth0|ada", google()), api.link("auth0|grace", google()));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[tokio::test]
async fn issuer_and_callback_are_configurable() {
    let config = Config {
        issuer: Some("http://tenant.example:13199/".parse().unwrap()),
        ..Config::default()
    };
    let running = start_with(config).await;
    assert_eq!(running.tenant.issuer().as_str(), "http://tenant.example:13199/");
    let address = running.tenant.address();
    let url = format!("http://{address}/.well-known/openid-configuration");
    let document: Value = running.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        document["token_endpoint"],
        json!("http://tenant.example:13199/oauth/token")
    );
    let url = format!("http://{address}/authorize?client_id=conjoin-dev&response_type=code&redirect_uri={CALLBACK}");
    let response = running.http.get(url).send().await.unwrap();
    assert!(
        response.headers()["location"].to_str().unwrap().starts_with("/u/login"),
        "the browser stays on its origin"
    );
}
