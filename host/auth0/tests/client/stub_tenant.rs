//! A tenant that answers what a test scripts, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use conjoin_auth0::{HttpTimeouts, Management, ManagementConfig, RelyingParty, RelyingPartyConfig, http_client};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use url::Url;

pub const CLIENT_ID: &str = "stub-client";
pub const CLIENT_SECRET: &str = "stub-secret";

/// One request as it came over the wire.
#[derive(Clone)]
pub struct Recorded {
    /// Method and raw path: `GET /api/v2/users/auth0%7Cada`.
    pub target: String,
    /// Raw query, without the `?`.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    ending: Ending,
}

#[derive(Clone)]
enum Ending {
    Answer,
    AnswerAfter(Arc<Semaphore>),
    Drop,
    Silence,
}

type Script = Box<dyn Fn(&Recorded, usize) -> Reply + Send + Sync>;

#[derive(Default)]
struct Shared {
    scripts: Mutex<HashMap<String, Script>>,
    requests: Mutex<Vec<Recorded>>,
}

pub struct StubTenant {
    /// `http://127.0.0.1:PORT/`, which is also the issuer.
    pub base: Url,
    shared: Arc<Shared>,
    server: Mutex<Option<JoinHandle<std::io::Result<()>>>>,
}

impl Recorded {
    pub fn form(&self) -> HashMap<String, String> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn bearer(&self) -> &str {
        let value = self.headers["authorization"].to_str().unwrap();
        value.strip_prefix("Bearer ").unwrap()
    }
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", &body.to_string())
    }

    pub fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self::bytes(status, content_type, body.as_bytes().to_vec())
    }

    pub fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body,
            ending: Ending::Answer,
        }
    }

    /// An error as the Management API words it.
    pub fn error(status: u16, error_code: &str, message: &str) -> Self {
        let body = json!({"statusCode": status, "error": "Error", "message": message, "errorCode": error_code});
        Self::json(status, &body)
    }

    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits for a permit before it answers.
    pub fn after(mut self, gate: Arc<Semaphore>) -> Self {
        self.ending = Ending::AnswerAfter(gate);
        self
    }

    /// Closes the connection without a byte of an answer.
    pub fn dropped_connection() -> Self {
        Self {
            ending: Ending::Drop,
            ..Self::json(200, &Value::Null)
        }
    }

    /// Never answers.
    pub fn silence() -> Self {
        Self {
            ending: Ending::Silence,
            ..Self::json(200, &Value::Null)
        }
    }
}

impl StubTenant {
    /// A tenant that gives out access tokens `token-1`, `token-2`, … and answers nothing else yet.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let shared = Arc::new(Shared::default());
        let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let tenant = Self {
            base,
            shared,
            server: Mutex::new(Some(server)),
        };
        tenant.on("POST /oauth/token", |_, nth| access_token(nth, 86400));
        tenant
    }

    /// From here on, connections are refused.
    pub async fn stop_listening(&self) {
        let server = self.server.lock().unwrap().take().unwrap();
        server.abort();
        assert!(server.await.unwrap_err().is_cancelled());
    }

    /// Scripts the answers to one target; the function also gets how many times it was asked before.
    pub fn on(&self, target: &str, script: impl Fn(&Recorded, usize) -> Reply + Send + Sync + 'static) {
        let mut scripts = self.shared.scripts.lock().unwrap();
        scripts.insert(target.to_owned(), Box::new(script));
    }

    pub fn always(&self, target: &str, reply: Reply) {
        self.on(target, move |_, _| reply.clone());
    }

    /// These answers in order; the last one from then on.
    pub fn in_turn<const N: usize>(&self, target: &str, replies: [Reply; N]) {
        self.on(target, move |_, nth| replies[nth.min(N - 1)].clone());
    }

    pub fn requests(&self, target: &str) -> Vec<Recorded> {
        let requests = self.shared.requests.lock().unwrap();
        requests
            .iter()
            .filter(|request| request.target == target)
            .cloned()
            .collect()
    }

    pub fn count(&self, target: &str) -> usize {
        self.requests(target).len()
    }

    /// The only request to this target.
    pub fn only(&self, target: &str) -> Recorded {
        let requests = self.requests(target);
        assert_eq!(requests.len(), 1, "requests to {target}");
        requests[0].clone()
    }

    pub fn management(&self) -> Management {
        self.management_within(HttpTimeouts::default())
    }

    pub fn management_within(&self, timeouts: HttpTimeouts) -> Management {
        let config = ManagementConfig {
            base: self.base.clone(),
            audience: self.base.join("api/v2/").unwrap().to_string(),
            client_id: CLIENT_ID.to_owned(),
            credential: SecretString::from(CLIENT_SECRET).into(),
        };
        Management::new(config, http_client(timeouts).unwrap())
    }

    pub fn relying_party(&self) -> RelyingParty {
        let config = RelyingPartyConfig {
            issuer: self.base.clone(),
            client_id: CLIENT_ID.to_owned(),
            credential: SecretString::from(CLIENT_SECRET).into(),
        };
        RelyingParty::new(config, http_client(HttpTimeouts::default()).unwrap())
    }
}

pub fn access_token(nth: usize, expires_in: u64) -> Reply {
    let token = format!("token-{}", nth + 1);
    let body = json!({"access_token": token, "expires_in": expires_in, "token_type": "Bearer"});
    Reply::json(200, &body)
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let recorded = record(request).await;
    let reply = {
        let mut requests = shared.requests.lock().unwrap();
        let nth = requests
            .iter()
            .filter(|earlier| earlier.target == recorded.target)
            .count();
        requests.push(recorded.clone());
        let scripts = shared.scripts.lock().unwrap();
        match scripts.get(&recorded.target) {
            Some(script) => script(&recorded, nth),
            None => Reply::text(501, "text/plain", &format!("not scripted: {}", recorded.target)),
        }
    };
    match &reply.ending {
        Ending::Answer => {}
        Ending::AnswerAfter(gate) => gate.acquire().await.unwrap().forget(),
        // The server closes a connection whose handler panics.
        Ending::Drop => panic!("scripted: the connection drops here"),
        Ending::Silence => std::future::pending().await,
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

async fn record(request: Request) -> Recorded {
    let (parts, body) = request.into_parts();
    Recorded {
        target: format!("{} {}", parts.method, parts.uri.path()),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
    }
}
