//! Linked and taken apart more than once, and in any order.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::{Value, json};

use super::pairs::{Pair, bag, linked};

/// Unlinks an identity that the account page lists.
async fn unlink(browser: &Browser, account: &Page, identity: &str) -> Page {
    let review = flow::review_unlink(browser, account, identity, "ada@example.com").await;
    assert_eq!(review.name(), "unlink-review", "{}", review.readable());
    let account = flow::confirm(browser, &review).await;
    assert_eq!(account.url.path(), "/user", "{}", account.readable());
    account
}

async fn ada(host: &Host) -> Vec<Value> {
    let mut bags = Vec::new();
    for user in ["auth0|ada", "google-oauth2|1001", "github|1002"] {
        if host.tenant.user(user).await.is_some() {
            bags.push(bag(&host.tenant, user, "user_metadata").await);
            bags.push(bag(&host.tenant, user, "app_metadata").await);
        }
    }
    bags
}

/// Ada links Google, then GitHub.
async fn three_in_one(host: &Host, browser: &Browser) -> Page {
    flow::join_google(host, browser).await;
    let account = browser.get(host.at("/user")).await;
    let review = flow::prove(browser, &account, "GitHub", "Ada@Example.com").await;
    flow::confirm(browser, &review).await
}

#[tokio::test]
async fn s31_three_accounts_come_apart_in_reverse_order_as_they_were() {
    let (host, browser) = (Host::start().await, Browser::new());
    let before = ada(&host).await;
    let account = three_in_one(&host, &browser).await;
    let account = unlink(&browser, &account, "github|1002").await;
    assert_eq!(linked(&account), ["auth0|ada", "google-oauth2|1001"]);
    let account = unlink(&browser, &account, "google-oauth2|1001").await;
    assert_eq!(linked(&account), ["auth0|ada"]);
    assert_eq!(ada(&host).await, before);
}

#[tokio::test]
async fn s31_out_of_order_each_account_gets_its_own_back_and_what_was_built_upon_is_reported() {
    let (host, browser) = (Host::start().await, Browser::new());
    let before = ada(&host).await;
    let account = three_in_one(&host, &browser).await;
    let review = browser
        .submit(&account.form("[data-identity='google-oauth2|1001']"))
        .await;
    assert_eq!(review.texts("[data-list=stays] li"), ["app_metadata/roles"]);
    let account = flow::confirm(&browser, &review).await;
    unlink(&browser, &account, "github|1002").await;
    let after = ada(&host).await;
    assert_eq!(after[0], before[0], "Ada's user_metadata");
    assert_eq!(after[2..], before[2..], "Google's and GitHub's");
    let mut app = before[1].clone();
    app["roles"] = json!(["Admin", "AppAdmin"]);
    assert_eq!(after[1], app, "what was reported stays, and nothing else");
}

#[tokio::test]
async fn s31_linking_again_after_an_unlink_merges_as_the_first_time() {
    let (host, browser) = (Host::start().await, Browser::new());
    let before = ada(&host).await;
    let account = flow::join_google(&host, &browser).await;
    let first = ada(&host).await;
    let account = unlink(&browser, &account, "google-oauth2|1001").await;
    let ada_s = "ada@example.com";
    let review = flow::prove_after_unlink(&browser, &account, "Google", ada_s, ada_s).await;
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(ada(&host).await, first);
    unlink(&browser, &account, "google-oauth2|1001").await;
    assert_eq!(ada(&host).await, before);
}

#[tokio::test]
async fn s31_an_unlink_uses_no_record_of_a_link_that_was_undone_before() {
    let (host, browser) = (Host::start().await, Browser::new());
    let own = json!({ "user_metadata": { "theme": "dark" } });
    let pair = Pair::put(
        &host.tenant,
        "joan",
        own,
        json!({ "user_metadata": { "font": "serif" } }),
    )
    .await;
    let account = pair.join(&host, &browser).await;
    unlink(&browser, &account, &pair.google).await;
    // Later she chose that font herself, and another application linked the accounts.
    let chosen = json!({ "user_metadata": { "theme": "dark", "font": "serif" } });
    host.tenant.change_user(&pair.own, chosen.clone()).await;
    host.tenant.link(&pair.own, "google-oauth2", "joan").await;

    let account = browser.get(host.at("/user")).await;
    let review = flow::review_unlink(&browser, &account, &pair.google, &pair.email).await;
    assert_eq!(review.texts("#nothing-to-restore").len(), 1, "{}", review.readable());
    flow::confirm(&browser, &review).await;
    assert_eq!(
        bag(&host.tenant, &pair.own, "user_metadata").await,
        chosen["user_metadata"]
    );
    assert_eq!(bag(&host.tenant, &pair.google, "user_metadata").await, json!({}));
}
