//! Signing out, in both of Auth0's ways.

use url::Url;

use crate::browser::Browser;
use crate::support::{Running, start};

fn logout_url(running: &Running, path: &str, parameters: &[(&str, &str)]) -> Url {
    let mut url = Url::parse(&running.url(path)).unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    url
}

async fn has_session(browser: &mut Browser) -> bool {
    browser.authorize(&[("prompt", "none")]).await.find("code").is_some()
}

#[tokio::test]
async fn legacy_logout_ends_the_session_and_returns_where_it_may() {
    let running = start().await;
    for parameters in [
        &[("client_id", "conjoin-dev"), ("returnTo", "http://localhost:13100")][..],
        &[("client_id", "conjoin-dev"), ("returnTo", "http://127.0.0.1:13100/")],
        &[("returnTo", "http://localhost:13100/")],
    ] {
        let mut browser = running.browser();
        browser.sign_in("grace@example.com", &[]).await;
        let landed = browser.open(logout_url(&running, "v2/logout", parameters)).await;
        assert_eq!((landed.status, landed.url.path()), (303, "/"), "{parameters:?}");
        assert!(!has_session(&mut browser).await);
    }
    let page = running.browser().open(logout_url(&running, "v2/logout", &[])).await;
    assert_eq!(page.status, 200);
}

#[tokio::test]
async fn legacy_logout_refuses_other_places_and_keeps_the_session() {
    let running = start().await;
    let mut browser = running.browser();
    browser.sign_in("grace@example.com", &[]).await;
    for parameters in [
        [("client_id", "conjoin-dev"), ("returnTo", "https://evil.example/")],
        [
            ("client_id", "conjoin-dev"),
            ("returnTo", "http://localhost:13100/LOGOUT"),
        ],
        [("client_id", "nobody"), ("returnTo", "http://localhost:13100/")],
    ] {
        assert_eq!(
            browser
                .open(logout_url(&running, "v2/logout", &parameters))
                .await
                .status,
            400,
            "{parameters:?}"
        );
    }
    assert!(has_session(&mut browser).await);
}

#[tokio::test]
async fn oidc_logout_with_the_id_token_needs_no_question() {
    let running = start().await;
    let mut browser = running.browser();
    let landed = browser.sign_in("grace@example.com", &[]).await;
    let answer = running.exchange(&landed.parameter("code")).await;
    let token = answer.body["id_token"].as_str().unwrap();
    let parameters = [
        ("id_token_hint", token),
        ("post_logout_redirect_uri", "http://localhost:13100/"),
        ("state", "bye"),
    ];
    let landed = browser.open(logout_url(&running, "oidc/logout", &parameters)).await;
    assert_eq!(landed.url.as_str(), "http://localhost:13100/?state=bye");
    assert!(!has_session(&mut browser).await);
    let forged = [
        ("id_token_hint", "a.b.c"),
        ("post_logout_redirect_uri", "http://localhost:13100/"),
    ];
    assert_eq!(
        browser.open(logout_url(&running, "oidc/logout", &forged)).await.status,
        400
    );
    let mismatch = [("id_token_hint", token), ("client_id", "conjoin-m2m")];
    assert_eq!(
        browser
            .open(logout_url(&running, "oidc/logout", &mismatch))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn oidc_logout_without_a_hint_asks_first() {
    let running = start().await;
    let mut browser = running.browser();
    browser.sign_in("grace@example.com", &[]).await;
    let parameters = [
        ("client_id", "conjoin-dev"),
        ("post_logout_redirect_uri", "http://localhost:13100/"),
    ];
    let page = browser.open(logout_url(&running, "oidc/logout", &parameters)).await;
    assert_eq!(page.status, 200);
    assert!(has_session(&mut browser).await);
    let landed = browser.submit(&page, "confirmed", &[]).await;
    assert_eq!(landed.url.as_str(), "http://localhost:13100/");
    assert!(!has_session(&mut browser).await);
}

#[tokio::test]
async fn federated_logout_ends_the_providers_session_too() {
    let running = start().await;
    let mut browser = running.browser();
    running
        .put_dev("_dev/oidc", serde_json::json!({"silent_upstream": true}))
        .await;
    let google = [("connection", "google-oauth2")];
    browser.sign_in("1001", &google).await;
    browser.open(logout_url(&running, "v2/logout", &[])).await;
    assert!(
        browser.authorize(&google).await.find("code").is_some(),
        "the provider still knows the person"
    );
    browser
        .open(logout_url(&running, "v2/logout", &[("federated", "")]))
        .await;
    assert!(browser.authorize(&google).await.html.contains("name=\"password\""));
}
