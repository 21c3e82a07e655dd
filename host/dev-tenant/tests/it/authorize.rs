//! `/authorize`: what is refused, and what a session answers without a page.

use crate::support::{CALLBACK, start};

#[tokio::test]
async fn an_unknown_client_and_a_foreign_callback_get_a_page_and_never_a_redirect() {
    let running = start().await;
    let mut browser = running.browser();
    let page = browser.authorize(&[("client_id", "nobody")]).await;
    assert_eq!((page.status, page.url.path()), (400, "/authorize"));
    for callback in [
        "https://evil.example/callback",
        "http://localhost:13100/other",
        "http://localhost:13100/callback?x=1",
        "",
        "not a url",
    ] {
        let page = browser.authorize(&[("redirect_uri", callback)]).await;
        assert!(matches!(page.status, 400 | 403), "{callback}");
        assert_eq!(page.url.path(), "/authorize");
    }
    let page = browser.authorize(&[("client_id", "<script>alert(1)</script>")]).await;
    assert!(!page.html.contains("<script>alert"), "{}", page.html);
}

#[tokio::test]
async fn other_errors_go_to_the_callback_with_the_state() {
    let running = start().await;
    let cases: [(&[(&str, &str)], &str); 10] = [
        (&[("response_type", "")], "unsupported_response_type"),
        (&[("response_type", "device")], "unsupported_response_type"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "sometimes")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("connection", "nowhere")], "invalid_request"),
        (&[("organization", "org_nowhere")], "invalid_request"),
    ];
    for (parameters, error) in cases {
        let landed = running.browser().authorize(parameters).await;
        assert!(
            landed.url.as_str().starts_with(CALLBACK),
            "{parameters:?}: {}",
            landed.url
        );
        assert_eq!(
            (landed.parameter("error"), landed.parameter("state")),
            (error.to_owned(), "st".to_owned()),
            "{parameters:?}"
        );
        assert!(!landed.parameter("error_description").is_empty());
    }
}

#[tokio::test]
async fn tokens_in_the_browser_need_a_nonce_and_no_query() {
    let running = start().await;
    let landed = running
        .browser()
        .authorize(&[("response_type", "id_token"), ("nonce", "")])
        .await;
    assert_eq!(landed.parameter("error"), "invalid_request");
    assert!(landed.url.fragment().is_some());
    let landed = running
        .browser()
        .authorize(&[("response_type", "id_token"), ("response_mode", "query")])
        .await;
    assert_eq!(landed.parameter("error"), "invalid_request");
}

#[tokio::test]
async fn a_machine_client_cannot_sign_people_in() {
    let running = start().await;
    let page = running.browser().authorize(&[("client_id", "conjoin-m2m")]).await;
    assert_eq!(page.status, 403, "it has no callbacks");
}

#[tokio::test]
async fn prompt_none_fails_without_a_session_and_answers_with_one() {
    let running = start().await;
    let mut browser = running.browser();
    let landed = browser.authorize(&[("prompt", "none")]).await;
    assert_eq!(
        (landed.parameter("error"), landed.parameter("state")),
        ("login_required".to_owned(), "st".to_owned())
    );
    browser.sign_in("grace@example.com", &[]).await;
    let landed = browser.authorize(&[("prompt", "none")]).await;
    assert!(!landed.parameter("code").is_empty());
    let landed = browser.authorize(&[("prompt", "none"), ("max_age", "0")]).await;
    assert_eq!(landed.parameter("error"), "login_required");
}

#[tokio::test]
async fn a_session_answers_unless_a_sign_in_is_asked_for() {
    let running = start().await;
    let mut browser = running.browser();
    browser.sign_in("grace@example.com", &[]).await;
    for silent in [
        &[][..],
        &[("max_age", "3600")],
        &[("connection", "Username-Password-Authentication")],
        &[("screen_hint", "signup")],
    ] {
        assert!(browser.authorize(silent).await.find("code").is_some(), "{silent:?}");
    }
    for asking in [
        ("prompt", "login"),
        ("max_age", "0"),
        ("prompt", "select_account"),
        ("connection", "google-oauth2"),
    ] {
        assert!(
            browser.authorize(&[asking]).await.html.contains("name=\"password\""),
            "{asking:?}"
        );
    }
}

#[tokio::test]
async fn pages_forbid_foreign_content_and_framing() {
    let running = start().await;
    let page = running.browser().authorize(&[]).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!page.html.contains("://"), "no asset of another origin");
}
