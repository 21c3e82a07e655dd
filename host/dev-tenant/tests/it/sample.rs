//! The requests that Auth0's published sample application for account linking makes (auth0-samples/auth0-link-accounts-sample, RegularWebApp), as it
//! makes them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Landed};
use crate::support::{PASSWORD, Running, claims, start};

const BASE: &str = "http://localhost:13100";

/// The implicit flow by form post: neither code nor PKCE.
const IMPLICIT: [(&str, &str); 5] = [
    ("response_type", "id_token"),
    ("response_mode", "form_post"),
    ("code_challenge", ""),
    ("code_challenge_method", ""),
    ("state", "eyJyZXR1cm5UbyI6Ii91c2VyIn0"),
];

/// What the browser would post to the application, with a script or by the button.
fn posted(page: &Landed, callback: &str) -> Vec<(String, String)> {
    let (action, fields) = page.form("state");
    assert_eq!(action.as_str(), callback);
    assert!(page.html.contains("/assets/submit.js") && page.html.contains("<button type=\"submit\""));
    fields
}

fn field(fields: &[(String, String)], name: &str) -> String {
    fields
        .iter()
        .find(|(key, _)| key == name)
        .unwrap_or_else(|| panic!("no {name}"))
        .1
        .clone()
}

async fn main_login(browser: &mut Browser, username: &str) -> String {
    let page = browser.sign_in(username, &IMPLICIT).await;
    field(&posted(&page, "http://localhost:13100/callback"), "id_token")
}

async fn management_token(running: &Running) -> String {
    let body = json!({"client_id": "conjoin-dev", "client_secret": "conjoin-dev-secret", "grant_type": "client_credentials",
        "audience": running.url("api/v2/")});
    let answer = running.send(Method::POST, "oauth/token", None, Some(body)).await;
    answer.body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn sample_1_discovery_offers_what_it_checks_for() {
    let running = start().await;
    let document = running
        .send(Method::GET, ".well-known/openid-configuration", None, None)
        .await
        .body;
    let holds = |name: &str, value: &str| document[name].as_array().unwrap().contains(&json!(value));
    assert!(holds("id_token_signing_alg_values_supported", "RS256"));
    assert!(holds("response_types_supported", "id_token"));
    assert!(holds("response_modes_supported", "form_post"));
}

#[tokio::test]
async fn sample_2_login_by_implicit_id_token_and_form_post() {
    let running = start().await;
    let page = running.browser().sign_in("ada@example.com", &IMPLICIT).await;
    let fields = posted(&page, "http://localhost:13100/callback");
    assert_eq!(field(&fields, "state"), "eyJyZXR1cm5UbyI6Ii91c2VyIn0");
    let claims = claims(&field(&fields, "id_token"));
    assert_eq!(
        (&claims["sub"], &claims["nonce"], &claims["email_verified"]),
        (&json!("auth0|ada"), &json!("no"), &json!(true))
    );
    assert!(
        page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("script-src 'self'")
    );
    let script = running.send(Method::GET, "assets/submit.js", None, None).await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn sample_3_management_token_by_json() {
    let running = start().await;
    assert_eq!(claims(&management_token(&running).await)["azp"], json!("conjoin-dev"));
}

#[tokio::test]
async fn sample_4_the_user_by_a_raw_id_and_candidates_by_search() {
    let running = start().await;
    let token = management_token(&running).await;
    let user = running
        .send(Method::GET, "api/v2/users/auth0|ada", Some(&token), None)
        .await;
    assert_eq!(user.body["user_id"], json!("auth0|ada"));
    let mut url = url::Url::parse(&running.url("api/v2/users")).unwrap();
    let q = r#"email:"ada@example.com" AND email_verified:true -user_id:"auth0|ada""#;
    url.query_pairs_mut()
        .append_pair("search_engine", "v3")
        .append_pair("q", q);
    let found: Value = running
        .http
        .get(url)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let ids: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["user_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["github|1002", "google-oauth2|1001"]);
}

#[tokio::test]
async fn sample_5_to_8_link_unlink_and_logout() {
    let running = start().await;
    let mut browser = running.browser();
    main_login(&mut browser, "ada@example.com").await;

    let callback = "http://localhost:13100/link/callback";
    let mut second = IMPLICIT.to_vec();
    second.extend([
        ("max_age", "0"),
        ("login_hint", "ada@example.com"),
        ("connection", "google-oauth2"),
        ("redirect_uri", callback),
    ]);
    let page = browser.authorize(&second).await;
    assert!(
        page.html.contains("value=\"ada@example.com\""),
        "its own sign-in, with the hint"
    );
    let page = browser.enter(&page, "ada@example.com", PASSWORD).await;
    let proof = field(&posted(&page, callback), "id_token");
    let target = claims(&proof);
    assert_eq!(target["sub"], json!("google-oauth2|1001"));
    assert!(target["auth_time"].is_i64());

    let token = management_token(&running).await;
    let send = async |method, path: &str, body| {
        running
            .send(method, &format!("api/v2/users/{path}"), Some(&token), body)
            .await
    };
    let merged = json!({"user_metadata": {"theme": "dark"}, "app_metadata": {"roles": ["Admin", "AppAdmin"]}});
    assert_eq!(send(Method::PATCH, "auth0|ada", Some(merged)).await.status, 200);
    let linked = send(Method::POST, "auth0|ada/identities", Some(json!({"link_with": proof}))).await;
    assert_eq!((linked.status, linked.body.as_array().unwrap().len()), (201, 2));
    let unlinked = send(Method::DELETE, "auth0|ada/identities/google-oauth2/1001", None).await;
    assert_eq!((unlinked.status, unlinked.body.as_array().unwrap().len()), (200, 1));

    let mut logout = url::Url::parse(&running.url("v2/logout")).unwrap();
    logout
        .query_pairs_mut()
        .append_pair("returnTo", BASE)
        .append_pair("client_id", "conjoin-dev");
    let landed = browser.open(logout).await;
    assert_eq!(landed.url.as_str(), "http://localhost:13100/");
    assert_eq!(
        browser.authorize(&[("prompt", "none")]).await.parameter("error"),
        "login_required"
    );
}

#[tokio::test]
async fn sample_8_rp_initiated_logout_without_a_hint_asks() {
    let running = start().await;
    let mut browser = running.browser();
    main_login(&mut browser, "ada@example.com").await;
    let mut url = url::Url::parse(&running.url("oidc/logout")).unwrap();
    url.query_pairs_mut().append_pair("post_logout_redirect_uri", BASE);
    let page = browser.open(url).await;
    let landed = browser.submit(&page, "confirmed", &[]).await;
    assert_eq!(landed.url.as_str(), "http://localhost:13100/");
}
