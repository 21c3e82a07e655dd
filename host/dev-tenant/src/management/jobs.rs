//! Asynchronous jobs: users exported to a file, and imported from one. As in Auth0 the answer to the request is a job; what it did is asked for later.

mod exports;
mod imports;
mod registry;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::caller::Caller;
use super::error::ApiError;
use crate::state::{Shared, State as Changing};

pub use exports::create as export_users;
pub use imports::create as import_users;
pub use registry::Jobs;
use registry::{Job, Outcome};

/// `GET /jobs/{id}`.
pub async fn show(
    State(tenant): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut state = tenant.lock();
    let job = visible(&state, &caller, &id)?;
    let (mut answer, extension) = (job.to_json(), job.extension());
    if let Some(extension) = extension {
        let link = state.export_links.insert(id);
        let location = tenant.url(&format!("exports/{link}.{extension}.gz"));
        answer.insert("location".to_owned(), location.into());
    }
    Ok(Json(Value::Object(answer)))
}

/// `GET /jobs/{id}/errors`: 204 where there are none.
pub async fn errors(
    State(tenant): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let state = tenant.lock();
    let job = visible(&state, &caller, &id)?;
    match &job.outcome {
        Some(Outcome::Imported { errors, .. }) if !errors.is_empty() => Ok(Json(errors).into_response()),
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// `GET /exports/{file}`: what `location` of a finished export names. Like Auth0's it needs no token and is good for 60 seconds; each `GET` of the job makes another.
pub async fn download(State(tenant): State<Shared>, Path(file): Path<String>) -> Response {
    let state = tenant.lock();
    let link = file.split('.').next().unwrap_or_default();
    let job = state.export_links.get(link).and_then(|id| state.jobs.get(id));
    match job.and_then(Job::file) {
        Some(bytes) => ([(header::CONTENT_TYPE, "application/gzip")], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The job, if the caller may begin its like.
fn visible<'a>(state: &'a Changing, caller: &Caller, id: &str) -> Result<&'a Job, ApiError> {
    let job = state.jobs.get(id).ok_or_else(no_job)?;
    caller.require(&[job.kind.scope()])?;
    Ok(job)
}

fn no_job() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "The job does not exist.").with_code("inexistent_job")
}
