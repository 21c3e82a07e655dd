//! Sessions that somebody else holds, and what a link or unlink does to them.

use conjoin_tests::{Browser, Host, Page, TenantProcess, flow, free_port};
use serde_json::json;
use url::Url;

use super::{ada, ada_at_review, authorize_url, parameter, signed_in_as, thief};
use crate::scenarios::until_stage;

/// Asks the tenant, with whatever session a browser has there, who is signed in; `login_required` when nobody is.
async fn silently(host: &Host, browser: &Browser) -> Result<(), String> {
    let login = browser
        .get_once(host.at("/login"))
        .await
        .location()
        .expect("a redirect");
    let mut silent = login.clone();
    silent.query_pairs_mut().append_pair("prompt", "none");
    let page: Page = browser.get_once(silent).await;
    let back: Url = page
        .location()
        .unwrap_or_else(|| panic!("no redirect: {}", page.readable()));
    match back.query_pairs().find(|(name, _)| name == "error") {
        Some((_, error)) => Err(error.into_owned()),
        None => Ok(()),
    }
}

#[tokio::test]
async fn a04_a_strangers_session_at_the_joined_account_does_not_come_to_lead_to_both() {
    let host = Host::start().await;
    // Somebody has a session at the Google account: at the tenant and here.
    let stranger = Browser::new();
    flow::sign_in_through(&host, &stranger, "google-oauth2", "ada@example.com").await;
    assert_eq!(silently(&host, &stranger).await, Ok(()));
    let (browser, review) = ada_at_review(&host).await;
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(account.url.query(), Some("done=linked"), "{}", account.readable());
    assert_eq!(
        silently(&host, &stranger).await,
        Err("login_required".to_owned()),
        "the tenant's session is gone"
    );
    assert_eq!(signed_in_as(&host, &stranger).await, None, "and ours");
    // The primary's own sessions go on.
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
}

#[tokio::test]
async fn a04_s32_sessions_that_came_by_a_separated_identity_end_with_the_unlink() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    let account = flow::confirm(&browser, &review).await;
    // Somebody signs in to the joined account by Google, in another browser.
    let other = Browser::new();
    flow::sign_in_through(&host, &other, "google-oauth2", "ada@example.com").await;
    assert_eq!(signed_in_as(&host, &other).await.as_deref(), Some("auth0|ada"));
    let unlink = browser
        .submit(&account.form("[data-identity='google-oauth2|1001']"))
        .await;
    let page = flow::confirm(&browser, &unlink).await;
    assert_eq!(page.url.query(), Some("done=unlinked"), "{}", page.readable());
    assert_eq!(silently(&host, &other).await, Err("login_required".to_owned()));
    assert_eq!(signed_in_as(&host, &other).await, None);
    assert_eq!(
        signed_in_as(&host, &browser).await.as_deref(),
        Some("auth0|ada"),
        "the present one sees the end"
    );
}

#[tokio::test]
async fn a04_where_the_tenants_plan_does_not_end_sessions_the_page_says_so() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    let account = flow::confirm(&browser, &review).await;
    let unlink = browser
        .submit(&account.form("[data-identity='google-oauth2|1001']"))
        .await;
    let refusal =
        serde_json::json!([{ "method": "DELETE", "path": "/api/v2/users/auth0|ada/sessions", "status": 403 }]);
    host.tenant.faults(refusal).await;
    let page = flow::confirm(&browser, &unlink).await;
    assert_eq!(
        page.attributes("main", "data-stage"),
        ["unlinked"],
        "{}",
        page.readable()
    );
    assert!(page.readable().contains("could not be ended"), "{}", page.readable());
}

#[tokio::test]
async fn a25_after_an_unlink_the_sign_in_before_it_counts_for_nothing() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    let account = flow::confirm(&browser, &review).await;
    let unlink = browser
        .submit(&account.form("[data-identity='google-oauth2|1001']"))
        .await;
    flow::confirm(&browser, &unlink).await;
    // Choosing an account leads to a new sign-in to one's own first, and only then to the other.
    let account = browser.get(host.at("/user")).await;
    let sent = authorize_url(&browser, &account, "GitHub").await;
    assert!(parameter(&sent, "redirect_uri").ends_with("/callback"), "{sent}");
    assert!(!parameter(&sent, "redirect_uri").ends_with("/link/callback"), "{sent}");
    assert_eq!(parameter(&sent, "prompt"), "login");
}

