//! Unlinks that would lock someone out, or take what is not theirs.

use conjoin_tests::{Browser, Host, flow};
use serde_json::json;

use super::{ada, signed_in_as, thief};

#[tokio::test]
async fn a45_the_accounts_own_identity_cannot_be_unlinked() {
    let host = Host::start().await;
    let browser = Browser::new();
    let linked = flow::join_google(&host, &browser).await;
    assert!(
        linked.forms("[data-identity='auth0|ada']").is_empty(),
        "no button is offered"
    );
    let form = linked.form("[data-identity='google-oauth2|1001']");
    let before = host.tenant.holdings().await;
    host.tenant.forget_calls().await;
    let page = browser
        .submit_once(&form.clone().with("provider", "auth0").with("user_id", "ada"))
        .await;
    assert_eq!((page.status, page.message().as_str()), (409, "primary-identity"));
    let foreign = [
        ("auth0", "linus"),
        ("google-oauth2", "2001"),
        ("google-oauth2", "1001 "),
        ("GOOGLE-OAUTH2", "1001"),
        ("google-oauth2|1001", ""),
        ("", ""),
        ("auth0", "ada/../linus"),
        ("*", "*"),
        ("\0", "\0"),
    ];
    for (provider, user_id) in foreign {
        let page = browser
            .submit_once(&form.clone().with("provider", provider).with("user_id", user_id))
            .await;
        assert_eq!(
            (page.status, page.message().as_str()),
            (409, "not-linked"),
            "{provider:?} {user_id:?}"
        );
    }
    assert_eq!(host.tenant.holdings().await, before);
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a45_the_only_identity_of_an_account_cannot_be_unlinked() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let form = account.form("[data-offer=Google]");
    let unlink = conjoin_tests::Form {
        action: host.at("/unlink"),
        ..form
    };
    let page = browser
        .submit_once(&unlink.with("provider", "auth0").with("user_id", "ada"))
        .await;
    assert_eq!((page.status, page.message().as_str()), (409, "primary-identity"));
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a44_an_unlink_needs_a_sign_in_of_just_now() {
    let host = Host::start().await;
    host.tenant.switches(json!({ "skew_auth_time": -3600 })).await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "hedy@example.com").await;
    let form = account.form("[data-identity='google-oauth2|7001']");
    let asked = browser.submit_once(&form).await;
    let authorize = asked.location().unwrap();
    assert_eq!(authorize.path(), "/authorize");
    assert_eq!(super::parameter(&authorize, "max_age"), "0");
    // Somebody else's sign-in does not do.
    host.tenant.switches(json!({})).await;
    let callback = super::callback_url(&host, &browser, authorize, "grace@example.com").await;
    let page = browser.get_once(callback).await;
    assert_eq!((page.status, page.message().as_str()), (403, "other-person"));
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|hedy"));
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a25_a_confirmed_preview_cannot_be_confirmed_again_after_an_unlink() {
    let host = Host::start().await;
    let (browser, review) = super::ada_at_review(&host).await;
    let linked = flow::confirm(&browser, &review).await;
    let unlink = browser
        .submit(&linked.form("[data-identity='google-oauth2|1001']"))
        .await;
    assert_eq!(
        flow::confirm(&browser, &unlink).await.url.query(),
        Some("done=unlinked")
    );
    let before = host.tenant.holdings().await;
    host.tenant.forget_calls().await;
    for form in [review.form("#confirm"), unlink.form("#confirm")] {
        browser.submit_once(&form).await;
    }
    assert_eq!(host.tenant.holdings().await, before);
    assert!(
        host.tenant.writes().await.is_empty(),
        "what was done once is not done again"
    );
}

#[tokio::test]
async fn a25_a_second_proof_does_not_outlive_the_unlink() {
    let host = Host::start().await;
    let (browser, review) = super::ada_at_review(&host).await;
    let account = browser.get(host.at("/user")).await;
    let second = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    assert_eq!(second.name(), "link-review");
    let linked = flow::confirm(&browser, &review).await;
    let unlink = browser
        .submit(&linked.form("[data-identity='google-oauth2|1001']"))
        .await;
    assert_eq!(
        flow::confirm(&browser, &unlink).await.url.query(),
        Some("done=unlinked")
    );
    let before = host.tenant.holdings().await;
    host.tenant.forget_calls().await;
    flow::confirm(&browser, &second).await;
    assert_eq!(
        host.tenant.holdings().await,
        before,
        "a proof from before an unlink links nothing after it"
    );
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a25_no_proof_survives_logging_out() {
    let host = Host::start().await;
    let (browser, review) = super::ada_at_review(&host).await;
    let copy = thief(&host, &super::session_of(&host, &browser));
    let log_out = browser.get(host.at("/logout")).await.form("#confirm");
    browser.submit(&log_out).await;
    let page = copy.submit_once(&review.form("#confirm")).await;
    assert_eq!((page.status, page.message().as_str()), (403, "signed-out"));
    flow::sign_in(&host, &browser, "ada@example.com").await;
    assert_eq!(browser.get_once(review.url.clone()).await.status, 404);
    assert!(host.tenant.writes().await.is_empty());
}
