//! What a request says, or the problem details that tell why it cannot be read.

use axum::extract::rejection::{FormRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::StatusCode;

use super::problem::Problem;

/// A body of JSON.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub(super) struct JsonBody<T>(pub(super) T);

/// What the path names.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(super) struct PathParameter<T>(pub(super) T);

/// What stands after the question mark.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(super) struct QueryParameters<T>(pub(super) T);

impl From<JsonRejection> for Problem {
    fn from(refused: JsonRejection) -> Self {
        match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large("the body is larger than what is read of JSON"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::unsupported_media_type("the body must be JSON: `Content-Type: application/json`")
            }
            _ => Self::bad_request(format!("the body cannot be read: {}", refused.body_text())),
        }
    }
}

impl From<FormRejection> for Problem {
    fn from(refused: FormRejection) -> Self {
        match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large("the form is larger than what is read of one"),
            _ => Self::bad_request(format!("the form cannot be read: {}", refused.body_text())),
        }
    }
}

impl From<PathRejection> for Problem {
    fn from(refused: PathRejection) -> Self {
        Self::bad_request(format!("the path cannot be read: {}", refused.body_text()))
    }
}

impl From<QueryRejection> for Problem {
    fn from(refused: QueryRejection) -> Self {
        Self::bad_request(format!("the query cannot be read: {}", refused.body_text()))
    }
}
