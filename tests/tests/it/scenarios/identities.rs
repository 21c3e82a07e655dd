//! The shapes that ids and attributes of real tenants have.

use conjoin_tests::{Browser, Host, TenantProcess, flow, free_port};
use serde_json::{Value, json};

use super::pairs::{linked, offered, second_factor};

/// A host that trusts the enterprise connections too.
fn with_enterprise(tenant: &TenantProcess, settings: &str) -> Host {
    let connections = format!(
        r#"
        {settings}
        [tenants.test.connections.Username-Password-Authentication]
        label = "e-mail and password"
        [tenants.test.connections.google-oauth2]
        label = "Google"
        [tenants.test.connections.acme]
        label = "ACME"
        [tenants.test.connections.workforce]
        label = "Workforce"
        must_be_primary = true
        "#
    );
    tenant.host(tempfile::tempdir().unwrap(), free_port(), &connections)
}

async fn paths(tenant: &conjoin_tests::Tenant, method: &str) -> Vec<String> {
    let calls = tenant.calls().await;
    let of_method = calls.iter().filter(|call| call["method"] == method);
    of_method
        .map(|call| call["path"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn s39_a_three_part_id_is_split_at_the_first_bar_and_encoded() {
    let tenant = TenantProcess::start();
    let host = with_enterprise(&tenant, "");
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "hopper@example.com").await;
    assert_eq!(offered(&account), ["ACME"]);
    let review = flow::prove(&browser, &account, "ACME", "hopper@example.com").await;
    assert_eq!(
        review.attributes("#secondary [data-identity]", "data-identity"),
        ["samlp|acme|hopper"],
        "{}",
        review.readable()
    );
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), ["auth0|hopper", "samlp|acme|hopper"]);
    assert_eq!(
        host.tenant.bodies("POST").await,
        [json!({ "provider": "samlp", "user_id": "acme|hopper" })]
    );
    let reads = paths(&host.tenant, "GET").await;
    assert!(
        reads.iter().any(|path| path == "/api/v2/users/samlp%7Cacme%7Chopper"),
        "{reads:?}"
    );

    let review = browser
        .submit(&account.form("[data-identity='samlp|acme|hopper']"))
        .await;
    let separate = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&separate), ["auth0|hopper"], "{}", separate.readable());
    let deleted = paths(&host.tenant, "DELETE").await;
    for path in [
        "/api/v2/users/samlp%7Cacme%7Chopper/sessions",
        "/api/v2/users/auth0%7Chopper/identities/samlp/acme%7Chopper",
        "/api/v2/users/auth0%7Chopper/refresh-tokens",
    ] {
        assert!(deleted.iter().any(|called| called == path), "{path}: {deleted:?}");
    }
    let own = host.tenant.user("samlp|acme|hopper").await.unwrap();
    assert_eq!(own["user_metadata"], json!({ "desk": "B-12" }));
    assert_eq!(own["app_metadata"], json!({ "cost_center": "4711" }));
}

#[tokio::test]
async fn s39_an_account_with_a_three_part_id_can_be_looked_at_and_be_primary() {
    let tenant = TenantProcess::start();
    let host = with_enterprise(&tenant, "");
    let browser = Browser::new();
    let account = flow::sign_in_through(&host, &browser, "acme", "hopper@example.com").await;
    assert_eq!(account.texts("#user-id"), ["samlp|acme|hopper"]);
    let review = flow::prove(&browser, &account, "e-mail and password", "hopper@example.com").await;
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(
        linked(&account),
        ["samlp|acme|hopper", "auth0|hopper"],
        "{}",
        account.readable()
    );
}

#[tokio::test]
async fn an_account_that_must_be_primary_stays_so_from_either_side() {
    let tenant = TenantProcess::start();
    let host = with_enterprise(&tenant, "");
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "turing@example.com").await;
    let review = flow::prove(&browser, &account, "Workforce", "turing@example.com").await;
    assert_eq!(
        review.attributes("#survivor", "data-survivor"),
        ["found"],
        "{}",
        review.readable()
    );
    let browser = Browser::new();
    let account = flow::sign_in_through(&host, &browser, "workforce", "turing@example.com").await;
    let review = flow::prove(&browser, &account, "e-mail and password", "turing@example.com").await;
    assert_eq!(review.attributes("#survivor", "data-survivor"), ["current"]);
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), ["okta|workforce|turing", "auth0|turing"]);
}

