//! Sessions and refresh tokens in the Management API, and what linking and unlinking do to them.

use conjoin_dev_tenant::Config;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::support::{Api, Running, claims, encoded, start, start_with};

const ADA: &str = "auth0|ada";
const GOOGLE: &str = "google-oauth2|1001";

/// A browser that is signed in, what its ID token said, and its refresh token.
struct SignedIn {
    browser: Browser,
    claims: Value,
    refresh_token: String,
}

async fn sign_in(running: &Running, username: &str, more: &[(&str, &str)]) -> SignedIn {
    let mut browser = running.browser();
    let scope = [("scope", "openid offline_access")];
    let landed = browser.sign_in(username, &[&scope, more].concat()).await;
    let tokens = running.exchange(&landed.parameter("code")).await.body;
    SignedIn {
        browser,
        claims: claims(tokens["id_token"].as_str().unwrap()),
        refresh_token: tokens["refresh_token"].as_str().unwrap().to_owned(),
    }
}

impl SignedIn {
    /// Who the browser is without being asked; nobody when it would have to sign in.
    async fn silently(&mut self, running: &Running) -> Option<Value> {
        let landed = self.browser.authorize(&[("prompt", "none")]).await;
        let Some(code) = landed.find("code") else {
            assert_eq!(landed.parameter("error"), "login_required");
            return None;
        };
        let tokens = running.exchange(&code).await.body;
        Some(claims(tokens["id_token"].as_str().unwrap())["sub"].clone())
    }

    /// Whose tokens the refresh token brings; nobody's when it is revoked.
    async fn refreshed(&self, running: &Running) -> Option<Value> {
        let answer = running.refresh(&self.refresh_token).await;
        if answer.status != 200 {
            assert_eq!((answer.status, &answer.body["error"]), (403, &json!("invalid_grant")));
            return None;
        }
        Some(claims(answer.body["id_token"].as_str().unwrap())["sub"].clone())
    }
}

async fn listed(api: &Api<'_>, user: &str, what: &str) -> Vec<Value> {
    let answer = api.get(&format!("users/{}/{what}", encoded(user))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let name = if what == "sessions" { "sessions" } else { "tokens" };
    assert_eq!(answer.body.as_object().unwrap().len(), 1, "{}", answer.body);
    answer.body[name].as_array().unwrap().clone()
}

async fn end(api: &Api<'_>, user: &str, what: &str) {
    let path = format!("users/{}/{what}", encoded(user));
    let answer = api.send(Method::DELETE, &path, None).await;
    assert_eq!((answer.status, answer.body), (202, json!("")));
}

#[tokio::test]
async fn ended_sessions_have_to_sign_in_again_and_refresh_tokens_live_on() {
    let running = start().await;
    let api = running.api().await;
    let mut grace = sign_in(&running, "grace@example.com", &[]).await;
    let mut ada = sign_in(&running, "ada@example.com", &[]).await;
    assert_eq!(grace.silently(&running).await, Some(json!("auth0|grace")));
    let sessions = listed(&api, "auth0|grace", "sessions").await;
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["id"], grace.claims["sid"]);
    assert_eq!(sessions[0]["user_id"], json!("auth0|grace"));
    assert_eq!(sessions[0]["clients"], json!([{"client_id": "conjoin-dev"}]));
    assert_eq!(sessions[0]["authentication"]["methods"][0]["name"], json!("pwd"));
    let expires = sessions[0]["expires_at"].as_str().unwrap();
    assert!(expires > sessions[0]["created_at"].as_str().unwrap());
    end(&api, "auth0|grace", "sessions").await;
    assert_eq!(grace.silently(&running).await, None);
    assert!(listed(&api, "auth0|grace", "sessions").await.is_empty());
    assert_eq!(grace.refreshed(&running).await, Some(json!("auth0|grace")));
    assert_eq!(
        ada.silently(&running).await,
        Some(json!(ADA)),
        "nobody else is signed out"
    );
}

