//! Attacks, one file a kind. Each starts from the state that the attacker needs and ends with what the tenant and the victim's browser hold.

mod addresses;
mod callbacks;
mod data;
mod foreign_sessions;
mod forged_posts;
mod freshness;
mod leaks;
mod links_of_others;
mod races;
mod redirects;
mod sessions;
mod surface;
mod targets;
mod tokens;
mod unlinking;

use conjoin_tests::{Browser, Host, PASSWORD, Page, flow};
use url::Url;

/// The name of the host's cookie.
const COOKIE: &str = "conjoin";

/// Ada signs in with her password.
async fn ada(host: &Host) -> (Browser, Page) {
    let browser = Browser::new();
    let account = flow::sign_in(host, &browser, "ada@example.com").await;
    (browser, account)
}

/// Ada looks at what joining her Google account would do.
async fn ada_at_review(host: &Host) -> (Browser, Page) {
    let (browser, account) = ada(host).await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    (browser, review)
}

/// Where choosing an offer sends the browser, unopened.
async fn authorize_url(browser: &Browser, account: &Page, label: &str) -> Url {
    let sent = browser
        .submit_once(&account.form(&format!("[data-offer={label:?}]")))
        .await;
    sent.location()
        .unwrap_or_else(|| panic!("no redirect: {}", sent.readable()))
}

/// Signs in at an authorization address, and comes back with the callback's address unopened.
async fn callback_url(host: &Host, browser: &Browser, authorize: Url, who: &str) -> Url {
    let at = browser.get(authorize).await;
    let form = at.form(":has(input[name=password])");
    let sent = browser
        .submit_once(&form.with("username", who).with("password", PASSWORD))
        .await;
    browser.follow_until(sent, &host.url).await
}

/// A browser that holds only this cookie of the host.
fn thief(host: &Host, cookie: &str) -> Browser {
    let browser = Browser::new();
    browser.plant(&host.url, COOKIE, cookie);
    browser
}

/// The session cookie of a browser.
fn session_of(host: &Host, browser: &Browser) -> String {
    browser.cookie(&host.url, COOKIE).expect("a session cookie")
}

/// Whether the browser is signed in, and as whom: the user id on its account page.
async fn signed_in_as(host: &Host, browser: &Browser) -> Option<String> {
    let page = browser.get_once(host.at("/user")).await;
    page.texts("#user-id").pop()
}

/// The value of a query parameter.
pub(crate) fn parameter(url: &Url, name: &str) -> String {
    let value = url.query_pairs().find(|(found, _)| found == name);
    value.unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}

/// The address with other query parameters: `Some` sets, `None` removes.
pub(crate) fn with_parameters(url: &Url, changes: &[(&str, Option<&str>)]) -> Url {
    let changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !changed(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut url = url.clone();
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(
        changes
            .iter()
            .filter_map(|(name, value)| value.map(|value| (*name, value))),
    );
    url
}
