//! The Action's external linking application: from a sign-in to some application, to Conjoin, and back. The Action is the one that ships, run by the simulated tenant.

mod attacks;
mod completing;
mod endings;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use conjoin_tests::action::{App, agree};
use conjoin_tests::{Browser, Host, Page};
use serde_json::Value;

/// The identities of a user, as `provider|user_id`.
async fn identities(host: &Host, id: &str) -> Vec<String> {
    let user = host.tenant.user(id).await.unwrap_or_default();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let identities = user["identities"].as_array().into_iter().flatten();
    identities
        .map(|identity| format!("{}|{}", text(&identity["provider"]), text(&identity["user_id"])))
        .collect()
}

/// Presses "Go on signing in", and stops at the tenant's answer.
async fn go_on(browser: &Browser, back: &Page) -> Page {
    browser.submit_once(&back.form("#continue")).await
}

/// What a token says, unverified.
fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).expect("a token");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(body).expect("base64")).expect("JSON")
}

#[tokio::test]
async fn s07_a_person_who_signs_in_with_google_comes_back_as_the_account_they_always_had() {
    let host = conjoin_tests::action::start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = app
        .sent_away(&host, &browser, Some("google-oauth2"), "ada@example.com")
        .await;
    let before = host.tenant.holdings().await;
    // The older account survives: a sign-up of a minute ago must not swallow it.
    let back = agree(&browser, away, "e-mail and password", "ada@example.com").await;
    assert!(
        host.tenant.writes().await.is_empty(),
        "nothing is written before the browser is back"
    );
    assert_eq!(host.tenant.holdings().await, before);
    let page = go_on(&browser, &back).await;
    assert_eq!(app.arrive(&browser, page).await, Ok("auth0|ada".to_owned()));
    assert_eq!(
        identities(&host, "auth0|ada").await,
        ["auth0|ada", "google-oauth2|1001"]
    );
    assert_eq!(host.tenant.user("google-oauth2|1001").await, None);
    let ada = host.tenant.user("auth0|ada").await.unwrap();
    assert_eq!(ada["app_metadata"]["roles"], serde_json::json!(["Admin", "AppAdmin"]));
}

#[tokio::test]
async fn s07_the_account_that_signs_in_stays_where_it_is_the_older_one() {
    let host = conjoin_tests::action::start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = app.sent_away(&host, &browser, None, "ada@example.com").await;
    let back = agree(&browser, away, "Google", "ada@example.com").await;
    let page = go_on(&browser, &back).await;
    assert_eq!(app.arrive(&browser, page).await, Ok("auth0|ada".to_owned()));
    assert_eq!(
        identities(&host, "auth0|ada").await,
        ["auth0|ada", "google-oauth2|1001"]
    );
}

#[tokio::test]
async fn a14_a_visit_signs_nobody_in_here() {
    let host = conjoin_tests::action::start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = app.sent_away(&host, &browser, None, "ada@example.com").await;
    let visit = browser.get(away).await;
    assert_eq!(visit.name(), "action-visit", "{}", visit.readable());
    assert!(visit.texts("#signed-in").is_empty());
    let user = browser.get_once(host.at("/user")).await;
    assert_eq!(user.location(), Some(host.at("/login")));
}

#[tokio::test]
async fn signing_in_to_conjoin_itself_is_not_interrupted() {
    let host = conjoin_tests::action::start(&[]).await;
    conjoin_tests::flow::sign_in(&host, &Browser::new(), "ada@example.com").await;
}

#[test]
fn the_action_passes_its_own_tests() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/conjoin/assets/action");
    let ran = std::process::Command::new("node")
        .args([
            "--test",
            "--test-timeout=60000",
            "test/sending.test.js",
            "test/coming-back.test.js",
        ])
        .current_dir(folder)
        .output()
        .expect("Node.js is installed: run tests/run");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}");
}