#[tokio::test]
async fn revoked_refresh_tokens_are_invalid_and_sessions_live_on() {
    let running = start().await;
    let api = running.api().await;
    let mut grace = sign_in(&running, "grace@example.com", &[]).await;
    let ada = sign_in(&running, "ada@example.com", &[]).await;
    let tokens = listed(&api, "auth0|grace", "refresh-tokens").await;
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0]["user_id"], json!("auth0|grace"));
    assert_eq!(tokens[0]["session_id"], grace.claims["sid"]);
    assert_eq!(tokens[0]["client_id"], json!("conjoin-dev"));
    assert_eq!(
        tokens[0]["resource_servers"][0]["scopes"],
        json!("openid offline_access")
    );
    assert!(
        !tokens[0].to_string().contains(&grace.refresh_token),
        "the secret is not told"
    );
    end(&api, "auth0|grace", "refresh-tokens").await;
    assert_eq!(grace.refreshed(&running).await, None);
    assert!(listed(&api, "auth0|grace", "refresh-tokens").await.is_empty());
    assert_eq!(grace.silently(&running).await, Some(json!("auth0|grace")));
    assert_eq!(ada.refreshed(&running).await, Some(json!(ADA)));
}

#[tokio::test]
async fn every_identity_of_the_user_is_signed_out() {
    let running = start().await;
    let api = running.api().await;
    api.link(ADA, json!({"provider": "google-oauth2", "user_id": "1001"}))
        .await;
    let mut password = sign_in(&running, "ada@example.com", &[]).await;
    let mut google = sign_in(&running, "ada@example.com", &[("connection", "google-oauth2")]).await;
    assert_eq!(listed(&api, ADA, "sessions").await.len(), 2);
    assert_eq!(listed(&api, ADA, "refresh-tokens").await.len(), 2);
    end(&api, ADA, "sessions").await;
    end(&api, ADA, "refresh-tokens").await;
    for signed_in in [&mut password, &mut google] {
        assert_eq!(signed_in.claims["sub"], json!(ADA));
        assert_eq!(signed_in.silently(&running).await, None);
        assert_eq!(signed_in.refreshed(&running).await, None);
    }
}

#[tokio::test]
async fn linking_hands_sessions_and_refresh_tokens_over_and_unlinking_gives_none_back() {
    let running = start().await;
    let api = running.api().await;
    let mut before = sign_in(&running, "ada@example.com", &[("connection", "google-oauth2")]).await;
    assert_eq!(before.claims["sub"], json!(GOOGLE));
    api.link(ADA, json!({"provider": "google-oauth2", "user_id": "1001"}))
        .await;
    let mut during = sign_in(&running, "ada@example.com", &[("connection", "google-oauth2")]).await;
    assert_eq!(before.silently(&running).await, Some(json!(ADA)));
    assert_eq!(before.refreshed(&running).await, Some(json!(ADA)));
    assert_eq!(listed(&api, ADA, "sessions").await.len(), 2);

    assert_eq!(api.unlink(ADA, "google-oauth2", "1001").await.status, 200);
    // Whoever came through Google still is Ada: the trap for hosts that do not revoke.
    for signed_in in [&mut before, &mut during] {
        assert_eq!(signed_in.silently(&running).await, Some(json!(ADA)));
        assert_eq!(signed_in.refreshed(&running).await, Some(json!(ADA)));
    }
    for what in ["sessions", "refresh-tokens"] {
        assert_eq!(listed(&api, ADA, what).await.len(), 2);
        assert!(listed(&api, GOOGLE, what).await.is_empty());
        end(&api, GOOGLE, what).await;
        assert_eq!(
            listed(&api, ADA, what).await.len(),
            2,
            "they are not the separated user's"
        );
        end(&api, ADA, what).await;
    }
    let after = sign_in(&running, "ada@example.com", &[("connection", "google-oauth2")]).await;
    assert_eq!(
        after.claims["sub"],
        json!(GOOGLE),
        "a new sign-in is the separated user's"
    );
    for signed_in in [&mut before, &mut during] {
        assert_eq!(signed_in.silently(&running).await, None);
        assert_eq!(signed_in.refreshed(&running).await, None);
    }
}

