//! A tenant that fails while accounts are taken apart. Every end is separate with both bags as planned, or linked as before.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::{Value, json};

use super::meanwhile::until_stage;
use super::pairs::{Pair, bag, linked};

fn own() -> Value {
    json!({ "user_metadata": { "theme": "dark", "list": [1] }, "app_metadata": { "roles": ["User"] } })
}

fn google() -> Value {
    json!({ "user_metadata": { "list": [2], "font": "serif" }, "app_metadata": { "roles": ["Owner"] } })
}

const DELETE: &str = "/api/v2/users/auth0|joan/identities/google-oauth2/joan";
const PRIMARY: &str = "/api/v2/users/auth0|joan";
const SEPARATED: &str = "/api/v2/users/google-oauth2|joan";

/// Joan has linked her accounts, looks at the unlink, the tenant gets this fault, and she confirms.
async fn confirm_with(fault: &Value) -> (Host, Pair, Page) {
    let (host, browser) = (Host::start().await, Browser::new());
    let pair = Pair::put(&host.tenant, "joan", own(), google()).await;
    let account = pair.join(&host, &browser).await;
    let review = browser
        .submit(&account.form(&format!("[data-identity={:?}]", pair.google)))
        .await;
    assert_eq!(review.name(), "unlink-review", "{}", review.readable());
    host.tenant.forget_calls().await;
    host.tenant.faults(json!([fault])).await;
    let page = flow::confirm(&browser, &review).await;
    (host, pair, page)
}

async fn assert_separate(host: &Host, pair: &Pair, page: &Page) {
    assert_eq!(page.url.path(), "/user", "{}", page.readable());
    assert_eq!(linked(page), [pair.own.as_str()]);
    for (user, original) in [(&pair.own, own()), (&pair.google, google())] {
        for field in ["user_metadata", "app_metadata"] {
            assert_eq!(bag(&host.tenant, user, field).await, original[field], "{user} {field}");
        }
    }
}

#[tokio::test]
async fn s31_an_unlink_whose_answer_is_lost_is_found_and_finished() {
    for fault in [
        json!({ "method": "DELETE", "path": DELETE, "times": 1, "after_effect": true, "status": 500 }),
        json!({ "method": "DELETE", "path": DELETE, "times": 1, "after_effect": true, "reset": true }),
        json!({ "method": "DELETE", "path": DELETE, "times": 1, "status": 503 }),
    ] {
        let (host, pair, page) = confirm_with(&fault).await;
        assert_separate(&host, &pair, &page).await;
    }
}

#[tokio::test]
async fn s31_metadata_that_is_not_given_back_at_once_is_given_back() {
    for fault in [
        json!({ "method": "PATCH", "path": SEPARATED, "times": 2, "status": 500 }),
        json!({ "method": "PATCH", "path": SEPARATED, "times": 1, "after_effect": true, "reset": true }),
        json!({ "method": "PATCH", "path": PRIMARY, "times": 2, "status": 500 }),
        json!({ "method": "PATCH", "path": PRIMARY, "times": 1, "after_effect": true, "reset": true }),
        // The new account takes a moment to be there.
        json!({ "method": "GET", "path": SEPARATED, "times": 2, "status": 404, "body": { "statusCode": 404, "error": "Not Found", "message": "The user does not exist.", "errorCode": "inexistent_user" } }),
    ] {
        let (host, pair, page) = confirm_with(&fault).await;
        assert_separate(&host, &pair, &page).await;
    }
}

