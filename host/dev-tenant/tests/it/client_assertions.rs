//! Clients that sign who they are (`private_key_jwt`).

use std::io::Write;
use std::process::{Command, Stdio};

use conjoin_dev_tenant::Config;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::support::{Running, start_with};

fn openssl(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

/// A tenant with two clients of one key, whose clock is ahead by so many seconds, and that key.
async fn tenant(clock_skew: i64) -> (Running, EncodingKey) {
    let size = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    let private = openssl(&size, "");
    let public = openssl(&["rsa", "-pubout"], &private);
    let client = |id: &str| {
        format!(
            "[[clients]]\nclient_id = \"{id}\"\nclient_public_key = \"\"\"{public}\"\"\"\nmanagement_scopes = [\"read:users\"]\n"
        )
    };
    let config: Config = toml::from_str(
        &[
            format!("clock_skew = {clock_skew}\n"),
            client("signing"),
            client("other"),
        ]
        .concat(),
    )
    .unwrap();
    let key = EncodingKey::from_rsa_pem(private.as_bytes()).unwrap();
    (start_with(config).await, key)
}

#[tokio::test]
async fn an_assertion_is_taken_from_its_own_client_while_it_is_good() {
    for clock_skew in [0, 3600, -3600] {
        judged(clock_skew).await;
    }
}

/// What is good is so by the tenant's clock.
async fn judged(clock_skew: i64) {
    let (tenant, key) = tenant(clock_skew).await;
    let issuer = tenant.tenant.issuer().to_string();
    let now = OffsetDateTime::now_utc().unix_timestamp() + clock_skew;
    let right = json!({"iss": "signing", "sub": "signing", "aud": issuer, "iat": now, "exp": now + 60, "jti": "1"});
    let with = |changes: Value| {
        let mut claims = right.clone();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    for (claims, client_id, status) in [
        (right.clone(), Some("signing"), 200),
        (right.clone(), None, 200),
        (right.clone(), Some("other"), 401),
        (with(json!({"iss": "other"})), Some("signing"), 401),
        (with(json!({"sub": "other"})), Some("signing"), 401),
        (with(json!({"iss": "other", "sub": "other"})), Some("signing"), 401),
        (with(json!({"iat": now + 120, "exp": now + 180})), Some("signing"), 401),
        (with(json!({"iat": now - 120, "exp": now - 61})), Some("signing"), 401),
        (with(json!({"exp": now + 900})), Some("signing"), 401),
        (with(json!({"aud": "https://elsewhere.example/"})), Some("signing"), 401),
    ] {
        let assertion = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).unwrap();
        let mut body = json!({
            "grant_type": "client_credentials",
            "audience": format!("{issuer}api/v2/"),
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        });
        if let Some(client_id) = client_id {
            body["client_id"] = json!(client_id);
        }
        let url = tenant.tenant.issuer().join("oauth/token").unwrap();
        let answer = tenant.http.post(url).json(&body).send().await.unwrap();
        assert_eq!(
            answer.status().as_u16(),
            status,
            "{claims} {client_id:?}: {}",
            answer.text().await.unwrap()
        );
    }
}
