//! Sign-ins that nobody made just now.

use conjoin_tests::{Browser, Host, Page, TenantProcess, flow, free_port};
use serde_json::{Value, json};

use super::{ada, authorize_url, callback_url, signed_in_as, with_parameters};

async fn assert_refused(host: &Host, page: &Page, message: &str, what: &str) {
    assert_eq!(
        (page.status, page.message().as_str()),
        (403, message),
        "{what}: {}",
        page.readable()
    );
    assert!(host.tenant.writes().await.is_empty(), "{what}");
}

#[tokio::test]
async fn a16_an_older_single_sign_on_session_proves_nothing_when_the_browser_strips_the_request() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    // Signed in to Google at the tenant, as someone else's open browser would be.
    let first = authorize_url(&browser, &account, "Google").await;
    callback_url(&host, &browser, first, "ada@example.com").await;
    // That was ten minutes ago.
    host.tenant.switches(json!({ "skew_auth_time": -600 })).await;

    let strips: [&[(&str, Option<&str>)]; 3] = [
        &[("prompt", None), ("max_age", None)],
        &[("prompt", None), ("max_age", Some("86400"))],
        &[("prompt", Some("none")), ("max_age", Some("86400"))],
    ];
    for strip in strips {
        let authorize = authorize_url(&browser, &account, "Google").await;
        let answered = browser.get_once(with_parameters(&authorize, strip)).await;
        let callback = browser.follow_until(answered, &host.url).await;
        assert!(
            callback.query().unwrap().contains("code="),
            "answered without asking: {callback}"
        );
        let page = browser.get_once(callback).await;
        let message = if strip[1].1.is_none() {
            "no-auth-time"
        } else {
            "not-fresh"
        };
        assert_refused(&host, &page, message, &format!("{strip:?}")).await;
    }
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
}

#[tokio::test]
async fn a16_the_repeated_sign_in_must_be_new_as_well() {
    let host = Host::start().await;
    host.tenant.switches(json!({ "skew_auth_time": -3600 })).await;
    let (browser, account) = ada(&host).await;
    let authorize = authorize_url(&browser, &account, "Google").await;
    let silent = with_parameters(&authorize, &[("prompt", None), ("max_age", Some("86400"))]);
    let answered = browser.get_once(silent).await;
    let callback = browser.follow_until(answered, &host.url).await;
    assert_eq!(callback.path(), "/callback", "the own account first");
    let page = browser.get_once(callback).await;
    assert_refused(&host, &page, "not-fresh", "an unattended browser is not enough").await;

    let authorize = authorize_url(&browser, &account, "Google").await;
    let silent = with_parameters(&authorize, &[("prompt", None), ("max_age", None)]);
    let answered = browser.get_once(silent).await;
    let callback = browser.follow_until(answered, &host.url).await;
    assert_refused(
        &host,
        &browser.get_once(callback).await,
        "no-auth-time",
        "and none at all",
    )
    .await;
}

#[tokio::test]
async fn a17_a_provider_that_answers_without_asking_is_what_the_tenant_says_of_it() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let first = authorize_url(&browser, &account, "Google").await;
    callback_url(&host, &browser, first, "ada@example.com").await;
    host.tenant.switches(json!({ "silent_upstream": true })).await;

    // The tenant asked the provider and states the time of that: no client can see more.
    let silent = flow::choose(&browser, &account, "Google").await;
    assert_eq!(silent.name(), "link-review", "{}", silent.readable());
    assert!(host.tenant.writes().await.is_empty(), "the person still has to confirm");

    // Where the tenant states the time of the provider's older session, it counts.
    host.tenant
        .switches(json!({ "silent_upstream": true, "skew_auth_time": -600 }))
        .await;
    let account = browser.get(host.at("/user")).await;
    let stale = flow::choose(&browser, &account, "Google").await;
    assert_refused(&host, &stale, "not-fresh", "an older session").await;
}

#[tokio::test]
async fn a18_a_sign_in_without_a_time_proves_nothing() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    host.tenant.switches(json!({ "strip_auth_time": true })).await;
    let page = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    assert_refused(&host, &page, "no-auth-time", "absent").await;
    assert_eq!(signed_in_as(&host, &browser).await.as_deref(), Some("auth0|ada"));
}

#[tokio::test]
async fn a18_a_time_that_is_zero_or_none_at_all_proves_nothing() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    let cases: [(Value, &str); 11] = [
        (json!(0), "not-fresh"),
        (json!(-1), "not-fresh"),
        (json!(i64::MIN), "tenant-refused"),
        (json!(i64::MAX), "tenant-refused"),
        (json!(32_503_680_000_i64), "not-fresh"),
        (json!(u64::MAX), "tenant-refused"),
        (json!(1.5), "tenant-refused"),
        (json!("0"), "tenant-refused"),
        (json!(false), "tenant-refused"),
        (json!([0]), "tenant-refused"),
        (Value::Null, "no-auth-time"),
    ];
    for (auth_time, message) in cases {
        let account = browser.get(host.at("/user")).await;
        let authorize = authorize_url(&browser, &account, "Google").await;
        let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
        host.tenant.forge(json!({ "auth_time": auth_time })).await;
        let page = browser.get_once(callback).await;
        assert_refused(&host, &page, message, &auth_time.to_string()).await;
    }
}

#[tokio::test]
async fn a16_where_two_steps_are_demanded_the_sessions_own_sign_in_needs_them_too() {
    let tenant = TenantProcess::start();
    let data = tempfile::tempdir().unwrap();
    let host = tenant.host(data, free_port(), "require_mfa = true");
    let browser = Browser::new();
    let authorize = browser.get_once(host.at("/login")).await.location().unwrap();
    // The browser's owner strips the wish for a second step.
    let stripped = with_parameters(&authorize, &[("acr_values", None)]);
    let callback = callback_url(&host, &browser, stripped, "ada@example.com").await;
    let account = browser.get(callback).await;
    for strip in [true, false] {
        let again = authorize_url(&browser, &account, "Google").await;
        assert_eq!(
            again.query_pairs().filter(|(name, _)| name == "connection").count(),
            0,
            "the own account first"
        );
        let again = if strip {
            with_parameters(&again, &[("acr_values", None)])
        } else {
            again
        };
        if strip {
            let callback = callback_url(&host, &browser, again, "ada@example.com").await;
            let page = browser.get_once(callback).await;
            assert_refused(&host, &page, "no-second-factor", "one step of the session's own").await;
        } else {
            let form = browser.get(again).await;
            let step = flow::enter(&browser, &form, "ada@example.com").await;
            let google = second_step(&browser, &step).await;
            let step = flow::enter(&browser, &google, "ada@example.com").await;
            let review = second_step(&browser, &step).await;
            assert_eq!(review.name(), "link-review", "{}", review.readable());
            let linked = flow::confirm(&browser, &review).await;
            assert_eq!(linked.url, host.at("/user?done=linked"), "{}", linked.readable());
        }
    }
}

async fn second_step(browser: &Browser, at: &Page) -> Page {
    let code = at.texts("#shown-code").pop().expect("a second step is asked for");
    browser
        .submit(&at.form("[action='/u/second-factor']").with("code", &code))
        .await
}
