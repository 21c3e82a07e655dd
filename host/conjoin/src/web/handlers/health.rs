//! For whoever watches the host.

use axum::extract::State;
use axum::http::StatusCode;

use crate::store::Store;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers too. The tenant is not asked: its outage must not take every host out of rotation.
pub async fn ready(State(store): State<Store>) -> (StatusCode, &'static str) {
    match store.check().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
