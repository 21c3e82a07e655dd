use axum::Json;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::config::{Absent, Readings};
use crate::store::{LinkError, UnlinkError};

/// An error of the Management API: `{"statusCode", "error", "message", "errorCode"}`, the last one not always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// For the developer.
    pub message: String,
    /// For the program.
    pub code: Option<&'static str>,
}

impl ApiError {
    /// An error without `errorCode`, where none is confirmed.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            code: None,
        }
    }

    /// An error with `errorCode`.
    #[must_use]
    pub fn with_code(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    /// 400 `invalid_body`.
    pub fn payload(problem: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            format!("Payload validation error: '{problem}'."),
        )
        .with_code("invalid_body")
    }

    /// 400 `invalid_query_string`.
    pub fn query(problem: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("Query validation error: '{problem}'."))
            .with_code("invalid_query_string")
    }

    /// 400 `operation_not_supported`.
    pub fn not_supported(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).with_code("operation_not_supported")
    }

    /// 400 `inexistent_connection`.
    pub fn no_connection() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "The connection does not exist.").with_code("inexistent_connection")
    }

    /// 401.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// 403 `insufficient_scope`.
    #[must_use]
    pub fn scope(expected: &[&str]) -> Self {
        let message = format!("Insufficient scope, expected any of: {}", expected.join(","));
        Self::new(StatusCode::FORBIDDEN, message).with_code("insufficient_scope")
    }

    /// 429, in the words of Auth0's API description.
    #[must_use]
    pub fn too_many_requests() -> Self {
        let message =
            "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, message).with_code("too_many_requests")
    }

    /// 404 `inexistent_user`.
    pub fn no_user() -> Self {
        Self::new(StatusCode::NOT_FOUND, "The user does not exist.").with_code("inexistent_user")
    }
}

/// Status codes are Auth0's, but for what is not there: see [`Readings`].
impl ApiError {
    /// Why a link was refused.
    pub fn of_link(error: LinkError, readings: Readings) -> Self {
        match error {
            LinkError::PrimaryMissing => Self::absent(Self::no_user(), readings.absent_primary),
            LinkError::AlreadyLinked => Self::new(StatusCode::CONFLICT, error.to_string()),
            LinkError::Same | LinkError::SecondaryMissing => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
        }
    }

    /// Why an unlink was refused.
    pub fn of_unlink(error: UnlinkError, readings: Readings) -> Self {
        match error {
            UnlinkError::PrimaryMissing => Self::absent(Self::no_user(), readings.absent_primary),
            UnlinkError::MainIdentity => Self::new(StatusCode::BAD_REQUEST, error.to_string()),
            UnlinkError::IdentityMissing => {
                let missing = Self::new(StatusCode::NOT_FOUND, error.to_string());
                Self::absent(missing, readings.absent_identity)
            }
        }
    }

    fn absent(error: Self, reading: Absent) -> Self {
        let status = match reading {
            Absent::NotFound => StatusCode::NOT_FOUND,
            Absent::BadRequest => StatusCode::BAD_REQUEST,
        };
        Self { status, ..error }
    }
}

impl From<PathRejection> for ApiError {
    fn from(_: PathRejection) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "Path validation error: the path is not valid UTF-8.",
        )
        .with_code("invalid_uri")
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(
            rejection.status(),
            "Payload content length greater than maximum allowed",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let reason = self.status.canonical_reason().unwrap_or("Error");
        let mut body = json!({"statusCode": self.status.as_u16(), "error": reason, "message": self.message});
        if let (Some(object), Some(code)) = (body.as_object_mut(), self.code) {
            object.insert("errorCode".to_owned(), code.into());
        }
        (self.status, Json(body)).into_response()
    }
}

/// What has no route.
pub async fn unknown_route() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "Not Found")
}
