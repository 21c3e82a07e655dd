//! To the tenant's own Auth0 and back: two tabs, other names, too many at once, and the session that was there before.

use conjoin_tests::{Browser, DEV_TOKEN, Form, Host, Page, TenantProcess, free_port};
use futures_util::future::join_all;
use url::Url;

use crate::pages::sign_in;
use crate::team_refused::callback_of;
use crate::team_sign_in::with_auth0;

const BEGIN: &str = "/admin/sign-in/auth0";

#[tokio::test]
async fn of_two_tabs_either_can_come_back() {
    let host = Host::start().await;
    for first_returns in [true, false] {
        let browser = Browser::new();
        let first = callback_of(&host, &browser, BEGIN, "grace@example.com").await;
        let cookie = browser.cookie(&host.url, "conjoin-admin-sign-in");
        let second = callback_of(&host, &browser, BEGIN, "grace@example.com").await;
        assert!(cookie.is_some());
        assert_eq!(browser.cookie(&host.url, "conjoin-admin-sign-in"), cookie);
        let back = browser.get(if first_returns { first } else { second }).await;
        assert_eq!(back.name(), "admin-signed-in", "{}", back.readable());
        assert_eq!(browser.get(host.at("/admin")).await.name(), "admin");
    }
    // A value that is not one of the host's is not kept.
    let browser = Browser::new();
    browser.plant(&host.url, "conjoin-admin-sign-in", "short");
    browser.get_once(host.at(BEGIN)).await;
    assert_ne!(
        browser.cookie(&host.url, "conjoin-admin-sign-in").as_deref(),
        Some("short")
    );
}

#[tokio::test]
async fn a_browser_has_ten_sign_ins_under_way_at_most() {
    let host = Host::start().await;
    let browser = Browser::new();
    let first = callback_of(&host, &browser, BEGIN, "grace@example.com").await;
    for _ in 0..10 {
        assert_eq!(browser.get_once(host.at(BEGIN)).await.status, 303);
    }
    let refused = browser.get(first).await;
    assert_eq!((refused.status, refused.message().as_str()), (400, "stray-callback"));
}

#[tokio::test]
async fn who_begins_too_often_waits_and_who_is_away_comes_back() {
    let host = Host::start().await;
    let browser = Browser::new();
    let callback = callback_of(&host, &browser, BEGIN, "grace@example.com").await;
    let others: Vec<Browser> = (0..200).map(|_| Browser::new()).collect();
    let answers: Vec<Page> = join_all(others.iter().map(|other| other.get_once(host.at(BEGIN)))).await;
    let slowed: Vec<&Page> = answers.iter().filter(|page| page.status == 429).collect();
    assert!(!slowed.is_empty(), "beginning is bounded");
    for page in slowed {
        assert!(page.headers.contains_key("retry-after") && page.message() == "too-many-requests");
        assert!(!page.headers.contains_key("set-cookie"), "nothing is kept");
    }
    let back = browser.get(callback).await;
    assert_eq!(back.name(), "admin-signed-in", "{}", back.readable());
    let (_, overview) = sign_in(&host, DEV_TOKEN).await;
    assert_eq!(overview.name(), "admin", "tokens are not kept out");
}

#[tokio::test]
async fn there_is_no_such_way_under_a_name_that_is_not_the_pages_own() {
    let process = TenantProcess::start();
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), &with_auth0(""));
    let mut other = host.url.clone();
    other.set_host(Some("127.0.0.1")).unwrap();
    let browser = Browser::new();
    let page = browser.get(other.join("/admin").unwrap()).await;
    assert_eq!(page.name(), "admin-sign-in", "{}", page.readable());
    assert!(page.attributes("#auth0", "href").is_empty(), "{}", page.readable());
    for path in [BEGIN, "/admin/callback?code=a&state=b"] {
        assert_eq!(browser.get_once(other.join(path).unwrap()).await.status, 404, "{path}");
    }
    let page = Browser::new().get(host.at("/admin")).await;
    assert_eq!(page.attributes("#auth0", "href"), [BEGIN], "{}", page.readable());
}

/// Comes back as browsers do from another site: without the session's cookie, which is `SameSite=Strict`.
async fn back_from_another_site(host: &Host, browser: &Browser, callback: Url) -> Page {
    let away = browser.cookie(&host.url, "conjoin-admin-sign-in").unwrap();
    let cookie = format!("conjoin-admin-sign-in={away}");
    Browser::new()
        .request("GET", callback, &[("cookie", &cookie)], Vec::new())
        .await
}

async fn with_session(host: &Host, value: &str) -> Page {
    let cookie = format!("conjoin-admin={value}");
    Browser::new()
        .request("GET", host.at("/admin"), &[("cookie", &cookie)], Vec::new())
        .await
}

#[tokio::test]
async fn signing_in_with_the_tenant_ends_the_session_that_was_there() {
    let host = Host::start().await;
    let (browser, overview) = sign_in(&host, DEV_TOKEN).await;
    let before = browser.cookie(&host.url, "conjoin-admin").unwrap();
    let callback = callback_of(&host, &browser, BEGIN, "grace@example.com").await;
    // Not by a GET that anybody can link to.
    assert_eq!(with_session(&host, &before).await.name(), "admin");
    let back = back_from_another_site(&host, &browser, callback).await;
    assert_eq!(back.name(), "admin-signed-in", "{}", back.readable());
    assert_eq!(with_session(&host, &before).await.name(), "admin-sign-in");
    let form: Form = overview.form("#shipped").with("policy", "lodash");
    browser.plant(&host.url, "conjoin-admin", &before);
    let refused = browser.submit(&form).await;
    assert_eq!((refused.status, refused.message().as_str()), (401, "signed-out"));
}
