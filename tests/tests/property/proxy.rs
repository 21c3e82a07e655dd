//! Stands between the host and the tenant and carries out a run's schedule.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use conjoin_auth0::{Management, MetadataPatch, UserId};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use url::Url;

use crate::schedule::{Act, Edit, Schedule, Side};

const MAX_BODY: usize = 4 << 20;

pub struct Proxy {
    pub url: Url,
    runs: Runs,
}

type Runs = Arc<Mutex<HashMap<String, Arc<Strike>>>>;

/// What a run wants done, and what was done.
pub struct Strike {
    pub schedule: Schedule,
    pub primary: UserId,
    pub secondary: UserId,
    /// A first-level key of each bag that the link writes, if it writes any.
    pub planned: Map<String, Value>,
    /// For what someone else writes.
    pub direct: Management,
    pub kill: Notify,
    pub told: Mutex<Told>,
}

#[derive(Default)]
pub struct Told {
    requests: usize,
    patched: bool,
    /// What someone else has written: of which account, in which bag, under which key.
    pub edits: Vec<(Side, &'static str, String, Value)>,
    /// One line a request, for whoever reads a failure.
    pub log: Vec<String>,
}

impl Told {
    /// Of an unlink: the link has written before.
    pub fn already_patched() -> Self {
        Self {
            patched: true,
            ..Self::default()
        }
    }
}

struct Shared {
    runs: Runs,
    tenant: Url,
    http: reqwest::Client,
}

impl Proxy {
    pub async fn start(tenant: Url) -> Self {
        let runs = Runs::default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        let shared = Shared {
            runs: runs.clone(),
            tenant,
            http,
        };
        let router = Router::new().fallback(pass).with_state(Arc::new(shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, runs }
    }

    pub fn set(&self, run: u64, strike: Arc<Strike>) {
        self.runs.lock().unwrap().insert(run.to_string(), strike);
    }

    pub fn forget(&self, run: u64) {
        self.runs.lock().unwrap().remove(&run.to_string());
    }
}

impl Strike {
    fn next(&self, method: &Method, path: &str) -> Option<Act> {
        let mut told = self.told.lock().unwrap();
        let number = told.requests;
        told.requests += 1;
        let act = self
            .schedule
            .iter()
            .find(|(at, _)| *at == number)
            .map(|(_, act)| act.clone());
        told.log.push(format!("{number} {method} {path} {act:?}"));
        act
    }

    /// Whether someone else may write at this request so that the host can know: the secondary before it is read; the primary's planned keys only once the host has written
    /// them (between its read and its write no reader could tell, and Auth0 has no conditional writes), and not between a read and the write that follows it.
    fn allows(&self, edit: &Edit, method: &Method, path: &str) -> Option<When> {
        let on_primary = path.contains(&encoded(&self.primary));
        let patched = self.told.lock().unwrap().patched;
        match edit.of {
            Side::Secondary if *method == Method::GET && path.ends_with(&encoded(&self.secondary)) => {
                Some(When::Before)
            }
            Side::Secondary => None,
            // A write that is still on its way would come over it.
            Side::Primary if edit.planned && self.schedule.iter().any(|(_, act)| matches!(act, Act::Late(_))) => None,
            Side::Primary if edit.planned => {
                let writes = matches!(*method, Method::POST | Method::PATCH) && on_primary;
                (writes && (patched || *method == Method::PATCH)).then_some(When::After)
            }
            Side::Primary => Some(When::Before),
        }
    }

