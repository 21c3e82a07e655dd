//! A running tenant and what clients do with it.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use conjoin_dev_tenant::{Config, DevTenant};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::browser::Browser;

pub const CALLBACK: &str = "http://localhost:13100/callback";
pub const PASSWORD: &str = "correct-horse";
/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct Running {
    pub tenant: DevTenant,
    pub http: reqwest::Client,
}

pub struct Answer {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

pub async fn start() -> Running {
    start_with(Config::default()).await
}

pub async fn start_with(config: Config) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tenant = DevTenant::start(config, listener).await.unwrap();
    Running { tenant, http: http() }
}

pub fn http() -> reqwest::Client {
    let timeout = Duration::from_secs(30);
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .build()
        .unwrap()
}

pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The claims of a JWT, unverified.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

pub fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    let encoded = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

/// Waits for something that other tasks bring about.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::task::yield_now().await;
    }
}

impl Running {
    pub fn url(&self, path: &str) -> String {
        format!("{}{}", self.tenant.issuer(), path.trim_start_matches('/'))
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.http.clone(), self.tenant.issuer().clone())
    }

    pub async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = self.http.request(method, self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::read(request.send().await.unwrap()).await
    }

    pub async fn token_request(&self, parameters: &[(&str, &str)]) -> Answer {
        let request = self.http.post(self.url("oauth/token")).form(parameters);
        Answer::read(request.send().await.unwrap()).await
    }

    pub async fn machine_token(&self, client: &str) -> String {
        let audience = self.url("api/v2/");
        let secret = format!("{client}-secret");
        let answer = self
            .token_request(&[
                ("grant_type", "client_credentials"),
                ("client_id", client),
                ("client_secret", &secret),
                ("audience", &audience),
            ])
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["access_token"].as_str().unwrap().to_owned()
    }

    /// The Management API with all scopes.
    pub async fn api(&self) -> Api<'_> {
        Api {
            running: self,
            token: self.machine_token("conjoin-m2m").await,
        }
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token_request(&[
            ("grant_type", "refresh_token"),
            ("client_id", "conjoin-dev"),
            ("client_secret", "conjoin-dev-secret"),
            ("refresh_token", refresh_token),
        ])
        .await
    }

    pub async fn exchange(&self, code: &str) -> Answer {
        self.token_request(&[
            ("grant_type", "authorization_code"),
            ("client_id", "conjoin-dev"),
            ("client_secret", "conjoin-dev-secret"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    /// Signs in in a fresh browser and answers the ID token's claims.
    pub async fn id_token(&self, username: &str, more: &[(&str, &str)]) -> String {
        let landed = self.browser().sign_in(username, more).await;
        let answer = self.exchange(&landed.parameter("code")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["id_token"].as_str().unwrap().to_owned()
    }

    pub async fn calls(&self) -> Vec<Value> {
        let answer = self.send(Method::GET, "_dev/calls", None, None).await;
        answer.body.as_array().unwrap().clone()
    }

    /// Adds fault rules to those in force.
    pub async fn add_faults(&self, rules: Value) {
        let answer = self.send(Method::POST, "_dev/faults", None, Some(rules)).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }

    /// Takes the fault rules of one name away.
    pub async fn remove_faults(&self, name: &str) {
        let path = format!("_dev/faults?name={name}");
        assert_eq!(self.send(Method::DELETE, &path, None, None).await.status, 204);
    }

    pub async fn put_dev(&self, path: &str, body: Value) {
        let answer = self.send(Method::PUT, path, None, Some(body)).await;
        assert!(answer.status < 300, "{} {}", answer.status, answer.body);
    }
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, body, headers }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    /// Asserts Auth0's error shape.
    pub fn is_error(&self, status: u16, code: Option<&str>) {
        assert_eq!(self.status, status, "{}", self.body);
        let reason = StatusCode::from_u16(status).unwrap().canonical_reason().unwrap();
        assert_eq!(self.body["statusCode"], json!(status));
        assert_eq!(self.body["error"], json!(reason));
        assert!(self.body["message"].as_str().is_some_and(|message| !message.is_empty()));
        assert_eq!(
            self.body.get("errorCode").and_then(Value::as_str),
            code,
            "{}",
            self.body
        );
    }
}

pub struct Api<'a> {
    running: &'a Running,
    pub token: String,
}

impl Api<'_> {
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.running
            .send(method, &format!("api/v2/{path}"), Some(&self.token), body)
            .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn user(&self, id: &str) -> Answer {
        self.get(&format!("users/{}", encoded(id))).await
    }

    pub async fn patch(&self, id: &str, body: Value) -> Answer {
        self.send(Method::PATCH, &format!("users/{}", encoded(id)), Some(body))
            .await
    }

    pub async fn link(&self, id: &str, body: Value) -> Answer {
        self.send(Method::POST, &format!("users/{}/identities", encoded(id)), Some(body))
            .await
    }

    pub async fn unlink(&self, id: &str, provider: &str, user_id: &str) -> Answer {
        let path = format!(
            "users/{}/identities/{}/{}",
            encoded(id),
            encoded(provider),
            encoded(user_id)
        );
        self.send(Method::DELETE, &path, None).await
    }
}
