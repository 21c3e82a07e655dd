//! Somebody of a tenant's platform team: the admin API as programs use it, and the program's own commands for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use url::Url;

use crate::host::program_command;
use crate::{Host, bounded};

/// What `conjoin dev` takes; everyone knows it.
pub const DEV_TOKEN: &str = "conjoin_dev_dev-admin-token";

/// How often, and how many times at most, a version is looked at until it is checked.
const LOOKS: (Duration, u32) = (Duration::from_millis(50), 4_000);

/// How often a request that came too soon is sent again. Each time the host has said when.
const TURNS: u32 = 20;

/// Somebody with a token.
#[derive(Clone)]
pub struct Team {
    http: Client,
    base: Url,
    token: String,
    turns: u32,
}

/// An answer.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null where it is empty.
    pub body: Value,
}

impl Answer {
    /// When to ask again, where that is what it says.
    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
        (self.status == 429).then_some(Duration::from_secs(seconds))
    }
}

impl Team {
    /// With a token, at an address.
    pub fn at(base: &Url, token: &str) -> Self {
        Self {
            http: Client::builder()
                .no_proxy()
                .resolve(crate::SECOND_NAME, crate::LOOPBACK)
                .timeout(Duration::from_secs(200))
                .build()
                .expect("a client"),
            base: base.clone(),
            token: token.to_owned(),
            turns: TURNS,
        }
    }

    /// Of `conjoin dev`'s tenant.
    pub fn of(host: &Host) -> Self {
        Self::at(&host.url, DEV_TOKEN)
    }

    /// Somebody with another token, who takes every answer as it is, also that they came too soon.
    #[must_use]
    pub fn with(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            turns: 0,
            ..self.clone()
        }
    }

    /// A request to be made as the test needs it, and sent by [`Team::send_once`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.base.join(&format!("/admin/v1/{path}")).expect("a path");
        self.http.request(method, url).bearer_auth(&self.token)
    }

    /// The answer to a request. What is asked too soon is asked again when the host says so: how fast this machine is decides no test.
    async fn send(&self, request: impl Fn() -> RequestBuilder) -> Answer {
        let mut answer = Self::send_once(request()).await;
        for _ in 0..self.turns {
            let Some(wait) = answer.retry_after() else { break };
            tokio::time::sleep(wait).await;
            answer = Self::send_once(request()).await;
        }
        answer
    }

    /// Sends a request and reads the answer.
    pub async fn send_once(request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(|| self.request(Method::GET, path)).await
    }

    /// `POST` with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(|| self.request(Method::POST, path).json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(|| self.request(Method::DELETE, path)).await
    }

    /// `PUT /activation` after the change numbered `seen`, if one is named.
    pub async fn put_activation(&self, seen: Option<i64>, policy: &str, settings: Value) -> Answer {
        let body = json!({"policy": policy, "settings": settings});
        let request = || {
            let request = self.request(Method::PUT, "activation").json(&body);
            match seen {
                Some(seen) => request.header("if-match", format!("\"{seen}\"")),
                None => request,
            }
        };
        self.send(request).await
    }

    /// Uploads a component with its cases.
    pub async fn upload(&self, component: &[u8], cases: &BTreeMap<String, String>) -> Answer {
        let form = || form_of(component, cases);
        self.send(|| self.request(Method::POST, "policies").multipart(form()))
            .await
    }

    /// Uploads a component without cases, with what is to be a signature of it.
    pub async fn upload_signed(&self, component: &[u8], signature: &[u8]) -> Answer {
        let form = || form_of(component, &BTreeMap::new()).part("signature", Part::bytes(signature.to_vec()));
        self.send(|| self.request(Method::POST, "policies").multipart(form()))
            .await
    }

    /// Uploads a component and waits until it is checked; answers the version.
    pub async fn push(&self, component: &[u8]) -> Value {
        let uploaded = self.upload(component, &BTreeMap::new()).await;
        assert!([200, 201].contains(&uploaded.status), "{}", uploaded.body);
        self.checked(uploaded.body["digest"].as_str().unwrap()).await
    }

    /// A version, once it is checked.
    pub async fn checked(&self, digest: &str) -> Value {
        for _ in 0..LOOKS.1 {
            let answer = self.get(&format!("policies/{digest}")).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            if answer.body["state"] != "uploaded" {
                return answer.body;
            }
            tokio::time::sleep(LOOKS.0).await;
        }
        panic!("{digest} is not checked");
    }

    /// The number of the last change.
    pub async fn number(&self) -> i64 {
        self.get("activation").await.body["number"].as_i64().unwrap()
    }

    /// Makes a version decide; answers the number of the change.
    pub async fn activate(&self, policy: &str, settings: Value) -> i64 {
        let answer = self.put_activation(Some(self.number().await), policy, settings).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["number"].as_i64().unwrap()
    }

    /// Runs a command of the program as somebody of the team, in a folder.
    pub fn command(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = program_command();
        command.args(arguments).current_dir(folder);
        command
            .env("CONJOIN_HOST", self.base.as_str())
            .env("CONJOIN_TOKEN", &self.token);
        bounded::output(&mut command).expect("the program starts")
    }
}

fn form_of(component: &[u8], cases: &BTreeMap<String, String>) -> Form {
    let component = Part::bytes(component.to_vec())
        .mime_str("application/wasm")
        .expect("a type");
    Form::new()
        .text("cases", json!(cases).to_string())
        .part("component", component)
}
