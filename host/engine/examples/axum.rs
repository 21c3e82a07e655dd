//! A plain axum service that lets a policy decide how two accounts merge, and takes up another version while it runs.
//!
//! ```sh
//! cargo run -p conjoin-engine --example axum -- path/to/policy.wasm
//! curl localhost:8080/merge -H 'content-type: application/json' -d '{"primary":{"theme":"dark"},"secondary":{"theme":"light","lang":"fr"}}'
//! curl localhost:8080/policy --data-binary @path/to/another.wasm
//! ```

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use conjoin_engine::{Account, Engine, EngineConfig, Event, Limits, MAX_COMPONENT_BYTES, Policy};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;

#[derive(Clone)]
struct App {
    engine: Engine,
    /// A policy is a handle: taking it out of the lock keeps the version of a request the same from its beginning to its end.
    active: Arc<RwLock<Policy>>,
}

#[derive(Deserialize)]
struct Pair {
    primary: Map<String, Value>,
    secondary: Map<String, Value>,
}

type Answer = Result<Json<Value>, (StatusCode, String)>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: axum POLICY.wasm")?;
    let engine = Engine::new(EngineConfig::default().slots(4))?;
    let policy = engine.load(&std::fs::read(path)?)?;
    let app = App {
        engine,
        active: Arc::new(RwLock::new(policy)),
    };
    let router = Router::new()
        .route("/merge", post(merge))
        .route("/policy", post(swap))
        .layer(DefaultBodyLimit::max(MAX_COMPONENT_BYTES))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, router).await?)
}

/// A decision takes a processor for as long as its limits allow: never on the threads that serve requests.
async fn merge(State(app): State<App>, Json(pair): Json<Pair>) -> Answer {
    let policy = app.active.read().unwrap_or_else(PoisonError::into_inner).clone();
    let decide = move || {
        let (primary, secondary) = (
            account("auth0", "1", &pair.primary),
            account("auth0", "2", &pair.secondary),
        );
        policy.merge(&event(), &primary, &secondary, &Limits::default())
    };
    let decision = spawn_blocking(decide).await.map_err(internal)?;
    match decision.outcome {
        Ok(plan) => Ok(Json(
            json!({"patch": plan.user_metadata, "discarded": plan.discard_user_metadata, "fuel": decision.usage.fuel}),
        )),
        Err(ending) => Err((
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("not merged ({}): {ending}", ending.code()),
        )),
    }
}

/// The old version answers until the new one is ready. Who takes components from others compiles in a child process: see the example `jailed`.
async fn swap(State(app): State<App>, component: Bytes) -> Answer {
    let engine = app.engine.clone();
    let loaded = spawn_blocking(move || engine.load(&component))
        .await
        .map_err(internal)?;
    let policy = loaded.map_err(|rejection| (StatusCode::UNPROCESSABLE_ENTITY, rejection.to_string()))?;
    let digest = policy.digest().to_string();
    *app.active.write().unwrap_or_else(PoisonError::into_inner) = policy;
    Ok(Json(json!({"active": digest})))
}

fn internal(error: impl Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

fn event() -> Event {
    Event {
        transaction_id: "example".into(),
        tenant: "example".into(),
        client_id: "example".into(),
        organization: None,
        now: "2026-01-01T00:00:00Z".into(),
        seed: "00000000000000000000000000000000".into(),
        settings: "{}".into(),
        context: "{}".into(),
    }
}

fn account(provider: &str, id: &str, user_metadata: &Map<String, Value>) -> Account {
    Account {
        user_id: format!("{provider}|{id}"),
        email: None,
        email_verified: false,
        created_at: None,
        last_login: None,
        logins_count: 0,
        identities: Vec::new(),
        profile: "{}".into(),
        user_metadata: Value::Object(user_metadata.clone()).to_string(),
        app_metadata: "{}".into(),
    }
}