#[tokio::test]
async fn linking_hands_over_what_is_under_way() {
    let running = start().await;
    let api = running.api().await;
    let mut browser = running.browser();
    let landed = browser
        .sign_in("ada@example.com", &[("connection", "google-oauth2")])
        .await;
    api.link(ADA, json!({"provider": "google-oauth2", "user_id": "1001"}))
        .await;
    let tokens = running.exchange(&landed.parameter("code")).await.body;
    assert_eq!(claims(tokens["id_token"].as_str().unwrap())["sub"], json!(ADA));
    let access = tokens["access_token"].as_str().unwrap();
    let info = running.send(Method::GET, "userinfo", Some(access), None).await;
    assert_eq!(info.body["sub"], json!(ADA));
    api.unlink(ADA, "google-oauth2", "1001").await;
    let info = running.send(Method::GET, "userinfo", Some(access), None).await;
    assert_eq!(info.body["sub"], json!(ADA));
}

#[tokio::test]
async fn a_deleted_account_is_signed_out_whatever_becomes_of_its_identities() {
    let running = start().await;
    let api = running.api().await;
    api.link(ADA, json!({"provider": "google-oauth2", "user_id": "1001"}))
        .await;
    let mut google = sign_in(&running, "ada@example.com", &[("connection", "google-oauth2")]).await;
    api.unlink(ADA, "google-oauth2", "1001").await;
    api.send(Method::DELETE, &format!("users/{}", encoded(ADA)), None).await;
    assert_eq!(google.silently(&running).await, None);
    assert_eq!(google.refreshed(&running).await, None);
}

/// Every endpoint, with the scope that it needs.
const ENDPOINTS: [(Method, &str, &str); 4] = [
    (Method::GET, "sessions", "read:sessions"),
    (Method::DELETE, "sessions", "delete:sessions"),
    (Method::GET, "refresh-tokens", "read:refresh_tokens"),
    (Method::DELETE, "refresh-tokens", "delete:refresh_tokens"),
];

#[tokio::test]
async fn each_endpoint_wants_its_scope_a_user_and_a_plan() {
    let running = start().await;
    let api = running.api().await;
    let plain = start_with(Config {
        session_management: false,
        ..Config::default()
    })
    .await;
    let in_plain_plan = plain.api().await;
    let readonly = running.machine_token("conjoin-readonly").await;
    for (method, what, scope) in ENDPOINTS {
        let path = format!("users/{}/{what}", encoded(ADA));
        let answer = running
            .send(method.clone(), &format!("api/v2/{path}"), Some(&readonly), None)
            .await;
        answer.is_error(403, Some("insufficient_scope"));
        assert!(answer.body["message"].as_str().unwrap().ends_with(scope));
        let nobody = format!("users/{}/{what}", encoded("auth0|nobody"));
        api.send(method.clone(), &nobody, None)
            .await
            .is_error(404, Some("inexistent_user"));
        in_plain_plan
            .send(method, &path, None)
            .await
            .is_error(403, Some("insufficient_entitlement"));
    }
}

#[tokio::test]
async fn lists_are_read_page_by_page() {
    let running = start().await;
    let api = running.api().await;
    for _ in 0..3 {
        sign_in(&running, "grace@example.com", &[]).await;
    }
    for (what, name) in [("sessions", "sessions"), ("refresh-tokens", "tokens")] {
        let path = format!("users/{}/{what}", encoded("auth0|grace"));
        let first = api.get(&format!("{path}?take=2")).await.body;
        let next = first["next"].as_str().unwrap();
        let second = api.get(&format!("{path}?take=2&from={}", encoded(next))).await.body;
        assert!(second.get("next").is_none());
        let pages = [&first, &second].map(|page| page[name].as_array().unwrap().clone());
        assert_eq!(pages.concat(), listed(&api, "auth0|grace", what).await);
    }
    let too_many = api.get(&format!("users/{}/sessions?take=101", encoded(ADA))).await;
    too_many.is_error(400, Some("invalid_query_string"));
}

#[tokio::test]
async fn an_accepted_deletion_can_be_made_to_come_late() {
    let running = start().await;
    let api = running.api().await;
    let mut grace = sign_in(&running, "grace@example.com", &[]).await;
    let rule = json!([{"name": "late", "method": "DELETE", "path": "/api/v2/users/*/sessions", "status": 202, "body": "", "late_effect_on_release": true}]);
    running.add_faults(rule).await;
    end(&api, "auth0|grace", "sessions").await;
    assert_eq!(grace.silently(&running).await, Some(json!("auth0|grace")));
    running.remove_faults("late").await;
    while grace.silently(&running).await.is_some() {
        tokio::task::yield_now().await;
    }
}
