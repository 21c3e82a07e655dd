//! What becomes of sign-ins by the tenant's own Auth0 when the configuration changes, or does not fit the tenant.

use conjoin_tests::{Browser, Host, Page, Team, TenantProcess, free_port};
use futures_util::future::join_all;
use serde_json::json;
use url::Url;

use crate::team_sign_in::{AUDIENCE, come_back, come_in, with_auth0};
use crate::tokens::{ALL, token};

/// The host again, with other settings.
fn restarted(process: &TenantProcess, host: Host, port: u16, settings: &str) -> Host {
    process.host(host.kill(), port, settings)
}

#[tokio::test]
async fn open_sessions_may_do_what_the_configuration_says_now() {
    let process = TenantProcess::start();
    let port = free_port();
    let host = process.host(tempfile::tempdir().unwrap(), port, &with_auth0(""));
    let browser = Browser::new();
    let before = come_in(&browser, &host.url, "grace@example.com").await;
    let narrower = with_auth0(
        "permissions = { \"policies:read\" = [\"policies:read\"], \"policies:activate\" = [], \"decisions:read\" = [\"decisions:read\"] }",
    );
    let host = restarted(&process, host, port, &narrower);
    let overview = browser.get(host.at("/admin")).await;
    assert_eq!(overview.name(), "admin", "{}", overview.readable());
    assert!(overview.forms("#upload, #shipped, .rollback").is_empty());
    let refused = browser.submit(&before.form("#shipped").with("policy", "lodash")).await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (403, "insufficient-scope"),
        "{}",
        refused.readable()
    );
    assert_eq!(browser.get(host.at("/admin/decisions")).await.name(), "admin-decisions");
    let reader = Team::at(&host.url, &token(&host, None, "a reader", &ALL));
    assert_eq!(reader.number().await, 0);

    // Nothing that they were assigned means anything any more.
    let host = restarted(
        &process,
        host,
        port,
        &with_auth0("permissions = { \"other\" = [\"policies:read\"] }"),
    );
    assert_eq!(browser.get(host.at("/admin")).await.name(), "admin-sign-in");
}

#[tokio::test]
async fn a_session_is_of_one_application_and_one_api() {
    let process = TenantProcess::start();
    let port = free_port();
    let mut host = process.host(tempfile::tempdir().unwrap(), port, &with_auth0(""));
    for (from, to) in [
        (AUDIENCE, "https://other.example.com/admin"),
        ("client_id = \"conjoin-admin\"", "client_id = \"conjoin-admin-new\""),
    ] {
        let browser = Browser::new();
        come_in(&browser, &host.url, "grace@example.com").await;
        // Restarted as it is, the session is good.
        host = restarted(&process, host, port, &with_auth0(""));
        assert_eq!(browser.get(host.at("/admin")).await.name(), "admin");
        host = restarted(&process, host, port, &with_auth0("").replace(from, to));
        let page = browser.get(host.at("/admin")).await;
        assert_eq!(page.name(), "admin-sign-in", "{to}: {}", page.readable());
        host = restarted(&process, host, port, &with_auth0(""));
    }
}

/// Begins a sign-in and comes back at once with a code that somebody made up.
async fn made_up_code(host: &Host) -> Page {
    let browser = Browser::new();
    let leaves = browser.get_once(host.at("/admin/sign-in/auth0")).await;
    browser.get_once(callback_with(&host.url, &leaves, "made-up")).await
}

fn callback_with(base: &Url, leaves: &Page, code: &str) -> Url {
    let asked = leaves.location().unwrap();
    let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1;
    let mut back = base.join("/admin/callback").unwrap();
    back.query_pairs_mut()
        .append_pair("code", code)
        .append_pair("state", &state);
    back
}

#[tokio::test]
async fn a_wrong_client_secret_is_no_guess_of_whoever_signs_in() {
    let process = TenantProcess::start();
    let settings = with_auth0("").replace("conjoin-admin-secret", "another-secret");
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), &settings);
    let browser = Browser::new();
    let refused = come_back(&browser, &host.url, "grace@example.com").await;
    assert_eq!(
        (refused.status, refused.message().as_str()),
        (500, "invalid-client"),
        "{}",
        refused.readable()
    );
    let log = host.said("nobody could sign in to the admin pages").await;
    let said = log
        .lines()
        .find(|line| line.contains("nobody could sign in to the admin pages"));
    assert!(said.is_some_and(|line| line.contains("ERROR")), "{log}");
    assert!(!log.contains("another-secret"), "{log}");
    // More together than guesses are let in.
    let wrong = Team::at(&host.url, "conjoin_dev_wrong");
    let pages = join_all((0..50).map(|_| made_up_code(&host))).await;
    let tokens = join_all((0..40).map(|_| wrong.get("whoami"))).await;
    assert!(pages.iter().all(|page| page.message() == "invalid-client"));
    assert!(tokens.iter().all(|answer| answer.status == 401));
}

#[tokio::test]
async fn an_answer_that_is_no_token_response_is_the_tenants_malfunction() {
    let host = Host::start().await;
    host.tenant
        .faults(json!([{"method": "POST", "path": "/oauth/token", "status": 200, "body": "<html>Welcome</html>"}]))
        .await;
    let page = made_up_code(&host).await;
    assert_eq!(
        (page.status, page.message().as_str()),
        (502, "tenant-unavailable"),
        "{}",
        page.readable()
    );
    host.tenant.faults(json!([])).await;
    let page = made_up_code(&host).await;
    assert_eq!((page.status, page.message().as_str()), (403, "invalid-sign-in"));
}
