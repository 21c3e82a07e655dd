//! Who gets into the admin pages, and what they can do there: tokens and their scopes, sessions, forms of elsewhere.

use conjoin_tests::{Browser, DEV_TOKEN, Form, Host, Page, Team, TenantProcess, free_port};
use url::Url;

use crate::pages::{sign_in, sign_in_at};
use crate::tokens::{ALL, id, slowed_down_with_the_api, token, two_tenants};

#[tokio::test]
async fn the_pages_offer_what_the_scopes_of_the_token_allow() {
    let host = Host::start().await;
    let (_, whole) = sign_in(&host, DEV_TOKEN).await;
    let (browser, reading) = sign_in(&host, &token(&host, None, "a reader", &["policies:read"])).await;
    assert_eq!(reading.texts("#signed-in"), ["a reader at dev"]);
    assert!(reading.forms("#upload, #shipped, .rollback").is_empty());
    let csrf = reading.form("#sign-out").value("csrf_token").to_owned();
    for (form, scope) in [
        (whole.form("#shipped").with("policy", "lodash"), "policies:activate"),
        (
            to(&host, "rollback").with("to", "0").with("seen", "0"),
            "policies:activate",
        ),
        (to(&host, "revoke").with("policy", "abc"), "policies:activate"),
        (to(&host, "shadow/stop"), "policies:activate"),
        (to(&host, "shadow").with("policy", "lodash"), "policies:activate"),
        (to(&host, "approve").with("id", "abc"), "policies:activate"),
        (to(&host, "withdraw").with("id", "abc"), "policies:activate"),
        (to(&host, "duplicates"), "accounts:read"),
    ] {
        assert_lacks(&browser.submit(&form.with("csrf_token", &csrf)).await, scope);
    }
    let upload = whole.form("#upload").with("csrf_token", &csrf);
    let component = conjoin_policies::CAUTIOUS.component;
    let files: [(&str, &str, &[u8]); 1] = [("component", "policy.wasm", component)];
    assert_lacks(&browser.upload(&upload, &files).await, "policies:upload");
    assert_lacks(&browser.get(host.at("/admin/decisions")).await, "decisions:read");
    assert_lacks(&browser.get(host.at("/admin/duplicates")).await, "accounts:read");
    assert_eq!(Team::of(&host).number().await, 0);

    let (browser, deciding) = sign_in(&host, &token(&host, None, "another", &["decisions:read"])).await;
    assert_eq!(deciding.texts("#no-read").len(), 1);
    assert!(deciding.attributes("#active", "data-policy").is_empty());
    assert_eq!(browser.get(host.at("/admin/decisions")).await.name(), "admin-decisions");
    assert_lacks(&browser.get(host.at("/admin/bench")).await, "policies:read");
    assert_lacks(&browser.get(host.at("/admin/policies/abc")).await, "policies:read");
}

fn to(host: &Host, path: &str) -> Form {
    Form {
        action: host.at(&format!("/admin/{path}")),
        origin: host.url.origin().ascii_serialization(),
        fields: Vec::new(),
    }
}

fn assert_lacks(page: &Page, scope: &str) {
    assert_eq!(
        (page.status, page.message().as_str()),
        (403, "insufficient-scope"),
        "{}",
        page.readable()
    );
    assert!(page.texts("#what-happened")[0].contains(scope), "{}", page.readable());
}

#[tokio::test]
async fn forms_of_elsewhere_and_without_the_sessions_secret_do_nothing() {
    let host = Host::start().await;
    let (browser, overview) = sign_in(&host, DEV_TOKEN).await;
    let form = overview.form("#shipped").with("policy", "lodash");
    let ours = host.url.origin().ascii_serialization();
    for refused in [
        browser.submit(&form.clone().with("csrf_token", "guessed")).await,
        browser.submit(&form.clone().with("csrf_token", "")).await,
        browser.submit_from(&form, "http://evil.example").await,
        browser.submit_from(&form, "null").await,
        browser
            .submit_with(&form, &[("origin", &ours), ("sec-fetch-site", "same-site")])
            .await,
        browser
            .upload(
                &overview.form("#upload").with("csrf_token", "guessed"),
                &[("component", "a", b"b")],
            )
            .await,
    ] {
        assert_eq!(
            (refused.status, refused.message().as_str()),
            (403, "forged-form"),
            "{}",
            refused.readable()
        );
    }
    let stranger = Browser::new();
    let refused = stranger.submit(&form).await;
    assert_eq!((refused.status, refused.message().as_str()), (401, "signed-out"));
    assert!(refused.texts("#signed-in").is_empty());
    let page = stranger.get(host.at("/admin")).await;
    let sign_in = page.form("#sign-in").with("token", DEV_TOKEN);
    for refused in [
        stranger.submit(&sign_in.clone().with("csrf_token", "guessed")).await,
        stranger.submit_from(&sign_in, "http://evil.example").await,
    ] {
        assert_eq!(refused.message(), "forged-form");
    }
    assert_eq!(stranger.get(host.at("/admin/decisions")).await.status, 401);
    assert_eq!(Team::of(&host).number().await, 0);
}

