//! What proves the other account, and what does not.

use std::time::{SystemTime, UNIX_EPOCH};

use conjoin_tests::{Browser, Host, Page, Tenant, flow};
use serde_json::{Value, json};
use url::Url;

use super::pairs::{Pair, account, linked, second_factor, session_user};

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

async fn choose_google(host: &Host, browser: &Browser) -> Page {
    let account = flow::sign_in(host, browser, "ada@example.com").await;
    flow::choose(browser, &account, "Google").await
}

async fn assert_nothing_written(tenant: &Tenant) {
    let writes = tenant.writes().await;
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn s08_another_account_at_the_proof_links_nothing_and_the_session_stays() {
    let host = Host::start().await;
    let browser = Browser::new();
    let at_google = choose_google(&host, &browser).await;
    let refused = flow::enter(&browser, &at_google, "linus@example.com").await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (403, "wrong-account"),
        "{}",
        refused.readable()
    );
    assert_nothing_written(&host.tenant).await;
    assert_eq!(session_user(&host, &browser).await, "auth0|ada");
}

#[tokio::test]
async fn s08_after_another_account_the_next_sign_in_asks_who() {
    let host = Host::start().await;
    let browser = Browser::new();
    let before = browser.get_once(host.at("/login")).await.location().unwrap();
    assert_eq!(parameter(&before, "prompt"), None);
    let at_google = choose_google(&host, &browser).await;
    flow::enter(&browser, &at_google, "linus@example.com").await;
    let after = browser.get_once(host.at("/login")).await.location().unwrap();
    assert_eq!(
        parameter(&after, "prompt").as_deref(),
        Some("login"),
        "the tenant's single sign-on is Linus'"
    );
}

#[tokio::test]
async fn s09_an_account_that_became_part_of_a_third_one_belongs_to_another() {
    let host = Host::start().await;
    let browser = Browser::new();
    let at_google = choose_google(&host, &browser).await;
    host.tenant.link("auth0|grace", "google-oauth2", "1001").await;
    let before = host.tenant.holdings().await;
    let refused = flow::enter(&browser, &at_google, "ada@example.com").await;
    assert_eq!(refused.message(), "belongs-to-another", "{}", refused.readable());
    assert_nothing_written(&host.tenant).await;
    assert_eq!(host.tenant.holdings().await, before);
    assert_eq!(session_user(&host, &browser).await, "auth0|ada");
}

#[tokio::test]
async fn s09_an_account_that_became_part_of_a_third_one_after_the_preview_belongs_to_another() {
    let host = Host::start().await;
    let browser = Browser::new();
    let at_google = choose_google(&host, &browser).await;
    let review = flow::enter(&browser, &at_google, "ada@example.com").await;
    host.tenant.link("auth0|grace", "google-oauth2", "1001").await;
    let refused = flow::confirm(&browser, &review).await;
    assert_eq!(refused.message(), "belongs-to-another", "{}", refused.readable());
    assert_nothing_written(&host.tenant).await;
}

#[tokio::test]
async fn s10_an_account_that_became_part_of_this_one_is_already_linked() {
    let host = Host::start().await;
    let browser = Browser::new();
    let at_google = choose_google(&host, &browser).await;
    host.tenant.link("auth0|ada", "google-oauth2", "1001").await;
    let told = flow::enter(&browser, &at_google, "ada@example.com").await;
    assert_eq!(told.message(), "already-linked", "{}", told.readable());
    assert_nothing_written(&host.tenant).await;
}

#[tokio::test]
async fn s10_choosing_again_what_is_linked_says_so_and_merges_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    flow::confirm(&browser, &review).await;
    host.tenant.forget_calls().await;
    // The page that was open before still has the button.
    let told = flow::choose(&browser, &account, "Google").await;
    assert_eq!(told.message(), "already-linked", "{}", told.readable());
    assert_eq!(told.hops.len(), 1);
    assert_nothing_written(&host.tenant).await;
}

#[tokio::test]
async fn s10_confirming_again_changes_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    flow::confirm(&browser, &review).await;
    let before = host.tenant.holdings().await;
    host.tenant.forget_calls().await;
    let again = flow::confirm(&browser, &review).await;
    assert_eq!(again.url.path(), "/user", "{}", again.readable());
    assert_eq!(linked(&again), ["auth0|ada", "google-oauth2|1001"]);
    assert_nothing_written(&host.tenant).await;
    assert_eq!(host.tenant.holdings().await, before);
}

#[tokio::test]
async fn s11_cancelling_at_the_tenant_drops_the_link() {
    let host = Host::start().await;
    let browser = Browser::new();
    let at_google = choose_google(&host, &browser).await;
    let cancel = at_google.attributes("a[href^='/u/cancel']", "href").concat();
    let back = browser.get(at_google.url.join(&cancel).unwrap()).await;
    assert_eq!(
        (back.status, back.message().as_str()),
        (200, "cancelled"),
        "{}",
        back.readable()
    );
    assert_nothing_written(&host.tenant).await;
    // The same answer once more belongs to no sign-in any longer.
    let again = browser.get(back.url.clone()).await;
    assert_eq!(again.message(), "stray-sign-in", "{}", again.readable());
    assert_eq!(session_user(&host, &browser).await, "auth0|ada");
}

