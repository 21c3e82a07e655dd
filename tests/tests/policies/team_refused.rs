//! What lets nobody into the admin pages, although the tenant's own Auth0 is a way in: tokens that prove nothing, rights that nobody assigned, callbacks of elsewhere.

use conjoin_tests::{Browser, Host, Page, Team, TenantProcess, flow, free_port};
use serde_json::{Value, json};
use url::Url;

use crate::team_sign_in::{AUDIENCE, assign, come_back, come_in, unix_now, with_auth0};
use crate::tokens::slowed_down_with_the_api;

async fn assert_out(host: &Host, browser: &Browser, refused: &Page, expected: (u16, &str)) {
    assert_eq!(
        (refused.status, refused.message().as_str()),
        expected,
        "{}",
        refused.readable()
    );
    let page = browser.get(host.at("/admin")).await;
    assert_eq!(page.name(), "admin-sign-in", "{}", page.readable());
}

/// Claims and algorithms of access tokens that sign nobody in, and what the page says of each.
fn worthless() -> Vec<(Value, &'static str)> {
    let now = unix_now();
    vec![
        (
            json!({"claims": {"iss": "https://other-tenant.eu.auth0.com/"}}),
            "another issuer",
        ),
        (
            json!({"claims": {"iss": ["https://other-tenant.eu.auth0.com/"]}}),
            "malformed",
        ),
        (json!({"claims": {"iss": null}}), "malformed"),
        (
            json!({"claims": {"aud": "https://other.example.com/"}}),
            "another audience",
        ),
        (json!({"claims": {"aud": "conjoin-admin"}}), "another audience"),
        (json!({"claims": {"aud": format!("{AUDIENCE}/")}}), "another audience"),
        (json!({"claims": {"aud": null}}), "malformed"),
        (json!({"claims": {"exp": now - 60}}), "expired"),
        (json!({"claims": {"exp": null}}), "malformed"),
        (json!({"claims": {"nbf": now + 3600}}), "malformed"),
        (json!({"claims": {"azp": "conjoin-dev"}}), "another client"),
        (json!({"claims": {"azp": null}}), "another client"),
        (json!({"claims": {"client_id": "conjoin-dev"}}), "another client"),
        (json!({"claims": {"sub": "auth0|hamilton"}}), "another person"),
        (json!({"claims": {"permissions": "policies:read"}}), "malformed"),
        (json!({"algorithm": "none"}), "not signed with RS256"),
        (json!({"algorithm": "client-secret"}), "not signed with RS256"),
        (json!({"algorithm": "public-key-as-secret"}), "not signed with RS256"),
        (json!({"algorithm": "broken-signature"}), "signature does not match"),
    ]
}

#[tokio::test]
async fn a22_a23_access_tokens_that_prove_nothing_let_nobody_in() {
    let host = Host::start().await;
    for (forgery, words) in worthless() {
        host.tenant.forge_access(forgery.clone()).await;
        let browser = Browser::new();
        let refused = come_back(&browser, &host.url, "grace@example.com").await;
        assert_out(&host, &browser, &refused, (403, "invalid-sign-in")).await;
        assert!(
            refused.texts("#what-happened")[0].contains(words),
            "{forgery}: {}",
            refused.readable()
        );
    }
    // The ID token beside it is looked at as in people's sign-in.
    host.tenant.forge(json!({"nonce": "of another sign-in"})).await;
    let browser = Browser::new();
    let refused = come_back(&browser, &host.url, "grace@example.com").await;
    assert_out(&host, &browser, &refused, (403, "invalid-sign-in")).await;
    come_in(&Browser::new(), &host.url, "grace@example.com").await;
    let trail = host.operate(&["audit", "export"]);
    assert_eq!(trail.matches("admin.signed_in").count(), 1, "{trail}");
    assert!(!host.log().contains("eyJ"), "no token is in the log");
}

#[tokio::test]
async fn an_opaque_access_token_lets_nobody_in() {
    let process = TenantProcess::start();
    let settings = with_auth0("").replace(AUDIENCE, "https://unknown.example.com/");
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), &settings);
    let browser = Browser::new();
    let refused = come_back(&browser, &host.url, "grace@example.com").await;
    assert_out(&host, &browser, &refused, (403, "invalid-sign-in")).await;
    assert!(refused.readable().contains("opaque"), "{}", refused.readable());
}

#[tokio::test]
async fn rights_are_what_rbac_assigned_and_nothing_else() {
    let host = Host::start().await;
    let all = "policies:read policies:upload policies:activate decisions:read accounts:read";
    let list: Vec<&str> = all.split(' ').collect();
    let said = json!({"permissions": list, "scope": all, "roles": ["admin"], "admin": {"permissions": list}});
    host.tenant
        .change_user(
            "auth0|hamilton",
            json!({"app_metadata": said, "user_metadata": said, "permissions": [
                {"permission_name": "policies:read", "resource_server_identifier": "https://other.example.com/"},
            ]}),
        )
        .await;
    let browser = Browser::new();
    let refused = come_back(&browser, &host.url, "hamilton@example.com").await;
    assert_out(&host, &browser, &refused, (403, "no-permission")).await;
    let words = refused.readable();
    assert!(
        words.contains(AUDIENCE) && list.iter().all(|name| words.contains(name)),
        "{words}"
    );

    // An API without RBAC grants every scope that is asked for, to anybody.
    let in_scope = json!({"claims": {"permissions": null, "scope": format!("openid {all}"), "roles": list,
        "https://example.com/permissions": list, "app_metadata": said}});
    host.tenant.forge_access(in_scope).await;
    let refused = come_back(&Browser::new(), &host.url, "grace@example.com").await;
    assert_out(&host, &browser, &refused, (403, "no-permission")).await;
    // Nor does an ID token say what somebody may do.
    host.tenant.forge(json!({"permissions": list, "scope": all})).await;
    let browser = Browser::new();
    let refused = come_back(&browser, &host.url, "hamilton@example.com").await;
    assert_out(&host, &browser, &refused, (403, "no-permission")).await;
    assign(&host, "auth0|hamilton", &["policies:read"]).await;
    come_in(&Browser::new(), &host.url, "hamilton@example.com").await;
    assert_eq!(Team::of(&host).number().await, 0);
}

