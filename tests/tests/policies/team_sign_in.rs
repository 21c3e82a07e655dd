//! Into the admin pages by the tenant's own Auth0: with what right, for how long, and whose word it is.

use std::time::Duration;

use conjoin_tests::{Browser, Host, Page, Team, TenantProcess, flow, free_port};
use serde_json::{Value, json};
use url::Url;

use crate::pages::sign_in_at;
use crate::tokens::{ALL, token, two_tenants};

/// The API that the simulated tenant has for these pages.
pub const AUDIENCE: &str = "https://conjoin.example.com/admin";

/// Has the tenant's team sign in with the tenant; for the end of `[tenants.test]`.
pub fn with_auth0(more: &str) -> String {
    format!(
        "[tenants.test.admin]
            client_id = \"conjoin-admin\"
            client_secret = \"conjoin-admin-secret\"
            audience = \"{AUDIENCE}\"
            {more}"
    )
}

/// In seconds.
pub fn unix_now() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    since.unwrap().as_secs()
}

/// Begins at the admin pages and signs in at the tenant; ends wherever that leads.
pub async fn come_back(browser: &Browser, base: &Url, who: &str) -> Page {
    let page = browser.get(base.join("/admin").unwrap()).await;
    assert_eq!(
        page.attributes("#auth0", "href"),
        ["/admin/sign-in/auth0"],
        "{}",
        page.readable()
    );
    let form = browser.get(base.join("/admin/sign-in/auth0").unwrap()).await;
    flow::enter(browser, &form, who).await
}

/// The same, and is signed in; at the overview.
pub async fn come_in(browser: &Browser, base: &Url, who: &str) -> Page {
    let back = come_back(browser, base, who).await;
    assert_eq!(back.name(), "admin-signed-in", "{}", back.readable());
    let overview = browser.get(base.join("/admin").unwrap()).await;
    assert_eq!(overview.name(), "admin", "{}", overview.readable());
    overview
}

/// Assigns permissions of the API to an account, and no others.
pub async fn assign(host: &Host, account: &str, permissions: &[&str]) {
    let permissions = permissions.iter().map(|name| {
        json!({"permission_name": name, "resource_server_identifier": AUDIENCE, "resource_server_name": "", "description": ""})
    });
    let permissions: Vec<Value> = permissions.collect();
    host.tenant
        .change_user(account, json!({ "permissions": permissions }))
        .await;
}

