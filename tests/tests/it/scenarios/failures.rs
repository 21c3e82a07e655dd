//! A tenant that fails in the middle. Every end is either linked with everything merged, or unlinked with both bags as before.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::{Value, json};

use super::pairs::{Pair, bag, linked};

const PATCH: &str = "/api/v2/users/auth0|joan";
const LINK: &str = "/api/v2/users/auth0|joan/identities";

fn own() -> Value {
    json!({ "user_metadata": { "theme": "dark", "list": [1] }, "app_metadata": { "roles": ["User"] } })
}

fn google() -> Value {
    json!({ "user_metadata": { "list": [2], "font": "serif" }, "app_metadata": { "roles": ["Owner"] } })
}

fn joined() -> Value {
    json!({ "theme": "dark", "list": [1, 2], "font": "serif" })
}

/// Joan looks at the preview, the tenant gets these faults, and she confirms.
async fn confirm_with(faults: Value) -> (Host, Browser, Pair, Page) {
    let (host, browser) = (Host::start().await, Browser::new());
    let pair = Pair::put(&host.tenant, "joan", own(), google()).await;
    let review = pair.review(&host, &browser).await;
    host.tenant.forget_calls().await;
    host.tenant.faults(faults).await;
    let page = flow::confirm(&browser, &review).await;
    (host, browser, pair, page)
}

/// Linked, and merged exactly once.
async fn assert_joined(host: &Host, pair: &Pair, page: &Page) {
    assert_eq!(page.url.path(), "/user", "{}", page.readable());
    assert_eq!(linked(page), [pair.own.as_str(), pair.google.as_str()]);
    assert!(host.tenant.user(&pair.google).await.is_none());
    assert_eq!(bag(&host.tenant, &pair.own, "user_metadata").await, joined());
    let app = bag(&host.tenant, &pair.own, "app_metadata").await;
    assert_eq!(app, json!({ "roles": ["User", "Owner"] }));
}

/// Separate, both with their own metadata.
async fn assert_as_before(host: &Host, pair: &Pair) {
    for (user, original) in [(&pair.own, own()), (&pair.google, google())] {
        for field in ["user_metadata", "app_metadata"] {
            assert_eq!(bag(&host.tenant, user, field).await, original[field], "{user} {field}");
        }
        let identities = host.tenant.user(user).await.unwrap()["identities"].clone();
        assert_eq!(identities.as_array().unwrap().len(), 1, "{user}");
    }
}

fn stage(page: &Page) -> String {
    page.attributes("main", "data-stage").concat()
}

#[tokio::test]
async fn s26_a_refused_link_puts_the_primarys_metadata_back() {
    for status in [400, 403, 404, 409] {
        let faults = json!([{ "method": "POST", "path": LINK, "status": status }]);
        let (host, browser, pair, page) = confirm_with(faults).await;
        assert_eq!(stage(&page), "rolled_back", "{status}: {}", page.readable());
        assert_as_before(&host, &pair).await;
        assert_eq!(host.tenant.bodies("PATCH").await.len(), 2, "written, and taken back");
        // What happened stands at the same address, and a new attempt works.
        assert_eq!(stage(&browser.get(page.url.clone()).await), "rolled_back");
        host.tenant.faults(json!([])).await;
        let account = browser.get(host.at("/user")).await;
        let review = flow::prove(&browser, &account, "Google", &pair.email).await;
        let account = flow::confirm(&browser, &review).await;
        assert_joined(&host, &pair, &account).await;
    }
}

#[tokio::test]
async fn s26_what_someone_else_wrote_meanwhile_stays_and_is_reported() {
    let (host, browser) = (Host::start().await, Browser::new());
    let pair = Pair::put(&host.tenant, "joan", own(), google()).await;
    let review = pair.review(&host, &browser).await;
    let held = json!([{ "method": "POST", "path": LINK, "status": 400, "hold": true }]);
    host.tenant.faults(held).await;
    let edit = async {
        host.tenant
            .until_called("POST", "/api/v2/users/auth0%7Cjoan/identities")
            .await;
        let mut edited = joined();
        edited["font"] = "mono".into();
        edited["other"] = 1.into();
        host.tenant
            .change_user(&pair.own, json!({ "user_metadata": edited }))
            .await;
        host.tenant.faults(json!([])).await;
    };
    let (page, ()) = tokio::join!(flow::confirm(&browser, &review), edit);
    assert_eq!(stage(&page), "rolled_back", "{}", page.readable());
    assert_eq!(page.texts("[data-list=left-alone] li"), ["font"]);
    let now = bag(&host.tenant, &pair.own, "user_metadata").await;
    assert_eq!(now, json!({ "theme": "dark", "list": [1], "font": "mono", "other": 1 }));
}

#[tokio::test]
async fn s26_a_refused_patch_links_nothing() {
    let faults = json!([{ "method": "PATCH", "path": PATCH, "status": 400, "times": 1 }]);
    let (host, _, pair, page) = confirm_with(faults).await;
    assert_eq!(stage(&page), "rolled_back", "{}", page.readable());
    assert!(host.tenant.bodies("POST").await.is_empty());
    assert_as_before(&host, &pair).await;
}

