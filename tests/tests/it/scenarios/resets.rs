//! A password that is reset while its account is to be proven. The simulated tenant has no page for that and sends no mail; what counts is which browser comes back.

use conjoin_tests::{Browser, Host, PASSWORD, Page, flow};
use serde_json::json;
use url::Url;

use super::pairs::{Pair, linked};

const NEW: &str = "battery-staple";

/// Joan is signed in with Google and has chosen her database account; ends at the tenant's form, where she finds that she has forgotten the password and gets a
/// new one.
/// Also answers the address of that sign-in.
async fn forgotten(host: &Host, browser: &Browser) -> (Pair, Url, Page) {
    let pair = Pair::put(&host.tenant, "joan", json!({}), json!({})).await;
    let account = flow::sign_in_through(host, browser, "google-oauth2", &pair.email).await;
    let form = flow::choose(browser, &account, "e-mail and password").await;
    let reset = super::pairs::account(&pair.own, &pair.email, json!({ "password": NEW }));
    host.tenant.put_user(&reset).await;
    let refused = enter(browser, &form, &pair, PASSWORD).await;
    assert!(
        refused.url.as_str().starts_with(host.tenant.url.as_str()),
        "{}",
        refused.url
    );
    (pair, form.url, refused)
}

async fn enter(browser: &Browser, at: &Page, pair: &Pair, password: &str) -> Page {
    let form = at.form(":has(input[name=password])");
    let filled = form.with("username", &pair.email).with("password", password);
    browser.submit(&filled).await
}

#[tokio::test]
async fn s12_after_a_reset_the_same_browser_goes_on() {
    let host = Host::start().await;
    let browser = Browser::new();
    let (pair, _, form) = forgotten(&host, &browser).await;
    let review = enter(&browser, &form, &pair, NEW).await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), [pair.google.as_str(), pair.own.as_str()]);
}

#[tokio::test]
async fn s12_after_a_reset_another_browser_does_not_finish_the_link_and_must_begin_its_own() {
    let host = Host::start().await;
    let browser = Browser::new();
    let (pair, sign_in, _) = forgotten(&host, &browser).await;
    // The link in the mail is opened elsewhere, and leads to the same sign-in.
    let other = Browser::new();
    let opened = other.get(sign_in).await;
    let back = enter(&other, &opened, &pair, NEW).await;
    assert!(
        back.hops.iter().any(|hop| hop.path() == "/link/callback"),
        "{:?}",
        back.hops
    );
    // It is signed in to the account that it has proven, as any browser would be, and to nothing else.
    assert_eq!(linked(&back), [pair.own.as_str()], "{}", back.readable());
    assert!(host.tenant.writes().await.is_empty());
    // In either browser a link can be begun from where it is.
    let account = browser.get(host.at("/user")).await;
    assert_eq!(linked(&account), [pair.google.as_str()], "{}", account.readable());
    let form = flow::choose(&browser, &account, "e-mail and password").await;
    let review = enter(&browser, &form, &pair, NEW).await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    let review = flow::prove(&other, &back, "Google", &pair.email).await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
}
