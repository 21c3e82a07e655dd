//! A host that is killed in the middle of its work, and the one that is started after it.

use conjoin_tests::{Browser, Host, TenantProcess, flow, free_port};
use serde_json::json;

use super::hosts::QUICK;
use super::pairs::{Pair, bag, linked};

/// Kills the host while the tenant holds this request of a confirmed link, starts another on the same data, and looks at the same preview until it has ended.
async fn killed_at(method: &str, called: &str, fault: serde_json::Value) {
    let tenant = TenantProcess::start();
    let port = free_port();
    let host = tenant.host(tempfile::tempdir().unwrap(), port, QUICK);
    let browser = Browser::new();
    let own = json!({ "user_metadata": { "list": [1] } });
    let pair = Pair::put(&host.tenant, "joan", own, json!({ "user_metadata": { "list": [2] } })).await;
    let review = pair.review(&host, &browser).await;
    host.tenant.forget_calls().await;
    host.tenant.faults(json!([fault])).await;
    let confirmed = review.form("#confirm");
    let pressed = tokio::spawn(async move { browser.submit_once(&confirmed).await });
    tenant.tenant.until_called(method, called).await;
    pressed.abort();
    let data = host.kill();

    tenant.tenant.faults(json!([])).await;
    let host = tenant.host(data, port, QUICK);
    assert_joined(&host, &pair).await;
}

async fn assert_joined(host: &Host, pair: &Pair) {
    host.tenant.until_gone(&pair.google).await;
    let browser = Browser::new();
    let account = flow::sign_in(host, &browser, &pair.email).await;
    assert_eq!(linked(&account), [pair.own.as_str(), pair.google.as_str()]);
    assert_eq!(
        bag(&host.tenant, &pair.own, "user_metadata").await,
        json!({ "list": [1, 2] }),
        "merged once"
    );
}

#[tokio::test]
async fn s28_a_host_killed_while_it_writes_the_metadata_leaves_work_that_the_next_one_finishes() {
    let path = "/api/v2/users/auth0|joan";
    killed_at(
        "PATCH",
        "/api/v2/users/auth0%7Cjoan",
        json!({ "method": "PATCH", "path": path, "hold": true, "status": 500 }),
    )
    .await;
}

#[tokio::test]
async fn s28_a_host_killed_between_the_metadata_and_the_link_leaves_work_that_the_next_one_finishes() {
    let path = "/api/v2/users/auth0|joan/identities";
    killed_at(
        "POST",
        "/api/v2/users/auth0%7Cjoan/identities",
        json!({ "method": "POST", "path": path, "hold": true, "status": 500 }),
    )
    .await;
}

#[tokio::test]
async fn s28_a_host_killed_after_the_link_and_before_its_answer_leaves_work_that_the_next_one_finishes() {
    let path = "/api/v2/users/auth0|joan/identities";
    killed_at(
        "POST",
        "/api/v2/users/auth0%7Cjoan/identities",
        json!({ "method": "POST", "path": path, "after_effect": true, "timeout_ms": 60_000 }),
    )
    .await;
}

#[tokio::test]
async fn s28_a_host_killed_in_the_middle_of_an_unlink_leaves_work_that_the_next_one_finishes() {
    let tenant = TenantProcess::start();
    let port = free_port();
    let host = tenant.host(tempfile::tempdir().unwrap(), port, QUICK);
    let browser = Browser::new();
    let own = json!({ "user_metadata": { "list": [1] } });
    let pair = Pair::put(&host.tenant, "joan", own, json!({ "user_metadata": { "list": [2] } })).await;
    let account = pair.join(&host, &browser).await;
    let review = browser
        .submit(&account.form(&format!("[data-identity={:?}]", pair.google)))
        .await;
    host.tenant.forget_calls().await;
    let held = json!({ "method": "PATCH", "path": "/api/v2/users/google-oauth2|joan", "hold": true, "status": 500 });
    host.tenant.faults(json!([held])).await;
    let confirmed = review.form("#confirm");
    let pressed = tokio::spawn(async move { browser.submit_once(&confirmed).await });
    host.tenant
        .until_called("PATCH", "/api/v2/users/google-oauth2%7Cjoan")
        .await;
    pressed.abort();
    let data = host.kill();
    tenant.tenant.faults(json!([])).await;
    tenant.tenant.forget_calls().await;

    let host = tenant.host(data, port, QUICK);
    host.tenant.until_called("PATCH", "/api/v2/users/auth0%7Cjoan").await;
    for (user, list) in [(&pair.own, json!([1])), (&pair.google, json!([2]))] {
        host.tenant.until_holds(user, &json!({ "list": list })).await;
    }
}

#[tokio::test]
async fn s28_a_link_of_a_restored_backup_does_not_touch_accounts_that_were_made_anew_since() {
    let tenant = TenantProcess::start();
    let port = free_port();
    let host = tenant.host(tempfile::tempdir().unwrap(), port, QUICK);
    let browser = Browser::new();
    let own = json!({ "user_metadata": { "list": [1] } });
    let pair = Pair::put(&host.tenant, "joan", own, json!({ "user_metadata": { "list": [2] } })).await;
    let review = pair.review(&host, &browser).await;
    host.tenant.forget_calls().await;
    let path = "/api/v2/users/auth0|joan/identities";
    let held = json!([{ "method": "POST", "path": path, "hold": true, "status": 500 }]);
    host.tenant.faults(held).await;
    let confirmed = review.form("#confirm");
    let pressed = tokio::spawn(async move { browser.submit_once(&confirmed).await });
    host.tenant
        .until_called("POST", "/api/v2/users/auth0%7Cjoan/identities")
        .await;
    pressed.abort();
    let data = host.kill();
    // Meanwhile somebody else got the address, and signed up by the same provider.
    let mut anew = tenant.tenant.user(&pair.google).await.unwrap();
    tenant.tenant.delete_user(&pair.google).await;
    anew["created_at"] = json!("2031-01-01T00:00:00.000Z");
    tenant.tenant.put_user(&anew).await;
    tenant.tenant.faults(json!([])).await;
    tenant.tenant.forget_calls().await;

    let host = tenant.host(data, port, QUICK);
    host.tenant.until_holds(&pair.own, &json!({ "list": [1] })).await;
    assert!(host.tenant.user(&pair.google).await.is_some());
    assert!(host.tenant.bodies("POST").await.is_empty(), "nobody confirmed this one");
}
