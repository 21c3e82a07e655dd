//! Reading an upload, from a program or from a browser: few at a time, each within a time, and no field further than it may go.

use std::future::Future;
use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use super::Admin;
use super::problem::Problem;
use crate::registry::RegistryError;

/// How long an upload may take to arrive: the largest at 4 Mbit/s. Whoever sends more slowly keeps others from their turn.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);

/// Takes a turn, and reads what is uploaded. The turn lasts for as long as it is kept: what was read is in memory until it is let in.
pub(super) async fn in_turn<T, E: From<Problem>>(
    admin: &Admin,
    reading: impl Future<Output = Result<T, E>>,
) -> Result<(T, SemaphorePermit<'_>), E> {
    let busy = |_| E::from(Problem::from(RegistryError::Busy));
    let turn = admin.limits.uploads.try_acquire().map_err(busy)?;
    let read = timeout(ARRIVES_WITHIN, reading).await;
    let read = read.map_err(|_| E::from(Problem::too_slow(ARRIVES_WITHIN)))?;
    Ok((read?, turn))
}

/// Reads a field as it comes, and no further than it may go.
pub(super) async fn bounded(mut field: Field<'_>, most: usize) -> Result<Vec<u8>, Problem> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        if bytes.len() + chunk.len() > most {
            return Err(Problem::too_large(format!(
                "`{name}` has more than the {most} bytes that it may have"
            )));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

impl From<MultipartRejection> for Problem {
    fn from(refused: MultipartRejection) -> Self {
        Self::bad_request(format!("the form cannot be read: {}", refused.body_text()))
    }
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::too_large("the upload is larger than a component and its cases may be");
        }
        Self::bad_request(format!("the form cannot be read: {}", error.body_text()))
    }
}
