//! `/oauth/token`, `/oauth/revoke`, `/userinfo`, keys, and forged tokens.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use reqwest::Method;
use serde_json::{Value, json};

use conjoin_dev_tenant::Config;

use crate::support::{Answer, CALLBACK, Running, VERIFIER, claims, header, start, start_with};

pub async fn keys(running: &Running) -> JwkSet {
    let answer = running.send(Method::GET, ".well-known/jwks.json", None, None).await;
    serde_json::from_value(answer.body).unwrap()
}

/// Whether it is an ID token of `conjoin-dev` that one of these keys signed.
fn verifies(token: &str, keys: &JwkSet) -> bool {
    is_for("conjoin-dev", token, keys)
}

pub fn is_for(audience: &str, token: &str, keys: &JwkSet) -> bool {
    let kid = header(token)["kid"].as_str().unwrap_or_default().to_owned();
    let Some(key) = keys.find(&kid) else { return false };
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[audience]);
    decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).is_ok()
}

#[tokio::test]
async fn discovery_says_what_the_tenant_does() {
    let running = start().await;
    let document = running
        .send(Method::GET, ".well-known/openid-configuration", None, None)
        .await
        .body;
    let issuer = running.tenant.issuer().as_str();
    assert_eq!(document["issuer"], json!(issuer));
    assert!(issuer.ends_with('/'));
    for (name, path) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "oauth/token"),
        ("userinfo_endpoint", "userinfo"),
        ("jwks_uri", ".well-known/jwks.json"),
        ("end_session_endpoint", "oidc/logout"),
    ] {
        assert_eq!(document[name], json!(running.url(path)), "{name}");
    }
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["RS256"]));
    assert!(document.get("pushed_authorization_request_endpoint").is_none());
    let plain = start_with(Config {
        rp_initiated_logout: false,
        ..Config::default()
    })
    .await;
    let document = plain
        .send(Method::GET, ".well-known/openid-configuration", None, None)
        .await
        .body;
    assert!(document.get("end_session_endpoint").is_none());
}

#[tokio::test]
async fn tokens_verify_with_the_published_keys_and_rotation_changes_them() {
    let running = start().await;
    let first = running.id_token("grace@example.com", &[]).await;
    let published = keys(&running).await;
    assert!(published.keys.iter().all(|key| key.common.key_id.is_some()));
    assert!(verifies(&first, &published));
    running.send(Method::POST, "_dev/rotate-keys", None, None).await;
    let second = running.id_token("grace@example.com", &[]).await;
    assert!(!verifies(&second, &published), "a new key");
    let published = keys(&running).await;
    assert!(verifies(&first, &published) && verifies(&second, &published));
    running
        .send(
            Method::POST,
            "_dev/rotate-keys",
            None,
            Some(json!({"keep_previous": false})),
        )
        .await;
    let published = keys(&running).await;
    assert!(!verifies(&first, &published) && !verifies(&second, &published));
}

#[tokio::test]
async fn a_code_is_spent_by_its_first_use() {
    let running = start().await;
    let code = running
        .browser()
        .sign_in("grace@example.com", &[])
        .await
        .parameter("code");
    assert_eq!(running.exchange(&code).await.status, 200);
    let again = running.exchange(&code).await;
    assert_eq!(
        (again.status, again.body),
        (
            403,
            json!({"error": "invalid_grant", "error_description": "Invalid authorization code"})
        )
    );
}

