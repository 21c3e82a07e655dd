//! Simulated providers under an origin of their own.

use conjoin_dev_tenant::{Config, DevTenant, StartError};
use reqwest::header::{HOST, LOCATION};
use serde_json::json;
use tokio::net::TcpListener;
use url::Url;

use crate::browser::Browser;
use crate::support::{PASSWORD, Running, claims, http};

const GOOGLE: [(&str, &str); 1] = [("connection", "google-oauth2")];

/// The tenant at `localhost`, its providers at `127.0.0.1`.
async fn start() -> (Running, Browser, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let providers = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let config = Config {
        providers_origin: Some(providers.clone()),
        ..Config::default()
    };
    let tenant = DevTenant::start(config, listener).await.unwrap();
    let running = Running { tenant, http: http() };
    let mut browser = running.browser();
    browser.providers = Some(providers.clone());
    (running, browser, providers)
}

/// Where an answer leads, and no further.
async fn location(request: reqwest::RequestBuilder) -> Url {
    let response = request.send().await.unwrap();
    let location = response.headers().get(LOCATION).unwrap().to_str().unwrap();
    response.url().join(location).unwrap()
}

#[tokio::test]
async fn a_person_signs_in_at_the_providers_origin_and_comes_back_by_the_tenants_callback() {
    let (running, mut browser, providers) = start().await;
    let page = browser.authorize(&[]).await;
    let provider = browser
        .submit(&page, "connection", &[("connection", "google-oauth2")])
        .await;
    assert_eq!(provider.url.origin(), providers.origin());
    let again = browser.enter(&provider, "1001", "wrong").await;
    assert_eq!((again.status, again.url.origin()), (400, providers.origin()));
    let landed = browser.enter(&again, "1001", PASSWORD).await;
    let answer = running.exchange(&landed.parameter("code")).await;
    let claims = claims(answer.body["id_token"].as_str().unwrap());
    assert_eq!(claims["sub"], json!("google-oauth2|1001"));
    let calls = running.calls().await;
    let paths = calls.iter().map(|call| call["path"].as_str().unwrap());
    assert_eq!(paths.filter(|path| path.starts_with("/login/callback?")).count(), 1);
    let cookies: Vec<[&str; 3]> = browser
        .cookies
        .keys()
        .map(|(host, name, path)| [host.as_str(), name.as_str(), path.as_str()])
        .collect();
    assert_eq!(
        cookies,
        [
            ["127.0.0.1", "conjoin-dev-upstream", "/upstream/google%2Doauth2"],
            ["localhost", "conjoin-dev-tenant", "/"]
        ]
    );
}

#[tokio::test]
async fn a_newcomer_and_a_no_come_back_too() {
    let (running, mut browser, _) = start().await;
    let provider = browser.authorize(&GOOGLE).await;
    let new = [("email", "new@example.com"), ("new_password", "pw")];
    let landed = browser.submit(&provider, "new_password", &new).await;
    assert!(landed.find("code").is_some(), "{}", landed.url);
    let mut other = running.browser();
    let at_tenant = other.authorize(&GOOGLE).await.url;
    let page = browser.open(at_tenant).await;
    let (_, cancel) = page.html.split_once("class=\"end\"><a href=\"").unwrap();
    let cancel = Url::parse(cancel.split('"').next().unwrap()).unwrap();
    assert_eq!(cancel.origin(), running.tenant.issuer().origin());
    let landed = browser.open(cancel).await;
    assert_eq!(landed.parameter("error"), "access_denied");
}

#[tokio::test]
async fn a_providers_session_answers_silently_and_ends_with_a_federated_logout() {
    let (running, mut browser, _) = start().await;
    running.put_dev("_dev/oidc", json!({"silent_upstream": true})).await;
    browser.sign_in("1001", &GOOGLE).await;
    let logout = |query: &str| running.url(&format!("v2/logout{query}")).parse::<Url>().unwrap();
    browser.open(logout("")).await;
    assert!(browser.authorize(&GOOGLE).await.find("code").is_some());
    browser.open(logout("?federated")).await;
    assert!(browser.authorize(&GOOGLE).await.html.contains("name=\"password\""));
}