#[tokio::test]
async fn a04_a_session_of_an_account_that_is_gone_ends() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    host.tenant.link("google-oauth2|1001", "auth0", "ada").await;
    let page = browser.get_once(host.at("/user")).await;
    assert_eq!(
        (page.status, page.message().as_str()),
        (404, "account-gone"),
        "{}",
        page.readable()
    );
    assert_eq!(
        browser.get_once(host.at("/user")).await.location(),
        Some(host.at("/login"))
    );
}

/// Every look at the linked account fails, so that the link is finished by the host itself, after the browser's answer.
const LOOK: &str = "/api/v2/users/auth0|ada";

#[tokio::test]
async fn a04_a_strangers_session_ends_with_the_link_whoever_finishes_it() {
    let host = Host::start().await;
    let stranger = Browser::new();
    flow::sign_in_through(&host, &stranger, "google-oauth2", "ada@example.com").await;
    let (browser, review) = ada_at_review(&host).await;
    // The preview is confirmed by one read, the last look takes the second.
    let fault = json!([{ "method": "GET", "path": LOOK, "skip": 2, "status": 503 }]);
    host.tenant.faults(fault).await;
    let page = flow::confirm(&browser, &review).await;
    assert_eq!(page.attributes("main", "data-stage"), ["linked"], "{}", page.readable());
    host.tenant.faults(json!([])).await;
    let page = until_stage(&browser, &page, "done").await;
    assert!(page.readable().contains("are linked"), "{}", page.readable());
    assert_eq!(signed_in_as(&host, &stranger).await, None);
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
}

#[tokio::test]
async fn a04_a_session_that_was_left_at_the_joined_account_leads_nowhere_after_an_unlink() {
    let host = Host::with(&["--settings", r#"{"primary":"oldest"}"#]).await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "linus@example.com").await;
    let review = flow::prove(&browser, &account, "Google", "linus@example.com").await;
    assert_eq!(review.attributes("#survivor", "data-survivor"), ["found"]);
    // The browser goes away before the answer, and so does not see that its account is another one now.
    let old = thief(&host, &super::session_of(&host, &browser));
    let confirmation = review.form("#confirm");
    let pressed = tokio::spawn(async move { browser.submit_once(&confirmation).await });
    host.tenant.until_gone("auth0|linus").await;
    pressed.abort();
    let other = Browser::new();
    let account = flow::sign_in_through(&host, &other, "google-oauth2", "linus@example.com").await;
    let unlink = flow::review_unlink(&other, &account, "auth0|linus", "linus@example.com").await;
    let page = flow::confirm(&other, &unlink).await;
    assert_eq!(page.url.query(), Some("done=unlinked"), "{}", page.readable());
    old.get(review.url.clone()).await;
    assert_ne!(signed_in_as(&host, &old).await.as_deref(), Some("google-oauth2|2001"));
}

#[tokio::test]
async fn a25_the_tenants_own_session_does_not_make_a_spent_sign_in_good_again() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    flow::confirm(&browser, &review).await;
    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    let unlink = browser
        .submit(&account.form("[data-identity='google-oauth2|1001']"))
        .await;
    // So that the tenant's session is there still.
    let refusal = json!([{ "method": "DELETE", "path": "/api/v2/users/auth0|ada/sessions", "status": 403 }]);
    host.tenant.faults(refusal).await;
    flow::confirm(&browser, &unlink).await;
    // An ordinary sign-in, answered without a password, is from before the unlink: the tenant is asked once more, for a password.
    let form = browser.get(host.at("/login")).await;
    assert_ne!(form.url, host.at("/user"), "{}", form.readable());
    let account = flow::enter(&browser, &form, "ada@example.com").await;
    assert_eq!(account.url, host.at("/user"), "{}", account.readable());
    // A tenant that has it still is not asked for ever, and the old sign-in leads to no session and no proof.
    host.tenant.switches(json!({ "skew_auth_time": -3600 })).await;
    let other = Browser::new();
    let form = other.get(host.at("/login")).await;
    let again = flow::enter(&other, &form, "ada@example.com").await;
    let page = flow::enter(&other, &again, "ada@example.com").await;
    assert_eq!(
        (page.status, page.message().as_str()),
        (403, "proof-spent"),
        "{}",
        page.readable()
    );
    assert_eq!(signed_in_as(&host, &other).await, None);
}

#[tokio::test]
async fn a22_a_session_of_one_tenant_means_nothing_to_another_on_the_same_database() {
    let tenant = TenantProcess::start();
    let host = tenant.host(tempfile::tempdir().unwrap(), free_port(), "");
    let (browser, _) = ada(&host).await;
    let cookie = super::session_of(&host, &browser);
    let other = tenant.host_of(&host, "other", free_port());
    let copy = thief(&other, &cookie);
    assert_eq!(signed_in_as(&other, &copy).await, None);
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
}
