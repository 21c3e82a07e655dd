//! The admin API, asked.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use conjoin_auth0::{HttpTimeouts, http_client};
use reqwest::header::{CONTENT_TYPE, IF_MATCH};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{NOT_FOUND, Remote, UNREACHABLE, USAGE, plain};
use crate::addresses::{is_private, is_this_machine};
use crate::admin::MAX_UPLOAD_TIME;
use crate::dev::SHOWN_ADMIN_TOKEN;
use crate::operate::print::plain_lines;
use crate::web::MAX_TIME;

/// Longer than a host takes for anything but an upload: its own word is worth more than that nothing came.
const TIMEOUTS: HttpTimeouts = HttpTimeouts {
    connect: Duration::from_secs(5),
    total: MAX_TIME.saturating_add(SPARE),
};

/// On the way there and back.
const SPARE: Duration = Duration::from_secs(30);

/// The longest answer that is read: a list with reports, or a component.
const MAX_ANSWER: usize = 32 << 20;

/// A host, asked with a token.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: SecretString,
}

/// What the host did not do.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// No token is at hand.
    #[error("no token: give one with `--token` or in CONJOIN_TOKEN; `conjoin token create` makes one")]
    NoToken,
    /// The command line.
    #[error("{0}")]
    Usage(String),
    /// No answer.
    #[error("{host} does not answer: {why}")]
    Unreachable { host: String, why: String },
    /// It said no.
    #[error("{0}")]
    Refused(Problem),
    /// There is none.
    #[error("{0}")]
    NotFound(String),
}

/// RFC 9457, as far as it is of use here.
#[derive(Debug, Deserialize)]
pub(super) struct Problem {
    status: u16,
    detail: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&plain_lines(&self.detail))
    }
}

impl ClientError {
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::NoToken | Self::Usage(_) => USAGE,
            Self::Unreachable { .. } => UNREACHABLE,
            Self::Refused(problem) if problem.status >= 500 || [408, 429].contains(&problem.status) => UNREACHABLE,
            Self::Refused(_) => 1,
            Self::NotFound(_) => NOT_FOUND,
        })
    }
}

impl Client {
    pub(super) fn new(remote: &Remote) -> anyhow::Result<Self> {
        let host = &remote.host;
        let usage = |text: String| Err(ClientError::Usage(text).into());
        if !matches!(host.scheme(), "http" | "https") || !host.has_host() {
            return usage(format!(
                "{host} is no address of a host: those begin with `https://` (or `http://`)"
            ));
        }
        if !is_private(host) && !remote.allow_plain {
            return usage(format!(
                "{host} is another machine, and whoever is on the way there could read the token: use `https`, or say `--allow-plain`"
            ));
        }
        let dev = || is_this_machine(host).then(|| SecretString::from(SHOWN_ADMIN_TOKEN));
        let token = remote.token.clone().or_else(dev).ok_or(ClientError::NoToken)?;
        let token = token.expose_secret().trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return usage("the token is none: those are `conjoin_`, an id, and a secret".to_owned());
        }
        Ok(Self {
            http: http_client(TIMEOUTS).context("making the HTTP client")?,
            base: host.clone(),
            token: SecretString::from(token),
        })
    }

    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        self.answer(self.request(Method::GET, path)?.query(query)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.answer(self.request(Method::POST, path)?.json(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.answer(self.request(Method::PUT, path)?.json(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.answer(self.request(Method::DELETE, path)?).await
    }

    /// Sends a body that depends on what was seen before: RFC 9110's `If-Match`.
    pub(super) async fn put_if(&self, path: &str, seen: i64, body: &Value) -> anyhow::Result<Value> {
        let request = self.request(Method::PUT, path)?.header(IF_MATCH, tag(seen));
        self.answer(request.json(body)).await
    }

    /// The same.
    pub(super) async fn post_if(&self, path: &str, seen: i64, body: &Value) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, path)?.header(IF_MATCH, tag(seen));
        self.answer(request.json(body)).await
    }

    /// Uploads. The component is compiled before it is answered.
    pub(super) async fn upload(&self, path: &str, form: reqwest::multipart::Form) -> anyhow::Result<Value> {
        let request = self.request(Method::POST, path)?.timeout(MAX_UPLOAD_TIME + SPARE);
        self.answer(request.multipart(form)).await
    }

    fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let path = format!("{}/{path}", crate::admin::PREFIX);
        let url = self
            .base
            .join(&path)
            .context("the host's address cannot be the base of others")?;
        Ok(self.http.request(method, url).bearer_auth(self.token.expose_secret()))
    }

    async fn answer(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let broken = |error: reqwest::Error| {
            let why = anyhow::Error::from(error.without_url()).root_cause().to_string();
            self.unreachable(plain(&why))
        };
        let mut response = request.send().await.map_err(broken)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(self.unreachable("its answer is too long".to_owned()).into());
            }
            body.extend_from_slice(&chunk);
        }
        if !response.status().is_success() {
            return Err(self.refusal(&response, &body).into());
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&body).map_err(|_| self.stranger(&response))?)
    }

    fn refusal(&self, response: &Response, body: &[u8]) -> ClientError {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let problem = kind.filter(|kind| kind.starts_with("application/problem+json"));
        let problem = problem.and_then(|_| serde_json::from_slice::<Problem>(body).ok());
        match problem {
            Some(problem) if response.status() == StatusCode::NOT_FOUND => ClientError::NotFound(problem.to_string()),
            Some(problem) => ClientError::Refused(problem),
            None => self.stranger(response),
        }
    }

    /// Something answers, and not what was asked.
    fn stranger(&self, response: &Response) -> ClientError {
        let status = response.status().as_u16();
        self.unreachable(format!(
            "what answers there is no admin API of Conjoin (status {status}); `--host` or CONJOIN_HOST says where it is"
        ))
    }

    fn unreachable(&self, why: String) -> ClientError {
        ClientError::Unreachable {
            host: self.base.as_str().trim_end_matches('/').to_owned(),
            why,
        }
    }

    /// The one version whose digest begins with `text`.
    pub(super) async fn digest(&self, text: &str) -> anyhow::Result<String> {
        let is_digest = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.len() >= 4;
        if !is_digest(text) || text.len() > 64 {
            return Err(
                ClientError::Usage(format!("`{text}` is no digest: those are 4 to 64 hexadecimal digits")).into(),
            );
        }
        if text.len() == 64 {
            return Ok(text.to_owned());
        }
        let mut after: Option<String> = None;
        let mut found: Vec<String> = Vec::new();
        loop {
            let query: Vec<(&str, &str)> = after.iter().map(|after| ("after", after.as_str())).collect();
            let page = self.get("policies", &query).await?;
            let digests = page["policies"].as_array().into_iter().flatten();
            let digests = digests.filter_map(|version| version["digest"].as_str());
            let begins = |digest: &&str| digest.len() == 64 && is_digest(digest) && digest.starts_with(text);
            found.extend(digests.filter(begins).map(str::to_owned));
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(ClientError::NotFound(format!("no version's digest begins with `{text}`")).into()),
            _ => Err(ClientError::Usage(format!("several digests begin with `{text}`; write more of it")).into()),
        }
    }
}

/// The one kind of entity tag that the API gives.
fn tag(number: i64) -> String {
    format!("\"{number}\"")
}
