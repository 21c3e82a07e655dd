//! ID tokens that are not what they claim to be.

use conjoin_tests::{Browser, Host, Page};
use serde_json::{Value, json};

use super::{ada, authorize_url, callback_url, signed_in_as};

/// Ada proves her Google account, and the tenant answers the exchange with a token that `prepare` spoils.
async fn proof_with(host: &Host, browser: &Browser, switches: Value) -> Page {
    let account = browser.get(host.at("/user")).await;
    let authorize = authorize_url(browser, &account, "Google").await;
    let callback = callback_url(host, browser, authorize, "ada@example.com").await;
    host.tenant.switches(switches).await;
    browser.get_once(callback).await
}

async fn assert_refused(host: &Host, browser: &Browser, page: &Page, what: &str) {
    assert_eq!(
        (page.status, page.message().as_str()),
        (403, "tenant-refused"),
        "{what}: {}",
        page.readable()
    );
    assert_eq!(
        signed_in_as(host, browser).await.as_deref(),
        Some("auth0|ada"),
        "{what}"
    );
}

#[tokio::test]
async fn a22_a_token_of_another_issuer_is_refused() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    let issuer = host.tenant.url.as_str();
    let others = [
        json!("https://evil.example/"),
        json!(issuer.trim_end_matches('/')),
        json!(format!("{issuer}x")),
        json!(issuer.to_uppercase()),
        json!([issuer]),
        json!(""),
        Value::Null,
    ];
    for other in others {
        let page = proof_with(
            &host,
            &browser,
            json!({ "next_id_token": { "claims": { "iss": other } } }),
        )
        .await;
        assert_refused(&host, &browser, &page, &format!("iss {other}")).await;
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a23_a_token_with_another_signature_than_the_tenants_is_refused() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    for algorithm in ["none", "client-secret", "public-key-as-secret", "broken-signature"] {
        let page = proof_with(&host, &browser, json!({ "next_id_token": { "algorithm": algorithm } })).await;
        assert_refused(&host, &browser, &page, algorithm).await;
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a23_a_token_for_another_client_or_another_time_is_refused() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    let past = 1_600_000_000;
    let spoils = [
        json!({ "aud": "conjoin-m2m" }),
        json!({ "aud": "" }),
        json!({ "aud": [] }),
        json!({ "aud": Value::Null }),
        json!({ "aud": ["conjoin-dev", "conjoin-m2m"] }),
        json!({ "aud": ["conjoin-m2m"], "azp": "conjoin-dev" }),
        json!({ "azp": "conjoin-m2m" }),
        json!({ "azp": ["conjoin-dev"] }),
        json!({ "exp": past }),
        json!({ "exp": Value::Null }),
        json!({ "exp": "4102444800" }),
        json!({ "iat": Value::Null }),
        json!({ "sub": Value::Null }),
        json!({ "nonce": Value::Null }),
    ];
    for claims in spoils {
        let page = proof_with(&host, &browser, json!({ "next_id_token": { "claims": claims } })).await;
        assert_refused(&host, &browser, &page, &claims.to_string()).await;
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a23_an_access_token_is_no_id_token() {
    let host = Host::start().await;
    let (browser, _) = ada(&host).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let asked = client
        .post(host.tenant.at("/oauth/token"))
        .json(&json!({
            "grant_type": "client_credentials", "client_id": "conjoin-dev", "client_secret": "conjoin-dev-secret", "audience": host.tenant.at("/api/v2/"),
        }))
        .send()
        .await
        .unwrap();
    let token = asked.json::<Value>().await.unwrap()["access_token"].clone();
    assert_eq!(
        token.as_str().unwrap().matches('.').count(),
        2,
        "a signed one of the tenant's own"
    );
    for (id_token, what) in [
        (token, "an access token"),
        (json!("x.y.z"), "nonsense"),
        (json!(""), "none"),
        (json!(7), "a number"),
    ] {
        let account = browser.get(host.at("/user")).await;
        let authorize = authorize_url(&browser, &account, "Google").await;
        let callback = callback_url(&host, &browser, authorize, "ada@example.com").await;
        let body = json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": id_token });
        let rule = json!([{ "method": "POST", "path": "/oauth/token", "times": 1, "status": 200, "body": body }]);
        host.tenant.faults(rule).await;
        let page = browser.get_once(callback).await;
        host.tenant.faults(json!([])).await;
        assert_refused(&host, &browser, &page, what).await;
    }
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn a23_no_forged_token_signs_anyone_in() {
    let host = Host::start().await;
    let forgeries = [
        json!({ "algorithm": "none", "claims": { "sub": "auth0|linus" } }),
        json!({ "algorithm": "client-secret", "claims": { "sub": "auth0|linus" } }),
        json!({ "algorithm": "public-key-as-secret", "claims": { "sub": "auth0|linus" } }),
        json!({ "algorithm": "broken-signature" }),
        json!({ "claims": { "aud": "another" } }),
        json!({ "claims": { "iss": "https://evil.example/" } }),
    ];
    for forgery in forgeries {
        let browser = Browser::new();
        let authorize = browser.get_once(host.at("/login")).await.location().unwrap();
        let callback = callback_url(&host, &browser, authorize, "grace@example.com").await;
        host.tenant.switches(json!({ "next_id_token": forgery })).await;
        let page = browser.get_once(callback).await;
        assert_eq!(
            (page.status, page.message().as_str()),
            (403, "tenant-refused"),
            "{forgery}"
        );
        assert_eq!(signed_in_as(&host, &browser).await, None, "{forgery}");
    }
}
