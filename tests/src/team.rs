//! Somebody of a tenant's platform team: the admin API as programs use it, and the program's own commands for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use url::Url;

use crate::Host;
use crate::host::program_command;

/// What `conjoin dev` takes; everyone knows it.
pub const DEV_TOKEN: &str = "conjoin_dev_dev-admin-token";

/// How often, and how many times at most, a version is looked at until it is checked.
const LOOKS: (Duration, u32) = (Duration::from_millis(50), 4_000);

/// Somebody with a token.
#[derive(Clone)]
pub struct Team {
    http: Client,
    base: Url,
    token: String,
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
        }
    }

    /// Of `conjoin dev`'s tenant.
    pub fn of(host: &Host) -> Self {
        Self::at(&host.url, DEV_TOKEN)
    }

    /// The same with another token.
    #[must_use]
    pub fn with(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// A request to be made as the test needs it, and sent by [`Team::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.base.join(&format!("/admin/v1/{path}")).expect("a path");
        self.http.request(method, url).bearer_auth(&self.token)
    }

    /// Sends a request and reads the answer.
    pub async fn send(request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, body }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    /// `POST` with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::POST, path).json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        Self::send(self.request(Method::DELETE, path)).await
    }

    /// `PUT /activation` after the change numbered `seen`, if one is named.
    pub async fn put_activation(&self, seen: Option<i64>, policy: &str, settings: Value) -> Answer {
        let mut request = self.request(Method::PUT, "activation");
        if let Some(seen) = seen {
            request = request.header("if-match", format!("\"{seen}\""));
        }
        Self::send(request.json(&json!({"policy": policy, "settings": settings}))).await
    }

    /// Uploads a component with its cases.
    pub async fn upload(&self, component: &[u8], cases: &BTreeMap<String, String>) -> Answer {
        let component = Part::bytes(component.to_vec())
            .mime_str("application/wasm")
            .expect("a type");
        let form = Form::new()
            .text("cases", json!(cases).to_string())
            .part("component", component);
        Self::send(self.request(Method::POST, "policies").multipart(form)).await
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
            let version = self.get(&format!("policies/{digest}")).await.body;
            if version["state"] != "uploaded" {
                return version;
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
        command.output().expect("the program starts")
    }
}