#[tokio::test]
async fn two_accounts_that_must_be_primary_are_not_joined() {
    let tenant = TenantProcess::start();
    let host = with_enterprise(&tenant, "");
    let second = super::pairs::account(
        "okta|workforce|alan",
        "turing@example.com",
        json!({ "name": "Alan again" }),
    );
    host.tenant.put_user(&second).await;
    let browser = Browser::new();
    let account = flow::sign_in_through(&host, &browser, "workforce", "workforce|turing").await;
    let refused = flow::prove(&browser, &account, "Workforce", "workforce|alan").await;
    assert_eq!(refused.message(), "both-must-be-primary", "{}", refused.readable());
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn where_the_found_account_may_not_survive_one_that_must_is_refused() {
    let tenant = TenantProcess::start();
    let host = with_enterprise(&tenant, "[tenants.test.guards]\nallow_found_primary = false");
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "turing@example.com").await;
    let refused = flow::prove(&browser, &account, "Workforce", "turing@example.com").await;
    assert_eq!(refused.message(), "both-must-be-primary", "{}", refused.readable());
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn s13_a_tenant_can_demand_a_second_factor_of_every_proof() {
    let tenant = TenantProcess::start();
    let host = with_enterprise(&tenant, "require_mfa = true");
    let browser = Browser::new();
    let login = browser.get_once(host.at("/login")).await.location().unwrap();
    let asked = login.query_pairs().find(|(name, _)| name == "acr_values");
    assert!(asked.unwrap().1.ends_with("/multi-factor"));
    let mut page = browser.get(host.at("/login")).await;
    page = flow::enter(&browser, &page, "ada@example.com").await;
    page = second_factor(&browser, page).await;
    page = flow::prove(&browser, &page, "Google", "ada@example.com").await;
    // A tenant that ignores what was asked: the claim is what counts.
    host.tenant.forge(json!({ "amr": Value::Null })).await;
    page = second_factor(&browser, page).await;
    assert_eq!(page.message(), "no-second-factor", "{}", page.readable());
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a_numeric_identity_id_links_and_unlinks_like_any() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "katherine@example.com").await;
    let review = flow::prove(&browser, &account, "GitHub", "katherine@example.com").await;
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(
        linked(&account),
        ["auth0|katherine", "github|8001"],
        "{}",
        account.readable()
    );
    let merged = host.tenant.user("auth0|katherine").await.unwrap();
    assert_eq!(
        merged["identities"][1]["user_id"],
        json!(8001),
        "the tenant keeps its form"
    );
    assert_eq!(merged["user_metadata"]["orbits"], json!([1, 2, 3]));
    let review = browser.submit(&account.form("[data-identity='github|8001']")).await;
    let account = flow::confirm(&browser, &review).await;
    assert_eq!(linked(&account), ["auth0|katherine"], "{}", account.readable());
    let own = host.tenant.user("github|8001").await.unwrap();
    assert_eq!(own["user_metadata"], json!({ "orbits": [1, 2, 3] }));
}

#[tokio::test]
async fn a_verified_flag_that_is_text_counts_by_its_meaning() {
    let host = Host::start().await;
    let browser = Browser::new();
    let account = flow::sign_in(&host, &browser, "barbara@example.com").await;
    assert_eq!(offered(&account), ["Google"]);
    let review = flow::prove(&browser, &account, "Google", "barbara@example.com").await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    host.tenant
        .change_user("google-oauth2|9001", json!({ "email_verified": "false" }))
        .await;
    let refused = flow::confirm(&browser, &review).await;
    assert_eq!(refused.message(), "unverified", "{}", refused.readable());
    let account = browser.get(host.at("/user")).await;
    assert!(offered(&account).is_empty());
}