#[tokio::test]
async fn somebody_with_permissions_signs_in_with_the_tenant_and_stands_in_the_audit_trail() {
    let host = Host::start().await;
    let browser = Browser::new();
    let leaves = browser.get_once(host.at("/admin/sign-in/auth0")).await;
    let cookie = leaves.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["conjoin-admin-sign-in=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    let asked = leaves.location().unwrap();
    let value = |name: &str| {
        let found = asked.query_pairs().find(|(found, _)| found == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    assert_eq!(
        (value("client_id"), value("audience"), value("scope")),
        ("conjoin-admin".to_owned(), AUDIENCE.to_owned(), "openid".to_owned())
    );
    assert_eq!(value("code_challenge_method"), "S256");
    assert!(value("state").len() > 20 && value("nonce").len() > 20);

    let overview = come_in(&browser, &host.url, "grace@example.com").await;
    assert_eq!(overview.texts("#signed-in"), ["auth0|grace at dev"]);
    assert!(browser.cookie(&host.url, "conjoin-admin-sign-in").is_none());
    let active = browser
        .submit(&overview.form("#shipped").with("policy", "lodash"))
        .await;
    assert_eq!(
        active.attributes("#active", "data-number"),
        ["1"],
        "{}",
        active.readable()
    );
    assert!(
        active.readable().contains("auth0|grace via Auth0"),
        "{}",
        active.readable()
    );
    let trail = host.operate(&["audit", "export"]);
    let by_grace = |event: &str| {
        trail
            .lines()
            .any(|line| line.contains(event) && line.contains(r#""member":"auth0|grace""#))
    };
    assert!(by_grace("admin.signed_in") && by_grace("policy.activated"), "{trail}");

    let out = browser.submit(&active.form("#sign-out")).await;
    assert_eq!(out.name(), "admin-sign-in");
    assert_eq!(browser.get(host.at("/admin")).await.name(), "admin-sign-in");
    host.tenant.rotate_keys().await;
    come_in(&Browser::new(), &host.url, "grace@example.com").await;
}

#[tokio::test]
async fn what_somebody_was_not_assigned_they_may_not_do() {
    let host = Host::start().await;
    assign(&host, "auth0|hamilton", &["policies:read", "no-scope-of-ours"]).await;
    let browser = Browser::new();
    let overview = come_in(&browser, &host.url, "hamilton@example.com").await;
    assert!(overview.forms("#upload, #shipped, .rollback").is_empty());
    let form = overview.form("#sign-out");
    let form = conjoin_tests::Form {
        action: host.at("/admin/rollback"),
        ..form.with("to", "0").with("seen", "0")
    };
    for (page, scope) in [
        (browser.submit(&form).await, "policies:activate"),
        (browser.get(host.at("/admin/decisions")).await, "decisions:read"),
        (browser.get(host.at("/admin/duplicates")).await, "accounts:read"),
    ] {
        assert_eq!(
            (page.status, page.message().as_str()),
            (403, "insufficient-scope"),
            "{}",
            page.readable()
        );
        assert!(page.texts("#what-happened")[0].contains(scope), "{}", page.readable());
    }
}

#[tokio::test]
async fn permissions_can_be_called_otherwise_than_the_scopes() {
    let process = TenantProcess::start();
    let settings = with_auth0("permissions = { \"policies:read\" = [\"decisions:read\"], \"accounts:read\" = [] }");
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), &settings);
    let browser = Browser::new();
    let overview = come_in(&browser, &host.url, "grace@example.com").await;
    assert_eq!(overview.texts("#no-read").len(), 1, "{}", overview.readable());
    assert_eq!(browser.get(host.at("/admin/decisions")).await.name(), "admin-decisions");
    assert_eq!(
        browser.get(host.at("/admin/bench")).await.message(),
        "insufficient-scope"
    );
    assign(&host, "auth0|grace", &["accounts:read"]).await;
    let refused = come_back(&Browser::new(), &host.url, "grace@example.com").await;
    assert_eq!(refused.message(), "no-permission");
    let words = refused.readable();
    assert!(
        words.contains("policies:read") && !words.contains("accounts:read"),
        "{words}"
    );
}

/// Signs in with an access token that lives as short as this machine can use one: for how many seconds, and the overview.
async fn in_for_a_while(host: &Host, browser: &Browser) -> (u64, Page) {
    for lives in [10, 40, 160] {
        let exp = unix_now() + lives;
        host.tenant.forge_access(json!({"claims": {"exp": exp}})).await;
        come_back(browser, &host.url, "grace@example.com").await;
        let overview = browser.get(host.at("/admin")).await;
        if overview.name() == "admin" && browser.cookie(&host.url, "conjoin-admin").is_some() {
            return (lives, overview);
        }
    }
    panic!("nobody is in, however long the token lives");
}

#[tokio::test]
async fn the_session_ends_with_the_access_token() {
    let host = Host::start().await;
    let browser = Browser::new();
    let (lives, overview) = in_for_a_while(&host, &browser).await;
    let value = browser.cookie(&host.url, "conjoin-admin").unwrap();
    let mut pages = Vec::new();
    // Ten a second at most: longer than the token lives, on any machine.
    for _ in 0..lives * 10 + 400 {
        let request = browser
            .request(
                "GET",
                host.at("/admin"),
                &[("cookie", &format!("conjoin-admin={value}"))],
                Vec::new(),
            )
            .await;
        pages.push(request.name());
        if pages.last().is_some_and(|name| name == "admin-sign-in") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(pages.last().unwrap(), "admin-sign-in", "{pages:?}");
    let late = browser
        .submit(&overview.form("#shipped").with("policy", "lodash"))
        .await;
    assert_eq!((late.status, late.message().as_str()), (401, "signed-out"));
    assert_eq!(Team::of(&host).number().await, 0);
}

#[tokio::test]
async fn a_session_lasts_eight_hours_at_most() {
    let host = Host::start().await;
    let browser = Browser::new();
    let back = come_back(&browser, &host.url, "grace@example.com").await;
    let cookies = back.headers.get_all("set-cookie").iter();
    let session = cookies
        .filter_map(|cookie| cookie.to_str().ok())
        .find(|cookie| cookie.starts_with("conjoin-admin="))
        .unwrap();
    let seconds = session.split("Max-Age=").nth(1).and_then(|rest| rest.split(';').next());
    let seconds: i64 = seconds.unwrap().parse().unwrap();
    assert!((28_000..=28_800).contains(&seconds), "{session}");
    assert!(session.contains("SameSite=Strict"), "{session}");
}

#[tokio::test]
async fn the_session_ends_when_the_account_becomes_part_of_another() {
    let host = Host::start().await;
    let google = "google-oauth2|1001";
    assign(&host, google, &["policies:read"]).await;
    let browser = Browser::new();
    let form = browser.get(host.at("/admin/sign-in/auth0")).await;
    let buttons = form.form("[action='/u/login/connection']");
    let provider = browser.submit(&buttons.with("connection", "google-oauth2")).await;
    let back = flow::enter(&browser, &provider, "ada@example.com").await;
    assert_eq!(back.name(), "admin-signed-in", "{}", back.readable());
    let overview = browser.get(host.at("/admin")).await;
    assert_eq!(overview.texts("#signed-in"), [format!("{google} at dev")]);
    flow::join_google(&host, &Browser::new()).await;
    assert_eq!(browser.get(host.at("/admin")).await.name(), "admin-sign-in");
}

#[tokio::test]
async fn a41_the_second_person_is_known_by_account_or_token() {
    let process = TenantProcess::start();
    let settings = format!("second_approval = true\n{}", with_auth0(""));
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), &settings);
    let grace = Browser::new();
    let overview = come_in(&grace, &host.url, "grace@example.com").await;
    let proposed = grace.submit(&overview.form("#shipped").with("policy", "lodash")).await;
    let id = proposed.attributes("[data-proposal]", "data-proposal").remove(0);
    assert!(
        proposed.forms("[data-proposal] .approve").is_empty(),
        "{}",
        proposed.readable()
    );
    let own = conjoin_tests::Form {
        action: host.at("/admin/approve"),
        ..proposed.form("#sign-out").with("id", &id)
    };
    assert_eq!(grace.submit(&own).await.message(), "same-person");
    // Signing in once more does not make somebody else of her.
    let again = Browser::new();
    let overview = come_in(&again, &host.url, "grace@example.com").await;
    assert!(overview.forms("[data-proposal] .approve").is_empty());
    let own = conjoin_tests::Form {
        action: host.at("/admin/approve"),
        ..overview.form("#sign-out").with("id", &id)
    };
    assert_eq!(again.submit(&own).await.message(), "same-person");

    assign(&host, "auth0|hamilton", &["policies:read", "policies:activate"]).await;
    let hamilton = Browser::new();
    let overview = come_in(&hamilton, &host.url, "hamilton@example.com").await;
    let approved = hamilton.submit(&overview.form("[data-proposal] .approve")).await;
    assert_eq!(
        approved.attributes("#active", "data-number"),
        ["1"],
        "{}",
        approved.readable()
    );

    // What a token proposes, an account approves.
    let team = Team::at(&host.url, &token(&host, None, "a program", &ALL));
    let proposed = team.put_activation(Some(1), "cautious", json!({})).await;
    assert_eq!(proposed.status, 202, "{}", proposed.body);
    let overview = grace.get(host.at("/admin")).await;
    let approved = grace.submit(&overview.form("[data-proposal] .approve")).await;
    assert_eq!(
        approved.attributes("#active", "data-number"),
        ["2"],
        "{}",
        approved.readable()
    );
}

#[tokio::test]
async fn a_team_signs_in_under_its_own_tenants_name_alone() {
    let process = TenantProcess::start();
    let host = two_tenants(&process, &with_auth0(""));
    let mut second = host.url.clone();
    second.set_host(Some("second.localhost")).unwrap();
    let browser = Browser::new();
    come_in(&browser, &host.url, "grace@example.com").await;
    let thief = Browser::new();
    thief.plant(
        &second,
        "conjoin-admin",
        &browser.cookie(&host.url, "conjoin-admin").unwrap(),
    );
    let stolen = thief.get(second.join("/admin").unwrap()).await;
    assert_eq!(stolen.name(), "admin-sign-in", "{}", stolen.readable());
    assert!(stolen.attributes("#auth0", "href").is_empty(), "it has no such way in");
    for path in ["/admin/sign-in/auth0", "/admin/callback?code=a&state=b"] {
        assert_eq!(thief.get_once(second.join(path).unwrap()).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_team_signs_in_where_the_pages_listen_apart() {
    let process = TenantProcess::start();
    let (port, admin) = (free_port(), free_port());
    let apart = Url::parse(&format!("http://localhost:{admin}/")).unwrap();
    let settings = with_auth0(&format!("base_url = \"{apart}\""));
    let host = process.host_apart(port, admin, &settings);
    let browser = Browser::new();
    let overview = come_in(&browser, &apart, "grace@example.com").await;
    assert_eq!(overview.texts("#signed-in"), ["auth0|grace at test"]);
    // Under a name that is not the pages' own, no cookie would come back: tokens alone.
    let other = Url::parse(&format!("http://127.0.0.1:{admin}/")).unwrap();
    let page = Browser::new().get(other.join("/admin").unwrap()).await;
    assert!(page.attributes("#auth0", "href").is_empty(), "{}", page.readable());
    let shown = token(&host, None, "apart", &ALL);
    assert_eq!(sign_in_at(&Browser::new(), &other, &shown).await.name(), "admin");
    assert_eq!(browser.get_once(host.at("/admin/sign-in/auth0")).await.status, 404);
}
