//! Who is offered, and who is not.

use conjoin_tests::{Browser, Host, Page, Tenant, flow};
use serde_json::json;

use super::pairs::{Pair, account, offered};

/// The requests that search for people.
async fn searches(tenant: &Tenant) -> Vec<String> {
    let calls = tenant.calls().await;
    let paths = calls
        .iter()
        .map(|call| call["path"].as_str().unwrap_or_default().to_owned());
    paths
        .filter(|path| path.contains("users-by-email") || path.starts_with("/api/v2/users?"))
        .collect()
}

fn kind(account: &Page) -> String {
    account.attributes("#offers", "data-offers").concat()
}

#[tokio::test]
async fn s01_exactly_the_other_verified_account_is_offered() {
    let host = Host::start().await;
    let pair = Pair::put(&host.tenant, "joan", json!({}), json!({})).await;
    let account = pair.sign_in(&host, &Browser::new()).await;
    assert_eq!(offered(&account), ["Google"], "not the account itself");
}

#[tokio::test]
async fn s01_someone_without_another_account_is_offered_none() {
    let host = Host::start().await;
    let account = flow::sign_in(&host, &Browser::new(), "grace@example.com").await;
    assert_eq!(kind(&account), "none");
}

#[tokio::test]
async fn s02_with_an_unverified_address_nothing_is_searched_or_offered() {
    let host = Host::start().await;
    let account = flow::sign_in(&host, &Browser::new(), "eve@example.com").await;
    assert_eq!(kind(&account), "unverified");
    assert!(offered(&account).is_empty());
    let searches = searches(&host.tenant).await;
    assert!(searches.is_empty(), "{searches:?}");
}

#[tokio::test]
async fn s03_an_unverified_match_is_not_offered() {
    let host = Host::start().await;
    Pair::put(&host.tenant, "joan", json!({}), json!({ "email_verified": false })).await;
    let account = flow::sign_in(&host, &Browser::new(), "joan@example.com").await;
    assert_eq!(kind(&account), "none");
}

#[tokio::test]
async fn s03_a_request_for_an_account_that_is_unverified_by_now_is_refused() {
    let host = Host::start().await;
    let browser = Browser::new();
    let pair = Pair::put(&host.tenant, "joan", json!({}), json!({})).await;
    let account = pair.sign_in(&host, &browser).await;
    host.tenant
        .change_user(&pair.google, json!({ "email_verified": false }))
        .await;
    let refused = flow::choose(&browser, &account, "Google").await;
    assert_eq!(refused.message(), "not-offered", "{}", refused.readable());
    assert_eq!(refused.hops.len(), 1, "without a redirect to the tenant");
}

#[tokio::test]
async fn s03_a_request_that_names_an_account_itself_is_refused() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    let form = account.form("[data-offer='Google']");
    for candidate in ["facebook|1003", "google-oauth2|1001", "auth0|ada", "auth0|grace", ""] {
        let refused = browser.submit(&form.clone().with("candidate", candidate)).await;
        assert_eq!(refused.message(), "not-offered", "{candidate}: {}", refused.readable());
        assert_eq!(refused.hops.len(), 1, "{candidate}");
    }
}

#[tokio::test]
async fn s04_addresses_match_whatever_their_case() {
    let host = Host::start().await;
    let people = [
        account("auth0|john", "john.doe@example.com", json!({})),
        account("google-oauth2|john", "John.Doe@Example.com", json!({})),
    ];
    for user in &people {
        host.tenant.put_user(user).await;
    }
    let account = flow::sign_in(&host, &Browser::new(), "john.doe@example.com").await;
    assert_eq!(offered(&account), ["Google"]);
    let account = flow::sign_in_through(&host, &Browser::new(), "google-oauth2", "John.Doe@Example.com").await;
    assert_eq!(offered(&account), ["e-mail and password"]);
}

#[tokio::test]
async fn s05_an_address_with_special_characters_finds_only_its_own() {
    let host = Host::start().await;
    let addresses = [
        ("plus", "a+b@example.com"),
        ("space", "a b@example.com"),
        ("short", "ab@example.com"),
        ("quote", "a\"b@example.com"),
        ("star", "a*@example.com"),
        ("percent", "a%2Bb@example.com"),
        ("backslash", "a\\b@example.com"),
        ("ampersand", "a&q=b@example.com"),
        ("or", "x\" OR email:*@example.com"),
    ];
    // Each address has another connection on its other account, so that a mixed-up search shows.
    for (name, email) in addresses {
        host.tenant
            .put_user(&account(&format!("auth0|{name}"), email, json!({})))
            .await;
    }
    let lone = flow::sign_in(&host, &Browser::new(), "ab@example.com").await;
    assert_eq!(kind(&lone), "none");
    for (name, email) in addresses {
        let google = format!("google-oauth2|{name}");
        host.tenant.put_user(&account(&google, email, json!({}))).await;
        let browser = Browser::new();
        let page = flow::sign_in(&host, &browser, email).await;
        assert_eq!(offered(&page), ["Google"], "{email}");
        let review = flow::prove(&browser, &page, "Google", email).await;
        assert_eq!(
            review.attributes("#secondary", "data-user-id"),
            [google],
            "{email}: {}",
            review.readable()
        );
    }
}

#[tokio::test]
async fn s06_two_matches_are_listed_in_a_stable_order_by_connection() {
    let host = Host::start().await;
    let browser = Browser::new();
    let first = offered(&flow::sign_in(&host, &browser, "linus@example.com").await);
    assert_eq!(first, ["GitHub", "Google"]);
    for _ in 0..3 {
        assert_eq!(offered(&browser.get(host.at("/user")).await), first);
    }
    let elsewhere = flow::sign_in(&host, &Browser::new(), "linus@example.com").await;
    assert_eq!(offered(&elsewhere), first);
}

#[tokio::test]
async fn s06_nothing_of_an_unproven_account_is_shown() {
    let host = Host::start().await;
    let account = flow::sign_in(&host, &Browser::new(), "ada@example.com").await;
    assert_eq!(offered(&account), ["GitHub", "Google"]);
    let of_the_others = [
        "google-oauth2|1001",
        "github|1002",
        "facebook|1003",
        "Ada L.",
        "ada-l",
        "onboarded",
        "favorites",
        "W1J 7QY",
        "AppAdmin",
        "Contributor",
        "vim",
        "friends",
        "Ada@Example.com",
    ];
    for text in of_the_others {
        assert!(!account.text.contains(text), "{text} is shown:\n{}", account.text);
    }
}

#[tokio::test]
async fn a_blocked_match_is_not_offered() {
    let host = Host::start().await;
    let page = flow::sign_in_through(&host, &Browser::new(), "google-oauth2", "mallory@example.com").await;
    assert_eq!(kind(&page), "none");
}

#[tokio::test]
async fn a06_a_match_of_a_connection_that_is_not_trusted_is_not_offered() {
    let host = Host::start().await;
    // `acme` and `workforce` are not among the connections that `dev` trusts.
    for email in ["hopper@example.com", "turing@example.com"] {
        let page = flow::sign_in(&host, &Browser::new(), email).await;
        assert_eq!(kind(&page), "none", "{email}");
    }
    host.tenant.forget_calls().await;
    let page = flow::sign_in_through(&host, &Browser::new(), "acme", "hopper@example.com").await;
    assert_eq!(kind(&page), "none");
    let searches = searches(&host.tenant).await;
    assert!(searches.is_empty(), "nothing is searched from there: {searches:?}");
}