#[tokio::test]
async fn the_session_is_the_tokens_and_ends_with_it() {
    let host = Host::start().await;
    let shown = token(&host, None, "short-lived", &ALL);
    let browser = Browser::new();
    let page = browser.get(host.at("/admin")).await;
    let before = browser.cookie(&host.url, "conjoin-admin").unwrap();
    let answer = browser.submit_once(&page.form("#sign-in").with("token", &shown)).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in [
        "conjoin-admin=",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=28800",
    ] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert_ne!(
        browser.cookie(&host.url, "conjoin-admin").unwrap(),
        before,
        "a new name"
    );
    assert!(!cookie.contains("Secure"), "not over TLS here: {cookie}");
    let overview = browser.follow(answer).await;
    assert_eq!(overview.name(), "admin");
    let policy = overview.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("script"),
        "{policy}"
    );

    // What the session for people keeps is nothing here, and the other way round.
    let other = Browser::new();
    let value = browser.cookie(&host.url, "conjoin-admin").unwrap();
    other.plant(&host.url, "conjoin", &value);
    assert_ne!(other.get_once(host.at("/user")).await.name(), "account");

    host.operate(&["token", "revoke", id(&shown)]);
    let refused = browser
        .submit(&overview.form("#shipped").with("policy", "lodash"))
        .await;
    assert_eq!((refused.status, refused.message().as_str()), (401, "signed-out"));
    assert_eq!(browser.get(host.at("/admin")).await.name(), "admin-sign-in");
    assert_eq!(Team::of(&host).number().await, 0);
    let again = sign_in_at(&browser, &host.url, &shown).await;
    assert_eq!((again.status, again.name().as_str()), (401, "admin-sign-in"));
    assert_eq!(again.attributes("#notice", "data-tone"), ["warning"]);
}

#[tokio::test]
async fn guesses_at_the_door_are_slowed_down_with_those_at_the_api() {
    let host = Host::start().await;
    let browser = Browser::new();
    let page = browser.get(host.at("/admin")).await;
    let guess = page.form("#sign-in").with("token", "conjoin_dev_wrong");
    slowed_down_with_the_api(&host, async || browser.submit(&guess).await).await;
    let (_, overview) = sign_in(&host, DEV_TOKEN).await;
    assert_eq!(overview.status, 200, "who has a token is not kept out");
}

#[tokio::test]
async fn a_token_signs_in_under_its_own_tenants_name_alone() {
    let process = TenantProcess::start();
    let host = two_tenants(&process, "");
    let mut second = host.url.clone();
    second.set_host(Some("second.localhost")).unwrap();
    let ours = token(&host, Some("test"), "ours", &ALL);
    let browser = Browser::new();
    let refused = sign_in_at(&browser, &second, &ours).await;
    assert_eq!((refused.status, refused.name().as_str()), (401, "admin-sign-in"));
    let overview = sign_in_at(&browser, &host.url, &ours).await;
    assert_eq!(overview.texts("#tenant"), ["test"], "{}", overview.readable());
    // The cookie of one under the name of the other.
    let thief = Browser::new();
    thief.plant(
        &second,
        "conjoin-admin",
        &browser.cookie(&host.url, "conjoin-admin").unwrap(),
    );
    let stolen = thief.get(second.join("/admin").unwrap()).await;
    assert_eq!(stolen.name(), "admin-sign-in", "{}", stolen.readable());
}

#[tokio::test]
async fn the_pages_can_listen_apart() {
    let process = TenantProcess::start();
    let (port, admin) = (free_port(), free_port());
    let host = process.host_apart(port, admin, "");
    let apart = Url::parse(&format!("http://localhost:{admin}/")).unwrap();
    let shown = token(&host, None, "apart", &ALL);
    let browser = Browser::new();
    let overview = sign_in_at(&browser, &apart, &shown).await;
    assert_eq!(overview.name(), "admin", "{}", overview.readable());
    let form = overview.form("#shipped").with("policy", "lodash");
    assert_eq!(
        browser.submit_from(&form, "http://localhost:1").await.message(),
        "forged-form"
    );
    let active = browser.submit(&form).await;
    assert_eq!(
        active.attributes("#active", "data-number"),
        ["1"],
        "{}",
        active.readable()
    );
    assert_eq!(browser.get(apart.join("/assets/style.css").unwrap()).await.status, 200);
    let elsewhere = browser.get_once(host.at("/admin")).await;
    assert_eq!(elsewhere.status, 404, "not where people are");
}