#[tokio::test]
async fn s31_a_key_that_the_tenant_does_not_store_any_more_keeps_no_other_from_being_given_back() {
    let (host, browser) = (Host::start().await, Browser::new());
    let mut odd = google();
    odd["user_metadata"]["old.name"] = json!(1);
    odd["app_metadata"]["email"] = json!("elsewhere@example.com");
    let pair = Pair::put(&host.tenant, "joan", own(), odd).await;
    let account = pair.join(&host, &browser).await;
    let review = browser
        .submit(&account.form(&format!("[data-identity={:?}]", pair.google)))
        .await;
    // Refused each time as a whole, until it is certain that it is for what it holds.
    let refused = json!([{ "method": "PATCH", "path": SEPARATED, "times": 3, "status": 400 }]);
    host.tenant.faults(refused).await;
    let page = flow::confirm(&browser, &review).await;
    assert_eq!(
        page.attributes("main", "data-stage"),
        ["separated"],
        "{}",
        page.readable()
    );
    let page = until_stage(&browser, &page, "unlinked").await;
    for path in ["user_metadata/old.name", "app_metadata/email"] {
        assert!(page.readable().contains(path), "{}", page.readable());
    }
    for field in ["user_metadata", "app_metadata"] {
        assert_eq!(bag(&host.tenant, &pair.google, field).await, google()[field]);
    }
    for (field, original) in [("user_metadata", own()), ("app_metadata", own())] {
        assert_eq!(bag(&host.tenant, &pair.own, field).await, original[field]);
    }
}

#[tokio::test]
async fn s31_a_refused_unlink_leaves_everything_linked() {
    let fault = json!({ "method": "DELETE", "path": DELETE, "status": 400 });
    let (host, pair, page) = confirm_with(&fault).await;
    assert_eq!(
        page.attributes("main", "data-stage"),
        ["refused"],
        "{}",
        page.readable()
    );
    let user = host.tenant.user(&pair.own).await.unwrap();
    assert_eq!(user["identities"].as_array().unwrap().len(), 2);
    assert_eq!(
        user["user_metadata"],
        json!({ "theme": "dark", "list": [1, 2], "font": "serif" })
    );
}

#[tokio::test]
async fn s31_an_unlink_of_a_linked_account_that_no_one_linked_here_says_so() {
    let (host, browser) = (Host::start().await, Browser::new());
    let account = flow::sign_in(&host, &browser, "hedy@example.com").await;
    let review = browser
        .submit(&account.form("[data-identity='google-oauth2|7001']"))
        .await;
    assert_eq!(review.texts("#nothing-to-restore").len(), 1, "{}", review.readable());
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), ["auth0|hedy"], "{}", account.readable());
    let patches = host.tenant.bodies("PATCH").await;
    assert!(patches.is_empty(), "{patches:?}");
}

#[tokio::test]
async fn s32_the_accounts_own_identity_cannot_be_unlinked() {
    let (host, browser) = (Host::start().await, Browser::new());
    let account = flow::join_google(&host, &browser).await;
    assert!(account.forms("[data-primary=true]").is_empty());
    let form = account.form("[data-identity='google-oauth2|1001']");
    let own = form.with("provider", "auth0").with("user_id", "ada");
    let refused = browser.submit(&own).await;
    assert_eq!(refused.message(), "primary-identity", "{}", refused.readable());
}

#[tokio::test]
async fn s33_after_an_unlink_nothing_links_again_by_itself() {
    let (host, browser) = (Host::start().await, Browser::new());
    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    let account = flow::confirm(&browser, &review).await;
    let unlink = browser
        .submit(&account.form("[data-identity='google-oauth2|1001']"))
        .await;
    flow::confirm(&browser, &unlink).await;
    let google = Browser::new();
    let page = flow::sign_in_through(&host, &google, "google-oauth2", "ada@example.com").await;
    assert_eq!(page.texts("#user-id"), ["google-oauth2|1001"]);
    host.tenant.forget_calls().await;
    // The old proof and the old confirmation are dead.
    let again = flow::confirm(&browser, &review).await;
    assert_eq!(
        linked(&browser.get(host.at("/user")).await),
        ["auth0|ada"],
        "{}",
        again.url
    );
    assert!(host.tenant.writes().await.is_empty());
}