#[tokio::test]
async fn neither_serves_the_others_pages() {
    let (running, mut browser, providers) = start().await;
    let provider = browser.authorize(&GOOGLE).await.url;
    let status = async |url: Url| running.http.get(url).send().await.unwrap().status().as_u16();
    assert_eq!(status(provider.clone()).await, 200);
    let mut at_tenant = running.tenant.issuer().clone();
    at_tenant.set_path(provider.path());
    at_tenant.set_query(provider.query());
    assert_eq!(status(at_tenant).await, 404);
    for path in [
        "",
        "authorize",
        "u/login",
        "oauth/token",
        "api/v2/users",
        "_dev/users",
        ".well-known/jwks.json",
    ] {
        assert_eq!(status(providers.join(path).unwrap()).await, 404, "{path}");
    }
    assert_eq!(status(providers.join("assets/style.css").unwrap()).await, 200);
    assert_eq!(status(running.tenant.issuer().clone()).await, 200);
}

/// The host's name tells them apart, whatever the connection is to: a front may stand before the tenant.
#[tokio::test]
async fn a_name_in_front_of_the_tenant_is_an_origin_too() {
    let config = Config {
        providers_origin: Some(Url::parse("https://google.localhost").unwrap()),
        ..Config::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tenant = DevTenant::start(config, listener).await.unwrap();
    let running = Running { tenant, http: http() };
    let provider = location(running.http.get(running.browser().authorize_url(&GOOGLE))).await;
    assert_eq!(provider.origin().ascii_serialization(), "https://google.localhost");
    let behind = running.url(&provider.as_str().replace("https://google.localhost/", ""));
    let form = [
        ("username", "1001"),
        ("password", PASSWORD),
        ("state", &state(&provider)),
    ];
    let posted = running.http.post(behind).header(HOST, "google.localhost").form(&form);
    let response = posted.send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("Secure") && cookie.contains("SameSite=None"),
        "{cookie}"
    );
    let callback = response.headers()[LOCATION].to_str().unwrap();
    assert!(callback.starts_with(&running.url("login/callback?")), "{callback}");
}

fn state(url: &Url) -> String {
    let mut pairs = url.query_pairs();
    pairs.find(|(name, _)| name == "state").unwrap().1.into_owned()
}

#[tokio::test]
async fn a_code_for_the_callback_is_good_once_and_for_its_own_sign_in() {
    let (running, mut browser, _) = start().await;
    let codes = async |browser: &mut Browser| {
        let page = browser.authorize(&GOOGLE).await;
        let (action, mut fields) = page.form("username");
        fields.extend(
            [("username", "1001"), ("password", PASSWORD)].map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        location(running.http.post(action).form(&fields)).await
    };
    let (mine, others) = (codes(&mut browser).await, codes(&mut browser).await);
    let mixed = others.as_str().replace(&state(&others), &state(&mine));
    assert_eq!(browser.open(mixed.parse().unwrap()).await.status, 400);
    assert_eq!(browser.open(others).await.status, 400, "spent");
    assert!(browser.open(mine.clone()).await.find("code").is_some());
    assert_eq!(browser.open(mine).await.status, 400);
    assert_eq!(running.calls().await.last().unwrap()["status"], json!(400));
}

#[tokio::test]
async fn it_is_an_origin_and_not_the_tenants() {
    for origin in [
        "https://providers.example/path",
        "ftp://providers.example",
        "https://issuer.example",
        "http://custom.example",
    ] {
        let url = |text: &str| Some(Url::parse(text).unwrap());
        let config = Config {
            issuer: url("https://issuer.example"),
            custom_domain: url("http://custom.example"),
            providers_origin: url(origin),
            ..Config::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refused = DevTenant::start(config, listener).await.err();
        assert!(matches!(refused, Some(StartError::Providers(_))), "{origin}");
    }
}
