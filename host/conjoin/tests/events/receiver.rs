//! A consumer of webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Status(u16),
    /// With `Retry-After`.
    Busy(&'static str),
    /// To somewhere else.
    Redirect,
    /// Not before so long.
    After(Duration),
}

/// One POST.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: Value,
    pub body: String,
}

pub struct Receiver {
    pub url: String,
    received: mpsc::UnboundedReceiver<Received>,
}

#[derive(Clone)]
struct Shared {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    sender: mpsc::UnboundedSender<Received>,
}

impl Receiver {
    /// Answers as told, and with 204 from then on.
    pub async fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks?token=not-to-be-logged", listener.local_addr().unwrap());
        let (sender, received) = mpsc::unbounded_channel();
        let shared = Shared {
            answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
            sender,
        };
        let router = Router::new().fallback(receive).with_state(shared);
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, received }
    }

    pub async fn next(&mut self) -> Received {
        let next = tokio::time::timeout(Duration::from_secs(20), self.received.recv()).await;
        next.expect("a webhook arrives").unwrap()
    }

    /// Whether nothing arrives for a moment.
    pub async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(700), self.received.recv())
            .await
            .is_err()
    }
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].as_str().unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn receive(State(shared): State<Shared>, headers: HeaderMap, body: String) -> Response {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
        .collect();
    let received = Received { headers, body };
    let answer = shared
        .answers
        .lock()
        .unwrap()
        .pop_front()
        .unwrap_or(Answer::Status(204));
    drop(shared.sender.send(received));
    match answer {
        Answer::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Answer::Busy(wait) => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", wait)]).into_response(),
        Answer::Redirect => (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response(),
        Answer::After(wait) => {
            tokio::time::sleep(wait).await;
            StatusCode::NO_CONTENT.into_response()
        }
    }
}
