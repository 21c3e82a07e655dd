//! Every end but a link: the sign-in goes on, as the account that it began with.

use conjoin_tests::action::{App, agree, prove, start, with_secret};
use conjoin_tests::{Browser, Host, flow};
use serde_json::Value;
use url::Url;

use super::go_on;

const GOOGLE: &str = "google-oauth2|1001";

/// Ada signs in with Google, and the Action sends her away.
async fn ada_away(host: &Host, app: &App, browser: &Browser) -> Url {
    app.sent_away(host, browser, Some("google-oauth2"), "ada@example.com")
        .await
}

/// Waits until nothing that was confirmed is under way.
async fn until_settled(host: &Host) {
    for _ in 0..600 {
        if host.unsettled().is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("not settled: {:?}\n{}", host.unsettled(), host.log());
}

async fn asked_after(host: &Host, id: &str) -> Value {
    host.tenant.user(id).await.unwrap()["app_metadata"]["conjoin_ask_after"].clone()
}

#[tokio::test]
async fn whoever_declines_goes_on_and_is_left_alone_for_a_while() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let visit = browser.get(ada_away(&host, &app, &browser).await).await;
    let leave = visit.url.join(&visit.attributes("#decline", "href")[0]).unwrap();
    let page = browser.get_once(leave).await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
    assert!(host.tenant.writes().await.is_empty());
    assert!(asked_after(&host, GOOGLE).await.is_string());
    let again = Browser::new();
    let page = app.sign_in(&again, Some("google-oauth2"), "ada@example.com").await;
    assert_eq!(
        app.arrive(&again, page).await,
        Ok(GOOGLE.to_owned()),
        "straight to the application"
    );
}

#[tokio::test]
async fn of_somebody_who_is_forgotten_no_visit_is_left() {
    let host = start(&[]).await;
    let (app, browser, other) = (App::of(&host), Browser::new(), Browser::new());
    let visit = browser.get(ada_away(&host, &app, &browser).await).await;
    let away = app.sent_away(&host, &other, None, "ada@example.com").await;
    let others = other.get(away).await;
    host.operate(&["links", "forget", GOOGLE, "--yes"]);
    let page = browser.get_once(visit.url.join("?").unwrap()).await;
    assert_eq!(page.message(), "stray-sign-in", "{}", page.readable());
    let page = other.get(others.url).await;
    assert_eq!(page.name(), "action-visit", "{}", page.readable());
}

#[tokio::test]
async fn who_cancels_at_the_preview_declines_and_the_link_has_ended() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = ada_away(&host, &app, &browser).await;
    let review = prove(&browser, away, "e-mail and password", "ada@example.com").await;
    let cancel = review.url.join(&review.attributes("#cancel", "href")[0]).unwrap();
    let page = browser.get_once(cancel).await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
    let confirmed = browser.submit(&review.form("#confirm")).await;
    assert_ne!(confirmed.name(), "action-return", "{}", confirmed.readable());
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn where_there_is_nothing_to_link_no_page_is_shown() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let page = app.sign_in(&browser, None, "grace@example.com").await;
    assert_eq!(app.arrive(&browser, page).await, Ok("auth0|grace".to_owned()));
    assert!(asked_after(&host, "auth0|grace").await.is_string());
}

#[tokio::test]
async fn a19_the_wrong_account_is_told_and_leads_back() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = ada_away(&host, &app, &browser).await;
    let page = prove(&browser, away, "e-mail and password", "linus@example.com").await;
    assert_eq!(page.message(), "wrong-account", "{}", page.readable());
    let back = page.url.join(&page.attributes("#action", "href")[0]).unwrap();
    let page = browser.get_once(back).await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
    assert!(host.tenant.writes().await.is_empty());
    assert!(asked_after(&host, GOOGLE).await.is_null(), "asked again the next time");
    // The tenant's own session is somebody else's now.
    let log_in = browser.get_once(host.at("/login")).await;
    let location = log_in.headers["location"].to_str().unwrap();
    assert!(location.contains("prompt=login"), "{location}");
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_here_is_led_on() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = ada_away(&host, &app, &browser).await;
    let arrived = Browser::new().get_once(away).await;
    let visit = host.at(arrived.headers["location"].to_str().unwrap());
    let page = Browser::new().get_once(visit).await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn who_cancels_at_the_tenant_can_go_back() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let visit = browser.get(ada_away(&host, &app, &browser).await).await;
    let form = browser.submit(&visit.form("[data-offer='e-mail and password']")).await;
    let mut cancel = host.tenant.at("/u/cancel");
    cancel.set_query(form.url.query());
    let page = browser.get(cancel).await;
    assert_eq!(page.message(), "cancelled", "{}", page.readable());
    let back = page.url.join(&page.attributes("#action", "href")[0]).unwrap();
    let page = browser.get_once(back).await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
}

#[tokio::test]
async fn a_token_is_used_once_and_the_second_time_the_sign_in_goes_on() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = ada_away(&host, &app, &browser).await;
    browser.get(away.clone()).await;
    let page = browser.get_once(away).await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn another_secret_is_nobodys_and_the_sign_in_goes_on() {
    let host = with_secret("a-secret-that-the-host-does-not-know", &[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = ada_away(&host, &app, &browser).await;
    let page = browser.get_once(away).await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
}

#[tokio::test]
async fn s25_a_change_after_the_agreement_ends_it_and_the_sign_in_goes_on() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = ada_away(&host, &app, &browser).await;
    let back = agree(&browser, away, "e-mail and password", "ada@example.com").await;
    let changed = serde_json::json!({ "user_metadata": { "theme": "solarized" } });
    host.tenant.change_user("auth0|ada", changed).await;
    let page = go_on(&browser, &back).await;
    assert_eq!(app.arrive(&browser, page).await, Ok(GOOGLE.to_owned()));
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn s25_a_change_before_the_agreement_makes_a_new_preview() {
    let host = start(&[]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = ada_away(&host, &app, &browser).await;
    let review = prove(&browser, away, "e-mail and password", "ada@example.com").await;
    let changed = serde_json::json!({ "user_metadata": { "theme": "solarized" } });
    host.tenant.change_user("auth0|ada", changed).await;
    let review = flow::confirm(&browser, &review).await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    assert!(!review.texts("#notice").is_empty());
    let back = flow::confirm(&browser, &review).await;
    let page = go_on(&browser, &back).await;
    assert_eq!(app.arrive(&browser, page).await, Ok("auth0|ada".to_owned()));
    let ada = host.tenant.user("auth0|ada").await.unwrap();
    assert_eq!(ada["user_metadata"]["theme"], "solarized");
}

#[tokio::test]
async fn s27_a_link_that_is_not_settled_in_time_refuses_the_account_that_goes_and_is_finished() {
    let host = start(&["--recovery-quiet", "1"]).await;
    let (app, browser) = (App::of(&host), Browser::new());
    let away = ada_away(&host, &app, &browser).await;
    let back = agree(&browser, away, "e-mail and password", "ada@example.com").await;
    let fault = serde_json::json!([{ "method": "PATCH", "path": "/api/v2/users/*", "status": 500 }]);
    host.tenant.faults(fault).await;
    let page = go_on(&browser, &back).await;
    let refused = app.arrive(&browser, page).await.unwrap_err();
    assert!(
        refused.starts_with("access_denied: Your accounts are being joined"),
        "{refused}"
    );
    host.tenant.faults(serde_json::json!([])).await;
    until_settled(&host).await;
    assert_eq!(super::identities(&host, "auth0|ada").await, ["auth0|ada", GOOGLE]);
}
