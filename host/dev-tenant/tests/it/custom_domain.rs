//! A second origin that leads to the tenant.

use conjoin_dev_tenant::{Config, DevTenant, StartError};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::browser::Browser;
use crate::support::{Answer, CALLBACK, Running, VERIFIER, claims, http};

/// The tenant at `localhost`, and at `127.0.0.1` as its custom domain.
async fn start() -> (Running, Url) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let custom = Url::parse(&format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port())).unwrap();
    let config = Config {
        custom_domain: Some(custom.clone()),
        ..Config::default()
    };
    let tenant = DevTenant::start(config, listener).await.unwrap();
    (Running { tenant, http: http() }, custom)
}

async fn machine_token(running: &Running, domain: &Url) -> String {
    let audience = running.url("api/v2/");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "conjoin-m2m"),
        ("client_secret", "conjoin-m2m-secret"),
        ("audience", &audience),
    ];
    let request = running.http.post(domain.join("oauth/token").unwrap()).form(&form);
    let answer = Answer::read(request.send().await.unwrap()).await;
    answer.body["access_token"].as_str().unwrap().to_owned()
}

async fn user(running: &Running, domain: &Url, token: &str) -> u16 {
    let request = running.http.get(domain.join("api/v2/users/auth0%7Cada").unwrap());
    request.bearer_auth(token).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_token_names_the_domain_that_was_asked_and_is_good_there_only() {
    let (running, custom) = start().await;
    let own = running.tenant.issuer().clone();
    for (domain, other) in [(&own, &custom), (&custom, &own)] {
        let token = machine_token(&running, domain).await;
        let claims = claims(&token);
        assert_eq!(claims["iss"], json!(domain.as_str()));
        assert_eq!(claims["aud"], json!(format!("{own}api/v2/")), "the audience stays");
        assert_eq!(user(&running, domain, &token).await, 200);
        assert_eq!(user(&running, other, &token).await, 401);
    }
}

#[tokio::test]
async fn people_sign_in_at_the_custom_domain() {
    let (running, custom) = start().await;
    let discovery = running
        .http
        .get(custom.join(".well-known/openid-configuration").unwrap());
    let document: Value = discovery.send().await.unwrap().json().await.unwrap();
    assert_eq!(document["issuer"], json!(custom.as_str()));
    assert_eq!(document["token_endpoint"], json!(format!("{custom}oauth/token")));
    let mut browser = Browser::new(running.http.clone(), custom.clone());
    let landed = browser.sign_in("ada@example.com", &[]).await;
    let code = landed.parameter("code");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "conjoin-dev"),
        ("client_secret", "conjoin-dev-secret"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let request = running.http.post(custom.join("oauth/token").unwrap()).form(&form);
    let answer = Answer::read(request.send().await.unwrap()).await;
    let id_token = answer.body["id_token"].as_str().unwrap();
    assert_eq!(claims(id_token)["iss"], json!(custom.as_str()));
    let opaque = answer.body["access_token"].as_str().unwrap();
    for (domain, status) in [(&custom, 200), (running.tenant.issuer(), 401)] {
        let asked = running.http.get(domain.join("userinfo").unwrap()).bearer_auth(opaque);
        assert_eq!(asked.send().await.unwrap().status(), status, "{domain}");
    }
    let hint = format!("oidc/logout?id_token_hint={id_token}");
    let answer = running.send(Method::GET, &hint, None, None).await;
    assert_eq!(answer.status, 200, "a hint of either domain is the tenant's");
}

#[tokio::test]
async fn a_custom_domain_is_an_origin() {
    let config = Config {
        custom_domain: Some(Url::parse("https://login.example/path").unwrap()),
        ..Config::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = DevTenant::start(config, listener).await.err();
    assert!(matches!(refused, Some(StartError::Issuer(_))));
}