#[tokio::test]
async fn s26_a_link_that_fails_without_effect_and_then_works_is_done_once() {
    for fault in [
        json!({ "status": 500 }),
        json!({ "status": 503 }),
        json!({ "reset": true }),
    ] {
        let mut rule = json!({ "method": "POST", "path": LINK, "times": 1 });
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        let (host, _, pair, page) = confirm_with(json!([rule])).await;
        assert_joined(&host, &pair, &page).await;
        assert_eq!(host.tenant.bodies("PATCH").await.len(), 1);
        assert_eq!(host.tenant.bodies("POST").await.len(), 2);
    }
}

#[tokio::test]
async fn s27_a_link_whose_answer_is_lost_is_found_and_finished() {
    for fault in [
        json!({ "status": 500 }),
        json!({ "reset": true }),
        json!({ "status": 200, "body": "not JSON" }),
    ] {
        let mut rule = json!({ "method": "POST", "path": LINK, "times": 1, "after_effect": true });
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        let (host, _, pair, page) = confirm_with(json!([rule])).await;
        assert_joined(&host, &pair, &page).await;
        assert_eq!(host.tenant.bodies("PATCH").await.len(), 1);
        assert_eq!(host.tenant.bodies("POST").await.len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn s27_a_rate_limit_before_the_link_is_waited_out() {
    let faults = json!([{ "method": "POST", "path": LINK, "times": 2, "status": 429, "retry_after": 1 }]);
    let (host, _, pair, page) = confirm_with(faults).await;
    assert_joined(&host, &pair, &page).await;
    assert_eq!(host.tenant.bodies("PATCH").await.len(), 1);
}

#[tokio::test]
async fn s27_a_link_whose_effect_is_later_than_its_refusal_is_found() {
    let faults = json!([{ "method": "POST", "path": LINK, "times": 1, "status": 400, "late_effect_ms": 100 }]);
    let (host, _, pair, page) = confirm_with(faults).await;
    assert_joined(&host, &pair, &page).await;
}

#[tokio::test]
async fn s27_a_patch_whose_answer_is_lost_merges_once() {
    for fault in [
        json!({ "status": 500 }),
        json!({ "reset": true }),
        json!({ "status": 200, "body": "not JSON" }),
    ] {
        let mut rule = json!({ "method": "PATCH", "path": PATCH, "times": 1, "after_effect": true });
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        let (host, _, pair, page) = confirm_with(json!([rule])).await;
        assert_joined(&host, &pair, &page).await;
        let bodies = host.tenant.bodies("PATCH").await;
        assert!(bodies.windows(2).all(|two| two[0] == two[1]), "the same absolute patch");
    }
}

#[tokio::test]
async fn s27_a_patch_that_takes_longer_than_the_host_waits_merges_once() {
    let slow = json!([{ "method": "PATCH", "path": PATCH, "times": 1, "after_effect": true, "timeout_ms": 11_000 }]);
    let (host, _, pair, page) = confirm_with(slow).await;
    assert_joined(&host, &pair, &page).await;
}

#[tokio::test]
async fn a_tenant_that_stays_unclear_stops_the_link_and_asks_for_a_person() {
    let host = Host::with(&["--settle-within", "1"]).await;
    let browser = Browser::new();
    let pair = Pair::put(&host.tenant, "joan", own(), google()).await;
    let review = pair.review(&host, &browser).await;
    host.tenant
        .faults(json!([{ "method": "POST", "path": LINK, "status": 500 }]))
        .await;
    let page = flow::confirm(&browser, &review).await;
    assert_eq!(
        stage(&page),
        "metadata_written",
        "it is tried again first: {}",
        page.readable()
    );
    let page = super::meanwhile::until_stage(&browser, &page, "needs_attention").await;
    assert_eq!(page.texts("[data-reference]").len(), 1);
    assert!(host.tenant.user(&pair.google).await.is_some());
    // Nothing is undone on a guess: the merged metadata stands until it is clear.
    assert_eq!(bag(&host.tenant, &pair.own, "user_metadata").await, joined());
    assert_eq!(stage(&browser.get(page.url.clone()).await), "needs_attention");
}

#[tokio::test]
async fn an_unreachable_tenant_at_the_confirmation_writes_nothing_and_the_preview_waits() {
    let (host, browser) = (Host::start().await, Browser::new());
    let pair = Pair::put(&host.tenant, "joan", own(), google()).await;
    let review = pair.review(&host, &browser).await;
    host.tenant.forget_calls().await;
    host.tenant
        .faults(json!([{ "method": "GET", "path": "/api/v2/users/", "status": 503 }]))
        .await;
    let told = flow::confirm(&browser, &review).await;
    assert_eq!(told.message(), "tenant-unreachable", "{}", told.readable());
    assert!(host.tenant.writes().await.is_empty());
    host.tenant.faults(json!([])).await;
    let page = flow::confirm(&browser, &review).await;
    assert_joined(&host, &pair, &page).await;
}
