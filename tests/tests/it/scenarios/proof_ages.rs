//! How old a sign-in may be. The tenant's `skew_auth_time` makes a sign-in an old one at once, so nothing here waits.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::json;
use url::Url;

use super::pairs::{linked, offered, session_user};

const HOUR: i64 = 3600;

/// Signs in as Ada with a sign-in that the tenant says is an hour old.
async fn sign_in_long_ago(host: &Host, browser: &Browser) -> Page {
    host.tenant.switches(json!({ "skew_auth_time": -HOUR })).await;
    let account = flow::sign_in(host, browser, "ada@example.com").await;
    host.tenant.switches(json!({})).await;
    account
}

/// The callback that the sign-in form at which the browser is was asked for with.
fn asked_for(page: &Page) -> String {
    let authorize = page.hops.iter().rev().find(|url| url.path() == "/authorize");
    let redirect = authorize
        .and_then(|url| url.query_pairs().find(|(name, _)| name == "redirect_uri"))
        .unwrap_or_else(|| panic!("no authorization in {:?}", page.hops));
    Url::parse(&redirect.1).unwrap().path().to_owned()
}

#[tokio::test]
async fn s15_an_old_sign_in_is_repeated_before_the_proof() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = sign_in_long_ago(&host, &browser).await;
    assert_eq!(offered(&account), ["GitHub", "Google"], "it is good enough to look");
    let own = flow::choose(&browser, &account, "Google").await;
    assert_eq!(asked_for(&own), "/callback", "its own sign-in comes first");
    let at_google = flow::enter(&browser, &own, "ada@example.com").await;
    assert_eq!(asked_for(&at_google), "/link/callback");
    let review = flow::enter(&browser, &at_google, "ada@example.com").await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), ["auth0|ada", "google-oauth2|1001"]);
    assert_eq!(session_user(&host, &browser).await, "auth0|ada");
}

#[tokio::test]
async fn s15_another_person_at_the_repeated_sign_in_is_refused() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = sign_in_long_ago(&host, &browser).await;
    let own = flow::choose(&browser, &account, "Google").await;
    let refused = flow::enter(&browser, &own, "grace@example.com").await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (403, "other-person"),
        "{}",
        refused.readable()
    );
    assert_eq!(session_user(&host, &browser).await, "auth0|ada");
    // Nothing was gained: the sign-in is as old as before.
    let account = browser.get(host.at("/user")).await;
    let own = flow::choose(&browser, &account, "Google").await;
    assert_eq!(asked_for(&own), "/callback");
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn s15_a_repeated_sign_in_that_is_old_again_does_not_count() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = sign_in_long_ago(&host, &browser).await;
    let own = flow::choose(&browser, &account, "Google").await;
    host.tenant.switches(json!({ "skew_auth_time": -HOUR })).await;
    let refused = flow::enter(&browser, &own, "ada@example.com").await;
    assert_eq!(refused.message(), "not-fresh", "{}", refused.readable());
}

#[tokio::test]
async fn s15_an_old_sign_in_is_repeated_before_an_unlink() {
    let host = Host::start().await;
    flow::join_google(&host, &Browser::new()).await;
    let browser = Browser::new();
    let account = sign_in_long_ago(&host, &browser).await;
    let own = browser
        .submit(&account.form("[data-identity='google-oauth2|1001']"))
        .await;
    assert_eq!(asked_for(&own), "/callback");
    let review = flow::enter(&browser, &own, "ada@example.com").await;
    assert_eq!(review.name(), "unlink-review", "{}", review.readable());
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), ["auth0|ada"]);
}

#[tokio::test]
async fn s15_a_proof_that_is_too_old_at_the_confirmation_writes_nothing() {
    let host = Host::with(&["--proof-max-age", "4"]).await;
    let browser = Browser::new();
    let mut page = flow::sign_in(&host, &browser, "ada@example.com").await;
    // Fresh enough to be a proof now, and one second over the age by the time of any confirmation.
    host.tenant.switches(json!({ "skew_auth_time": -5 })).await;
    page = flow::choose(&browser, &page, "Google").await;
    // On a slow machine the own sign-in is too old by now as well, and comes first.
    while !page.forms(":has(input[name=password])").is_empty() {
        page = flow::enter(&browser, &page, "ada@example.com").await;
    }
    assert_eq!(page.name(), "link-review", "{}", page.readable());
    let refused = flow::confirm(&browser, &page).await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (403, "proof-too-old"),
        "{}",
        refused.readable()
    );
    assert!(host.tenant.writes().await.is_empty());
    assert_eq!(session_user(&host, &browser).await, "auth0|ada");
}
