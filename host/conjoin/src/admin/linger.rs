//! Reading what is left of a refused upload.
//!
//! Whoever sends a large body reads the answer when it is sent. A server that answers early and closes resets the connection under them, and the reason for the refusal
//! is lost on the way (nginx calls what is done here a lingering close).

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};

use super::MAX_UPLOAD;

/// How long somebody may take for what is not wanted.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Shared(Arc<Mutex<BodyDataStream>>);

impl Stream for Shared {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream.poll_next_unpin(context)
    }
}

/// Answers once a refused request is read to its end, within bounds.
pub(super) async fn linger(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut shared = Shared(Arc::new(Mutex::new(body.into_data_stream())));
    let response = next
        .run(Request::from_parts(parts, Body::from_stream(shared.clone())))
        .await;
    if response.status().is_success() {
        return response;
    }
    let rest = async {
        let mut read = 0;
        while let Some(Ok(chunk)) = shared.next().await {
            read += chunk.len();
            if read > MAX_UPLOAD {
                break;
            }
        }
    };
    // Whatever comes of it, the answer is the same.
    let _ = tokio::time::timeout(PATIENCE, rest).await;
    response
}