/// Signs in at the tenant, where its session does not answer, and stays before the callback: its address.
pub async fn callback_of(host: &Host, browser: &Browser, begun_at: &str, who: &str) -> Url {
    let mut page = browser.get_once(host.at(begun_at)).await;
    while let Some(next) = page.location() {
        if next.origin() == host.url.origin() {
            return next;
        }
        page = browser.get_once(next).await;
    }
    let form = page
        .form(":has(input[name=password])")
        .with("username", who)
        .with("password", conjoin_tests::PASSWORD);
    let left = browser.submit_once(&form).await;
    browser.follow_until(left, &host.url).await
}

#[tokio::test]
async fn a_callback_counts_once_in_the_browser_that_began_it() {
    let host = Host::start().await;
    let begun_at = "/admin/sign-in/auth0";
    let stray = (400, "stray-callback");
    let (browser, other) = (Browser::new(), Browser::new());
    let callback = callback_of(&host, &browser, begun_at, "grace@example.com").await;
    host.tenant.forget_calls().await;

    // Another browser, and one that has a sign-in of its own under way. The state is used up by the first.
    let refused = other.get(callback.clone()).await;
    assert_out(&host, &other, &refused, stray).await;
    let refused = browser.get(callback).await;
    assert_out(&host, &browser, &refused, stray).await;
    let callback = callback_of(&host, &browser, begun_at, "grace@example.com").await;
    other.get_once(host.at(begun_at)).await;
    let refused = other.get(callback).await;
    assert_out(&host, &other, &refused, stray).await;

    for query in [
        "",
        "?code=a",
        "?code=a&state=guessed",
        "?state=guessed",
        "?error=access_denied",
        "?error=access_denied&state=guessed",
        "?code=a&code=b&state=c",
    ] {
        let refused = other.get(host.at(&format!("/admin/callback{query}"))).await;
        assert_out(&host, &other, &refused, stray).await;
    }
    // A sign-in of a person is none of the team's, nor the other way round.
    let people = callback_of(&host, &browser, "/login", "grace@example.com").await;
    let mut here = host.at("/admin/callback");
    here.set_query(people.query());
    assert_out(&host, &browser, &browser.get(here).await, stray).await;
    assert!(
        host.tenant.exchanges().await.is_empty(),
        "no code of a stray callback is exchanged"
    );
    let team = callback_of(&host, &browser, begun_at, "grace@example.com").await;
    let mut there = host.at("/callback");
    there.set_query(team.query());
    let refused = browser.get(there).await;
    assert_eq!((refused.status, refused.message().as_str()), (410, "stray-sign-in"));

    // Once.
    let callback = callback_of(&host, &browser, begun_at, "grace@example.com").await;
    assert_eq!(browser.get(callback.clone()).await.name(), "admin-signed-in");
    assert_eq!(browser.get(callback).await.message(), "stray-callback");
    assert_eq!(browser.get(host.at("/admin")).await.name(), "admin", "and is in still");
}

#[tokio::test]
async fn whom_the_tenant_refuses_is_told_so() {
    let host = Host::start().await;
    let browser = Browser::new();
    let leaves = browser.get_once(host.at("/admin/sign-in/auth0")).await;
    let asked = leaves.location().unwrap();
    let state = asked.query_pairs().find(|(name, _)| name == "state").unwrap().1;
    let mut back = host.at("/admin/callback");
    back.query_pairs_mut()
        .append_pair("error", "access_denied")
        .append_pair("error_description", "<b>words</b>")
        .append_pair("state", &state);
    let refused = browser.get(back).await;
    assert_out(&host, &browser, &refused, (403, "denied")).await;
    assert!(!refused.text.contains("words"), "{}", refused.text);

    host.tenant
        .faults(json!([{"method": "POST", "path": "/oauth/token", "status": 503}]))
        .await;
    let refused = come_back(&browser, &host.url, "grace@example.com").await;
    assert_out(&host, &browser, &refused, (502, "tenant-unavailable")).await;
}

#[tokio::test]
async fn callbacks_are_slowed_down_as_guesses_are() {
    let host = Host::start().await;
    let browser = Browser::new();
    let callback = host.at("/admin/callback?code=a&state=guessed");
    slowed_down_with_the_api(&host, async || browser.get_once(callback.clone()).await).await;
    come_in(&browser, &host.url, "grace@example.com").await;
}

#[tokio::test]
async fn where_it_is_not_configured_there_is_no_such_way() {
    let process = TenantProcess::start();
    let host = process.host(tempfile::tempdir().unwrap(), free_port(), "");
    let browser = Browser::new();
    let page = browser.get(host.at("/admin")).await;
    assert!(page.attributes("#auth0", "href").is_empty(), "{}", page.readable());
    for path in ["/admin/sign-in/auth0", "/admin/callback?code=a&state=b"] {
        assert_eq!(browser.get_once(host.at(path)).await.status, 404, "{path}");
    }
    let account = flow::sign_in(&host, &browser, "grace@example.com").await;
    assert_eq!(account.name(), "account");
    assert_eq!(browser.get(host.at("/admin")).await.name(), "admin-sign-in");
}
