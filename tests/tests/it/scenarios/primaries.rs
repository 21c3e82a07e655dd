//! Which account survives, and what the session is afterwards.

use conjoin_tests::{Browser, Host, flow};
use serde_json::{Value, json};

use super::pairs::{bag, linked, offered, session_user};

const OLDEST: [&str; 2] = ["--settings", r#"{"primary":"oldest"}"#];

#[tokio::test]
async fn s07_the_primarys_sub_is_unchanged_and_both_ways_lead_to_it() {
    let host = Host::start().await;
    let browser = Browser::new();
    flow::join_google(&host, &browser).await;
    assert_eq!(session_user(&host, &browser).await, "auth0|ada");
    let other = Browser::new();
    let account = flow::sign_in_through(&host, &other, "google-oauth2", "ada@example.com").await;
    assert_eq!(account.texts("#user-id"), ["auth0|ada"]);
    assert_eq!(linked(&account), ["auth0|ada", "google-oauth2|1001"]);
}

#[tokio::test]
async fn s07_when_the_found_account_survives_the_session_becomes_its() {
    let host = Host::with(&OLDEST).await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "linus@example.com").await;
    let review = flow::prove(&browser, &account, "Google", "linus@example.com").await;
    assert_eq!(review.attributes("#survivor", "data-survivor"), ["found"]);
    assert_eq!(review.attributes("#primary", "data-user-id"), ["google-oauth2|2001"]);
    assert_eq!(review.attributes("#secondary", "data-user-id"), ["auth0|linus"]);

    let linked_page = flow::confirm(&browser, &review).await;
    assert_eq!(linked_page.url.path(), "/user", "{}", linked_page.readable());
    assert_eq!(linked_page.texts("#user-id"), ["google-oauth2|2001"]);
    assert_eq!(linked(&linked_page), ["google-oauth2|2001", "auth0|linus"]);
    assert!(host.tenant.user("auth0|linus").await.is_none());
    let merged = bag(&host.tenant, "google-oauth2|2001", "user_metadata").await;
    assert_eq!(
        merged,
        json!({ "shell": "zsh", "projects": ["kernel", "git"] }),
        "the survivor's value wins"
    );
}

#[tokio::test]
async fn s07_what_the_found_account_absorbed_can_be_unlinked_from_there() {
    let host = Host::with(&OLDEST).await;
    let browser = Browser::new();
    let metadata = async || {
        let mut bags: Vec<Value> = Vec::new();
        for user in ["auth0|linus", "google-oauth2|2001"] {
            for field in ["user_metadata", "app_metadata"] {
                bags.push(bag(&host.tenant, user, field).await);
            }
        }
        bags
    };
    let before = metadata().await;
    let account = flow::sign_in(&host, &browser, "linus@example.com").await;
    let review = flow::prove(&browser, &account, "Google", "linus@example.com").await;
    let account = flow::confirm(&browser, &review).await;

    let review = browser.submit(&account.form("[data-identity='auth0|linus']")).await;
    assert_eq!(review.name(), "unlink-review", "{}", review.readable());
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(account.texts("#user-id"), ["google-oauth2|2001"]);
    assert_eq!(linked(&account), ["google-oauth2|2001"]);
    assert_eq!(metadata().await, before);
}

#[tokio::test]
async fn s07_a_younger_found_account_does_not_survive() {
    let host = Host::with(&OLDEST).await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "linus@example.com").await;
    let review = flow::prove(&browser, &account, "GitHub", "linus@example.com").await;
    assert_eq!(review.attributes("#survivor", "data-survivor"), ["current"]);
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(account.texts("#user-id"), ["auth0|linus"]);
}

#[tokio::test]
async fn three_accounts_become_one() {
    let host = Host::start().await;
    let browser = Browser::new();
    flow::join_google(&host, &browser).await;
    let account = browser.get(host.at("/user")).await;
    assert_eq!(offered(&account), ["GitHub"]);
    let review = flow::prove(&browser, &account, "GitHub", "Ada@Example.com").await;
    assert_eq!(review.attributes("#survivor", "data-survivor"), ["current"]);
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), ["auth0|ada", "google-oauth2|1001", "github|1002"]);
    let app = bag(&host.tenant, "auth0|ada", "app_metadata").await;
    assert_eq!(app["roles"], json!(["Admin", "AppAdmin", "Contributor"]));
}

#[tokio::test]
async fn an_account_with_linked_identities_of_its_own_is_made_primary() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in_through(&host, &browser, "github", "hedy@example.com").await;
    assert_eq!(offered(&account), ["e-mail and password"]);
    let review = flow::prove(&browser, &account, "e-mail and password", "hedy@example.com").await;
    assert_eq!(review.attributes("#survivor", "data-survivor"), ["found"]);
    assert_eq!(
        review.attributes("#primary [data-identity]", "data-identity"),
        ["auth0|hedy", "google-oauth2|7001"],
        "all of its identities are shown"
    );
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(account.texts("#user-id"), ["auth0|hedy"]);
    assert_eq!(linked(&account), ["auth0|hedy", "google-oauth2|7001", "github|7002"]);
}

#[tokio::test]
async fn two_accounts_with_linked_identities_each_are_not_joined() {
    let host = Host::start().await;
    host.tenant.link("github|7002", "github", "2002").await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "hedy@example.com").await;
    let refused = flow::prove(&browser, &account, "GitHub", "hedy@example.com").await;
    assert_eq!(refused.message(), "secondary-has-identities", "{}", refused.readable());
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn in_an_organization_the_current_account_stays_and_the_proof_is_in_the_same_one() {
    const APOLLO: &str = "org_ApolloGuidance01";
    // The Google account is the younger one, so begin from there: by age alone the found one would survive.
    let host = Host::with(&OLDEST).await;
    let browser = Browser::new();
    host.tenant.forge(json!({ "org_id": APOLLO })).await;
    let account = flow::sign_in_through(&host, &browser, "google-oauth2", "hamilton@example.com").await;
    let sent = browser
        .submit_once(&account.form("[data-offer='e-mail and password']"))
        .await;
    let asked = sent.location().unwrap();
    let organization = asked.query_pairs().find(|(name, _)| name == "organization");
    assert_eq!(organization.unwrap().1, APOLLO);

    let at_tenant = browser.follow(sent).await;
    let review = flow::enter(&browser, &at_tenant, "hamilton@example.com").await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    assert_eq!(review.attributes("#survivor", "data-survivor"), ["current"]);
    assert_eq!(review.attributes("#primary", "data-user-id"), ["google-oauth2|5001"]);
}

#[tokio::test]
async fn a_proof_in_another_organization_links_nothing() {
    let host = Host::start().await;
    let browser = Browser::new();
    host.tenant.forge(json!({ "org_id": "org_ApolloGuidance01" })).await;
    let account = flow::sign_in(&host, &browser, "hamilton@example.com").await;
    let at_google = flow::choose(&browser, &account, "Google").await;
    host.tenant.forge(json!({ "org_id": "org_Another" })).await;
    let refused = flow::enter(&browser, &at_google, "hamilton@example.com").await;
    assert_eq!(refused.message(), "tenant-refused", "{}", refused.readable());
    assert!(host.tenant.writes().await.is_empty());
}
