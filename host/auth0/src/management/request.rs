//! One call to the Management API: sent, bounded, waited for and repeated where that is safe.
//!
//! Repeated are reads, and what does the same however often it is done. A write is sent once: before it is sent again,
//! its caller has to look whether it still should be, also when it certainly did nothing.

mod error_body;

pub(super) use error_body::ErrorBody;

use std::time::Duration;

use backon::{BackoffBuilder, ConstantBuilder, ExponentialBuilder, Retryable};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;
use tracing::Instrument;
use url::Url;

use super::error::{Ambiguity, ManagementError};
use super::rate_limit::requested_wait;
use super::token::{AccessToken, Tokens};
use super::{ManagementConfig, Permit};
use crate::http::{TransportError, read_bounded};

/// How long a call may go on being repeated: a person is waiting for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The least wait after a 429, so that `Retry-After: 0` is no invitation to hammer.
const SHORTEST_WAIT: Duration = Duration::from_millis(300);

/// Everything but RFC 3986's unreserved characters. User ids hold bars, slashes and question marks.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Read,
    Write,
}

pub(super) struct Call {
    method: Method,
    /// The path without its ids: all of it that may be logged.
    template: &'static str,
    url: Url,
    body: Option<Value>,
    effect: Effect,
    /// Whether the tenant's error text may quote what was sent.
    secret_message: bool,
}

pub(super) struct Requests {
    http: reqwest::Client,
    base: Url,
    tokens: Tokens,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Call {
    pub(super) fn new(method: Method, template: &'static str, url: Url, effect: Effect) -> Self {
        Self {
            method,
            template,
            url,
            body: None,
            effect,
            secret_message: false,
        }
    }

    pub(super) fn read(template: &'static str, url: Url) -> Self {
        Self::new(Method::GET, template, url, Effect::Read)
    }

    pub(super) fn write(method: Method, template: &'static str, url: Url) -> Self {
        Self::new(method, template, url, Effect::Write)
    }

    pub(super) fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) fn with_secret_message(mut self) -> Self {
        self.secret_message = true;
        self
    }
}

impl Requests {
    pub(super) fn new(config: ManagementConfig, http: reqwest::Client) -> Self {
        let mut base = config.base.clone();
        // Without a closing slash, joining a path would replace the last segment.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        base.set_query(None);
        base.set_fragment(None);
        let mut token_endpoint = base.clone();
        token_endpoint.set_path(&format!("{}oauth/token", base.path()));
        Self {
            tokens: Tokens::new(config, token_endpoint, http.clone()),
            http,
            base,
        }
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// The URL of a path below `/api/v2/` whose segments are encoded, with its query.
    pub(super) fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<Url, ManagementError> {
        let query: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, RESERVED)))
            .collect();
        let mut url = self
            .base
            .join(&format!("api/v2/{path}"))
            .map_err(|_| ManagementError::Unsendable("the path"))?;
        // `%20` for a space and `%2B` for a plus: unlike form encoding, both read the same to every server.
        url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
        Ok(url)
    }

    /// Runs a call to its end. Reads are repeated while [`PATIENCE`] lasts; fetching the token that a write needs is, too.
    pub(super) async fn run(&self, call: Call, permit: Option<&Permit>) -> Result<Value, ManagementError> {
        match call.effect {
            Effect::Read => self.patiently(&call, || self.attempt(&call, permit)).await,
            Effect::Write => {
                self.patiently(&call, || async { self.tokens.current().await.map(drop) })
                    .await?;
                self.attempt(&call, permit).await
            }
        }
    }

    async fn patiently<T, F: Future<Output = Result<T, ManagementError>>>(
        &self,
        call: &Call,
        attempt: impl FnMut() -> F,
    ) -> Result<T, ManagementError> {
        let started = Instant::now();
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_times(3)
            .with_jitter();
        // Callers told the same second to come back would otherwise come back together.
        let mut scatter = ConstantBuilder::default()
            .with_delay(Duration::from_millis(100))
            .without_max_times()
            .with_jitter()
            .build();
        attempt
            .retry(pauses)
            .when(ManagementError::is_passing)
            .adjust(|error, pause| {
                let wait = match error {
                    // What the tenant asks for is not counted against the number of attempts, only against the time.
                    ManagementError::RateLimited {
                        retry_after: Some(wait),
                    } => Some((*wait).max(SHORTEST_WAIT) + scatter.next().unwrap_or_default()),
                    _ => pause,
                };
                wait.filter(|wait| started.elapsed().saturating_add(*wait) <= PATIENCE)
            })
            .notify(|error, wait| {
                let wait_ms = wait.as_millis();
                tracing::info!(http.method = %call.method, http.route = call.template, %error, wait_ms, "repeating a call");
            })
            .await
    }

    /// One attempt; a token the API does not accept is replaced once, since a 401 did nothing.
    async fn attempt(&self, call: &Call, permit: Option<&Permit>) -> Result<Value, ManagementError> {
        let token = self.tokens.current().await?;
        match self.send(call, &token, permit).await {
            Err(ManagementError::Unauthorized { .. }) => {
                self.tokens.forget(&token).await;
                let token = self.tokens.current().await?;
                self.send(call, &token, permit).await
            }
            ended => ended,
        }
    }

    async fn send(&self, call: &Call, token: &AccessToken, permit: Option<&Permit>) -> Result<Value, ManagementError> {
        // Last of all: fetching a token, or waiting as a 429 asks, takes its time.
        if permit.is_some_and(|permit| !permit()) {
            return Err(ManagementError::NotPermitted);
        }
        let span = tracing::debug_span!(
            "management_call",
            http.method = %call.method,
            http.route = call.template,
            http.status = tracing::field::Empty,
        );
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .bearer_auth(token.secret.expose_secret());
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        let answer = async {
            let began = Instant::now();
            let answer = exchange(request).await;
            if answer.is_ok() {
                metrics::histogram!("conjoin_management_call_seconds", "endpoint" => call.template)
                    .record(began.elapsed().as_secs_f64());
            }
            let status = answer
                .as_ref()
                .map_or_else(|_| "none".to_owned(), |answer| answer.status.to_string());
            let method = call.method.to_string();
            metrics::counter!("conjoin_management_calls_total", "method" => method, "endpoint" => call.template, "status" => status)
                .increment(1);
            if let Ok(answer) = &answer {
                tracing::Span::current().record("http.status", answer.status);
                tracing::debug!("the Management API answered");
            }
            answer
        };
        match answer.instrument(span).await {
            Ok(answer) => judge(call, &answer),
            Err(error) => Err(no_answer(call.effect, error)),
        }
    }
}

