//! The main job: sign in, see the offer, prove, preview, link, unlink.

use conjoin_tests::{Browser, Host, flow};
use serde_json::json;

#[tokio::test]
async fn s07_ada_links_her_google_account_and_takes_it_apart_again() {
    let host = Host::start().await;
    let browser = Browser::new();
    let before = [
        host.tenant.user("auth0|ada").await.unwrap(),
        host.tenant.user("google-oauth2|1001").await.unwrap(),
    ];

    let account = flow::sign_in(&host, &browser, "ada@example.com").await;
    assert_eq!(
        account.attributes("[data-offer]", "data-offer"),
        ["GitHub", "Google"],
        "not the unverified Facebook account"
    );

    let at_google = flow::choose(&browser, &account, "Google").await;
    assert!(
        at_google.url.as_str().starts_with(host.tenant.url.as_str()),
        "its own sign-in is asked for"
    );
    let review = flow::enter(&browser, &at_google, "ada@example.com").await;
    assert_eq!(review.name(), "link-review");
    assert_eq!(
        review.attributes("[data-row='user_metadata/theme']", "data-fate"),
        ["primary-wins"]
    );
    assert!(
        host.tenant.writes().await.is_empty(),
        "nothing is written before the confirmation"
    );

    let linked = flow::confirm(&browser, &review).await;
    assert_eq!(linked.url.path(), "/user");
    assert_eq!(
        linked.attributes("#linked [data-identity]", "data-identity"),
        ["auth0|ada", "google-oauth2|1001"]
    );
    let ada = host.tenant.user("auth0|ada").await.unwrap();
    assert_eq!(ada["identities"].as_array().unwrap().len(), 2);
    assert_eq!(ada["app_metadata"]["roles"], json!(["Admin", "AppAdmin"]));
    assert!(host.tenant.user("google-oauth2|1001").await.is_none());

    let review = browser
        .submit(&linked.form("[data-identity='google-oauth2|1001']"))
        .await;
    assert_eq!(review.name(), "unlink-review");
    let separate = flow::confirm(&browser, &review).await;
    assert_eq!(
        separate.attributes("#linked [data-identity]", "data-identity"),
        ["auth0|ada"]
    );
    for user in before {
        let after = host.tenant.user(user["user_id"].as_str().unwrap()).await.unwrap();
        assert_eq!(after["user_metadata"], user["user_metadata"]);
        assert_eq!(after["app_metadata"], user["app_metadata"]);
    }
}
