//! HTTPS by the tenant's own authority.

use conjoin_dev_tenant::{Config, DevTenant, TlsConfig};
use reqwest::Certificate;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{Answer, Running, http, start};

async fn start_tls(authority: Option<std::path::PathBuf>) -> Running {
    let config = Config {
        tls: Some(TlsConfig { authority }),
        ..Config::default()
    };
    let tenant = DevTenant::start(config, TcpListener::bind("127.0.0.1:0").await.unwrap())
        .await
        .unwrap();
    let certificate = Certificate::from_pem(tenant.authority().unwrap().as_bytes()).unwrap();
    let http = reqwest::Client::builder()
        .tls_certs_only([certificate])
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(30))
        .build()
        .unwrap();
    Running { tenant, http }
}

#[tokio::test]
async fn who_trusts_the_authority_speaks_https_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    let running = start_tls(Some(file.clone())).await;
    assert_eq!(running.tenant.issuer().scheme(), "https");
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        running.tenant.authority().unwrap()
    );
    let answer = running
        .send(reqwest::Method::GET, "_dev/authority.pem", None, None)
        .await;
    assert_eq!(answer.body.as_str(), running.tenant.authority());
    let api = running.api().await;
    assert_eq!(api.user("auth0|ada").await.status, 200);
    let by_address = running.url("healthy").replace("localhost", "127.0.0.1");
    assert_eq!(running.http.get(by_address).send().await.unwrap().status(), 404);
    let stranger = http().get(running.url("")).send().await.unwrap_err();
    assert!(stranger.is_connect(), "{stranger:?}");
    let plain = running.url("").replace("https://", "http://");
    assert!(running.http.get(plain).send().await.is_err());
}

#[tokio::test]
async fn a_fault_cuts_a_connection_under_tls_too() {
    let running = start_tls(None).await;
    let api = running.api().await;
    running
        .add_faults(json!([{"method": "POST", "path": "/api/v2/users/*/identities", "times": 1, "reset": true, "after_effect": true}]))
        .await;
    let link = running
        .http
        .post(running.url("api/v2/users/auth0%7Cada/identities"))
        .bearer_auth(&api.token)
        .json(&json!({"provider": "google-oauth2", "user_id": "1001"}));
    assert!(link.send().await.is_err());
    assert_eq!(api.user("google-oauth2|1001").await.status, 404, "the link was made");
}

#[tokio::test]
async fn an_authority_that_cannot_be_written_stops_the_start() {
    let config = Config {
        tls: Some(TlsConfig {
            authority: Some("/nonexistent/authority.pem".into()),
        }),
        ..Config::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = DevTenant::start(config, listener).await.err().unwrap().to_string();
    assert!(error.contains("/nonexistent/authority.pem"), "{error}");
}

#[tokio::test]
async fn without_tls_there_is_no_authority() {
    let running = start().await;
    assert_eq!(running.tenant.authority(), None);
    let response = running
        .http
        .get(running.url("_dev/authority.pem"))
        .send()
        .await
        .unwrap();
    assert_eq!(Answer::read(response).await.status, 404);
}