    async fn edit(&self, edit: &Edit) {
        let (user, planned) = match edit.of {
            Side::Primary => (&self.primary, edit.planned),
            Side::Secondary => (&self.secondary, false),
        };
        let key = match self.planned.get(edit.bag) {
            Some(Value::String(key)) if planned => key.clone(),
            _ => format!("third-{}", edit.value),
        };
        let value = json!(format!("written by someone else {}", edit.value));
        let bag = Map::from_iter([(key.clone(), value.clone())]);
        let patch = match edit.bag {
            "user_metadata" => MetadataPatch::new(bag, Map::new()),
            _ => MetadataPatch::new(Map::new(), bag),
        };
        // An account that is gone takes nothing.
        if self.direct.patch_metadata(user, &patch.unwrap()).await.is_ok() {
            self.told.lock().unwrap().edits.push((edit.of, edit.bag, key, value));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}

/// In a task of its own: what a host has sent reaches the tenant, and is noted, when the host dies as well.
async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    tokio::spawn(handle(shared, request)).await.unwrap()
}

async fn handle(shared: Arc<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.unwrap();
    let target = parts.uri.path_and_query().unwrap().as_str();
    let (run, rest) = target.trim_start_matches('/').split_once('/').unwrap();
    let strike = shared.runs.lock().unwrap().get(run).cloned();
    let act = strike.as_ref().and_then(|strike| strike.next(&parts.method, rest));
    let mut onward = shared
        .http
        .request(parts.method.clone(), shared.tenant.join(rest).unwrap())
        .body(body.clone());
    for (name, value) in parts
        .headers
        .iter()
        .filter(|(name, _)| *name != "host" && *name != "content-length")
    {
        onward = onward.header(name, value);
    }
    let send = || async move { answer(onward.send().await.unwrap()).await };
    let (Some(strike), Some(act)) = (strike, act) else {
        return finish(&shared, run, &parts.method, rest, send().await);
    };
    match act {
        Act::Refuse(status) => refusal(status),
        Act::FailAfter(status) => {
            note(&shared, run, &parts.method, rest, &send().await);
            refusal(status)
        }
        Act::Cut { after } => {
            if after {
                note(&shared, run, &parts.method, rest, &send().await);
            }
            cut()
        }
        Act::Half => {
            let (status, bytes) = send().await;
            note(&shared, run, &parts.method, rest, &(status, bytes.clone()));
            (status, bytes.slice(..bytes.len() / 2)).into_response()
        }
        Act::Late(after) => {
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                send().await;
            });
            cut()
        }
        Act::Kill { after } => {
            if after {
                note(&shared, run, &parts.method, rest, &send().await);
            }
            strike.kill.notify_one();
            // Whoever waits for this is dead.
            std::future::pending().await
        }
        Act::Edit(edit) => {
            let when = strike.allows(&edit, &parts.method, rest);
            if when == Some(When::Before) {
                strike.edit(&edit).await;
            }
            let answered = send().await;
            if when == Some(When::After) && answered.0.is_success() {
                strike.edit(&edit).await;
            }
            finish(&shared, run, &parts.method, rest, answered)
        }
    }
}

fn finish(shared: &Shared, run: &str, method: &Method, path: &str, answered: (StatusCode, Bytes)) -> Response {
    note(shared, run, method, path, &answered);
    (answered.0, [("content-type", "application/json")], answered.1).into_response()
}

fn note(shared: &Shared, run: &str, method: &Method, path: &str, answered: &(StatusCode, Bytes)) {
    if let Some(strike) = shared.runs.lock().unwrap().get(run) {
        let mut told = strike.told.lock().unwrap();
        told.patched |=
            *method == Method::PATCH && path.ends_with(&encoded(&strike.primary)) && answered.0.is_success();
        told.log.push(format!("  → {} {method} {path}", answered.0));
    }
}

async fn answer(response: reqwest::Response) -> (StatusCode, Bytes) {
    let status = response.status();
    (status, response.bytes().await.unwrap_or_default())
}

fn refusal(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    let body = json!({ "statusCode": status.as_u16(), "error": "struck", "message": "by the schedule", "errorCode": "struck" });
    (status, axum::Json(body)).into_response()
}

/// An answer that breaks off before its first byte of content.
fn cut() -> Response {
    let broken = Err::<Bytes, _>(std::io::Error::other("cut by the schedule"));
    Body::from_stream(futures_util::stream::iter([broken])).into_response()
}

fn encoded(id: &UserId) -> String {
    id.as_str().replace('|', "%7C")
}