#[tokio::test]
async fn a_code_needs_its_verifier_its_callback_and_its_client() {
    let running = start().await;
    let other = "http://localhost:13101/callback";
    for (verifier, redirect_uri, client, error) in [
        ("wrong", CALLBACK, "conjoin-dev", "Failed to verify code verifier"),
        ("", CALLBACK, "conjoin-dev", "Failed to verify code verifier"),
        (VERIFIER, other, "conjoin-dev", "The redirect URI is wrong."),
        (
            VERIFIER,
            CALLBACK,
            "conjoin-m2m",
            "Grant type 'authorization_code' not allowed for the client.",
        ),
    ] {
        let code = running
            .browser()
            .sign_in("grace@example.com", &[])
            .await
            .parameter("code");
        let secret = format!("{client}-secret");
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("client_secret", &secret),
        ];
        parameters.extend([
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ]);
        let answer = running.token_request(&parameters).await;
        assert_eq!(answer.status, 403, "{error}");
        assert!(
            answer.body["error_description"].as_str().unwrap().starts_with(error),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn clients_prove_themselves_in_the_header_the_form_or_json() {
    let running = start().await;
    let audience = running.url("api/v2/");
    let grant = [("grant_type", "client_credentials"), ("audience", audience.as_str())];
    let basic = running
        .http
        .post(running.url("oauth/token"))
        .basic_auth("conjoin-m2m", Some("conjoin-m2m-secret"))
        .form(&grant);
    assert_eq!(basic.send().await.unwrap().status(), 200);
    let body = json!({"grant_type": "client_credentials", "audience": audience, "client_id": "conjoin-m2m", "client_secret": "conjoin-m2m-secret"});
    assert_eq!(
        running.send(Method::POST, "oauth/token", None, Some(body)).await.status,
        200
    );
    for (client, secret) in [
        ("conjoin-m2m", "wrong"),
        ("conjoin-m2m", ""),
        ("nobody", "conjoin-m2m-secret"),
    ] {
        let mut parameters = grant.to_vec();
        parameters.extend([("client_id", client), ("client_secret", secret)]);
        let answer = running.token_request(&parameters).await;
        assert_eq!(
            (answer.status, &answer.body["error"]),
            (401, &json!("access_denied")),
            "{client}"
        );
    }
    let answer = Answer::read(
        running
            .http
            .post(running.url("oauth/token"))
            .form(&grant)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_machine_token_is_a_jwt_with_the_clients_scopes() {
    let running = start().await;
    let token = running.machine_token("conjoin-readonly").await;
    let claims = claims(&token);
    assert_eq!(
        (&claims["scope"], &claims["azp"], &claims["sub"]),
        (
            &json!("read:users"),
            &json!("conjoin-readonly"),
            &json!("conjoin-readonly@clients")
        )
    );
    assert_eq!(
        (&claims["aud"], header(&token)["alg"].as_str()),
        (&json!(running.url("api/v2/")), Some("RS256"))
    );
    let elsewhere = [
        ("grant_type", "client_credentials"),
        ("client_id", "conjoin-m2m"),
        ("client_secret", "conjoin-m2m-secret"),
        ("audience", "https://elsewhere.example/"),
    ];
    assert_eq!(running.token_request(&elsewhere).await.status, 403);
    assert_eq!(running.token_request(&elsewhere[..3]).await.status, 403);
    let unknown = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        elsewhere[1],
        elsewhere[2],
    ];
    assert_eq!(
        running.token_request(&unknown).await.body["error"],
        json!("unsupported_grant_type")
    );
}

#[tokio::test]
async fn a_refresh_token_works_until_it_is_revoked() {
    let running = start().await;
    let landed = running
        .browser()
        .sign_in("grace@example.com", &[("scope", "openid offline_access")])
        .await;
    let answer = running.exchange(&landed.parameter("code")).await;
    let refresh = answer.body["refresh_token"].as_str().unwrap().to_owned();
    let client = [("client_id", "conjoin-dev"), ("client_secret", "conjoin-dev-secret")];
    let parameters = [
        ("grant_type", "refresh_token"),
        client[0],
        client[1],
        ("refresh_token", refresh.as_str()),
    ];
    let renewed = running.token_request(&parameters).await;
    assert_eq!(
        claims(renewed.body["id_token"].as_str().unwrap())["sub"],
        json!("auth0|grace")
    );
    let revoke = running
        .http
        .post(running.url("oauth/revoke"))
        .form(&[client[0], client[1], ("token", &refresh)]);
    let revoked = revoke.send().await.unwrap();
    assert_eq!(
        (revoked.status().as_u16(), revoked.text().await.unwrap()),
        (200, String::new())
    );
    let answer = running.token_request(&parameters).await;
    assert_eq!((answer.status, &answer.body["error"]), (403, &json!("invalid_grant")));
}

#[tokio::test]
async fn userinfo_tells_the_person_as_they_are_now() {
    let running = start().await;
    let landed = running.browser().sign_in("grace@example.com", &[]).await;
    let token = running.exchange(&landed.parameter("code")).await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    running
        .api()
        .await
        .patch("auth0|grace", json!({"nickname": "amazing"}))
        .await;
    let person = running.send(Method::GET, "userinfo", Some(&token), None).await;
    assert_eq!(
        (&person.body["sub"], &person.body["nickname"]),
        (&json!("auth0|grace"), &json!("amazing"))
    );
    for token in [None, Some("nonsense")] {
        assert_eq!(running.send(Method::GET, "userinfo", token, None).await.status, 401);
    }
}

#[tokio::test]
async fn hybrid_tokens_carry_their_hashes_and_the_code_works() {
    let running = start().await;
    let landed = running
        .browser()
        .sign_in("grace@example.com", &[("response_type", "code id_token token")])
        .await;
    assert!(landed.url.fragment().is_some());
    let claims = claims(&landed.parameter("id_token"));
    assert!(claims["c_hash"].is_string() && claims["at_hash"].is_string());
    assert_eq!(landed.parameter("token_type"), "Bearer");
    assert_eq!(running.exchange(&landed.parameter("code")).await.status, 200);
}

#[tokio::test]
async fn pushed_requests_are_taken_once_where_they_are_enabled() {
    let running = start_with(Config {
        pushed_authorization_requests: true,
        ..Config::default()
    })
    .await;
    let mut browser = running.browser();
    let url = browser.authorize_url(&[]);
    let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    form.push(("client_secret".to_owned(), "conjoin-dev-secret".to_owned()));
    let pushed = Answer::read(
        running
            .http
            .post(running.url("oauth/par"))
            .form(&form)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((pushed.status, &pushed.body["expires_in"]), (201, &json!(30)));
    let mut url = url;
    url.query_pairs_mut()
        .clear()
        .append_pair("client_id", "conjoin-dev")
        .append_pair("request_uri", pushed.body["request_uri"].as_str().unwrap());
    let page = browser.open(url.clone()).await;
    assert!(
        browser
            .enter(&page, "grace@example.com", "correct-horse")
            .await
            .find("code")
            .is_some()
    );
    assert_eq!(browser.open(url).await.status, 400, "once");
    assert_eq!(start().await.token_request(&[]).await.status, 400);
}

#[tokio::test]
async fn the_next_id_token_can_be_forged_and_only_that() {
    let running = start().await;
    let published = keys(&running).await;
    for (forgery, algorithm) in [
        (json!({"algorithm": "none"}), "none"),
        (json!({"algorithm": "client-secret"}), "HS256"),
        (json!({"algorithm": "public-key-as-secret"}), "HS256"),
        (json!({"algorithm": "broken-signature"}), "RS256"),
    ] {
        running.put_dev("_dev/oidc", json!({"next_id_token": forgery})).await;
        let token = running.id_token("grace@example.com", &[]).await;
        assert_eq!(header(&token)["alg"], json!(algorithm));
        assert!(algorithm != "RS256" || !verifies(&token, &published));
    }
    let forged = json!({"iss": "https://evil.example/", "aud": "other", "nonce": null, "email_verified": false, "auth_time": "12"});
    running
        .put_dev("_dev/oidc", json!({"next_id_token": {"claims": forged}}))
        .await;
    let token = claims(&running.id_token("grace@example.com", &[]).await);
    assert_eq!(
        (&token["iss"], &token["aud"], &token["auth_time"]),
        (&json!("https://evil.example/"), &json!("other"), &json!("12"))
    );
    assert!(token.get("nonce").is_none());
    let honest = running.id_token("grace@example.com", &[]).await;
    assert!(verifies(&honest, &published));
}

#[tokio::test]
async fn auth_time_can_be_stripped_and_skewed() {
    let running = start().await;
    running.put_dev("_dev/oidc", json!({"strip_auth_time": true})).await;
    let token = claims(&running.id_token("grace@example.com", &[("max_age", "0")]).await);
    assert!(token.get("auth_time").is_none());
    running.put_dev("_dev/oidc", json!({"skew_auth_time": -3600})).await;
    let token = claims(&running.id_token("grace@example.com", &[("max_age", "0")]).await);
    assert!(token["iat"].as_i64().unwrap() - token["auth_time"].as_i64().unwrap() >= 3600);
}