/// One segment of a path.
///
/// Empty ones and `.` or `..` are refused: URLs resolve these however they are encoded, and the call would then name
/// something else.
pub(super) fn segment(text: &str) -> Result<String, ManagementError> {
    match text {
        "" | "." | ".." => Err(ManagementError::Unsendable("this id")),
        text => Ok(utf8_percent_encode(text, RESERVED).to_string()),
    }
}

/// A request that got no answer and whose repetition does no harm.
pub(super) fn unreachable(error: reqwest::Error) -> ManagementError {
    ManagementError::Unreachable(error.into())
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, TransportError> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = read_bounded(response).await?;
    Ok(Answer { status, headers, body })
}

fn no_answer(effect: Effect, error: TransportError) -> ManagementError {
    match effect {
        Effect::Write if !error.nothing_was_sent() => ManagementError::Ambiguous(Ambiguity::NoAnswer(error)),
        _ => ManagementError::Unreachable(error),
    }
}

fn judge(call: &Call, answer: &Answer) -> Result<Value, ManagementError> {
    let status = answer.status;
    match (status, call.effect) {
        // Deletions are answered without a body.
        (202 | 204, _) if answer.body.is_empty() => Ok(Value::Null),
        (200..300, effect) => serde_json::from_slice(&answer.body).map_err(|_| match effect {
            Effect::Read => ManagementError::Undecodable("the answer is not JSON".to_owned()),
            Effect::Write => ManagementError::Ambiguous(Ambiguity::UnreadableAnswer),
        }),
        (429, _) => Err(ManagementError::RateLimited {
            retry_after: requested_wait(&answer.headers, OffsetDateTime::now_utc()),
        }),
        (408 | 500.., Effect::Read) => Err(ManagementError::Unavailable { status }),
        (408 | 500.., Effect::Write) => Err(ManagementError::Ambiguous(Ambiguity::ServerError(status))),
        _ => Err(refusal(call, answer)),
    }
}

fn refusal(call: &Call, answer: &Answer) -> ManagementError {
    let body = ErrorBody::read(&answer.body);
    let error_code = body.error_code;
    let message = if call.secret_message {
        "(text withheld, it may quote metadata)".to_owned()
    } else {
        body.message
    };
    match answer.status {
        401 => ManagementError::Unauthorized { message },
        403 if error_code.as_deref() == Some("insufficient_scope") => ManagementError::InsufficientScope {
            // Names scopes only, whatever was sent.
            message: ErrorBody::read(&answer.body).message,
        },
        // A 404 that is not the API's own comes from a wrong address, and must not read as a deleted account.
        404 if body.is_api_error => ManagementError::NotFound,
        409 => ManagementError::Conflict { error_code, message },
        status => ManagementError::Refused {
            status,
            error_code,
            message,
        },
    }
}