#[tokio::test]
async fn s11_cancelling_is_recorded_as_the_persons_doing_and_a_new_attempt_works() {
    let host = Host::start().await;
    let browser = Browser::new();
    let at_google = choose_google(&host, &browser).await;
    let cancel = at_google.attributes("a[href^='/u/cancel']", "href").concat();
    browser.get(at_google.url.join(&cancel).unwrap()).await;
    let account = browser.get(host.at("/user")).await;
    let review = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
}

/// Proves Ada's Google account with these claims forged into the ID token; what the host says.
async fn prove_forged(host: &Host, browser: &Browser, claims: Value) -> String {
    let account = browser.get(host.at("/user")).await;
    let at_google = flow::choose(browser, &account, "Google").await;
    host.tenant.forge(claims).await;
    flow::enter(browser, &at_google, "ada@example.com").await.message()
}

#[tokio::test]
async fn s14_a_sign_in_that_is_not_fresh_proves_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    flow::sign_in(&host, &browser, "ada@example.com").await;
    let cases = [
        ("stale", json!(now() - 3600), "not-fresh"),
        ("an epoch ago, which is a value", json!(0), "not-fresh"),
        ("negative", json!(-1), "not-fresh"),
        ("future", json!(now() + 3600), "not-fresh"),
        ("absent", Value::Null, "no-auth-time"),
        ("text", json!(now().to_string()), "tenant-refused"),
        ("a fraction", json!(1.5), "tenant-refused"),
        ("a list", json!([now()]), "tenant-refused"),
    ];
    for (name, auth_time, message) in cases {
        let said = prove_forged(&host, &browser, json!({ "auth_time": auth_time })).await;
        assert_eq!(said, message, "{name}");
    }
    assert_nothing_written(&host.tenant).await;
    assert_eq!(session_user(&host, &browser).await, "auth0|ada");
}

#[tokio::test]
async fn s14_the_proof_is_asked_for_with_max_age_0_and_prompt_login() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    let sent = browser.submit_once(&account.form("[data-offer='Google']")).await;
    let authorize = sent.location().unwrap();
    for (name, value) in [
        ("max_age", "0"),
        ("prompt", "login"),
        ("connection", "google-oauth2"),
        ("login_hint", "ada@example.com"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&authorize, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(
        parameter(&authorize, "redirect_uri").unwrap(),
        host.at("/link/callback").as_str()
    );
}

#[tokio::test]
async fn an_unverified_claim_proves_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    flow::sign_in(&host, &browser, "ada@example.com").await;
    for claim in [json!(false), Value::Null, json!("false")] {
        let said = prove_forged(&host, &browser, json!({ "email_verified": claim })).await;
        assert_eq!(said, "unverified", "{claim}");
    }
    assert_nothing_written(&host.tenant).await;
}

#[tokio::test]
async fn s13_a_target_with_a_second_factor_is_not_proven_by_the_first() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in_through(&host, &browser, "google-oauth2", "rivest@example.com").await;
    let second = flow::prove(&browser, &account, "e-mail and password", "rivest@example.com").await;
    assert_eq!(second.url.path(), "/u/second-factor");
    assert_nothing_written(&host.tenant).await;
    let wrong = second.form(":has(input[name=code])").with("code", "nonsense");
    let asked_again = browser.submit(&wrong).await;
    assert_eq!(asked_again.name(), "", "still at the tenant");
    let review = second_factor(&browser, asked_again).await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
}

#[tokio::test]
async fn an_account_blocked_before_its_proof_links_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    let at_google = choose_google(&host, &browser).await;
    host.tenant
        .change_user("google-oauth2|1001", json!({ "blocked": true }))
        .await;
    let refused = flow::enter(&browser, &at_google, "ada@example.com").await;
    assert_eq!(refused.name(), "message", "{}", refused.readable());
    assert_nothing_written(&host.tenant).await;
}

#[tokio::test]
async fn a_session_whose_account_is_blocked_meanwhile_links_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    let at_google = choose_google(&host, &browser).await;
    host.tenant.change_user("auth0|ada", json!({ "blocked": true })).await;
    let refused = flow::enter(&browser, &at_google, "ada@example.com").await;
    assert_eq!(refused.message(), "blocked", "{}", refused.readable());
    assert_nothing_written(&host.tenant).await;
}

#[tokio::test]
async fn a05_an_address_that_differs_by_the_time_of_the_proof_links_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = Pair::put(&host.tenant, "joan", json!({}), json!({})).await;
    let page = pair.sign_in(&host, &browser).await;
    let at_google = flow::choose(&browser, &page, "Google").await;
    let moved = account(&pair.google, "joan@elsewhere.example", json!({}));
    host.tenant.put_user(&moved).await;
    let refused = flow::enter(&browser, &at_google, "joan@elsewhere.example").await;
    assert_eq!(refused.message(), "email-differs", "{}", refused.readable());
    assert_nothing_written(&host.tenant).await;
}
