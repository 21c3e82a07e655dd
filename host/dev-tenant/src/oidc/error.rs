use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error of the token endpoint and its neighbours, in OAuth's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthError {
    /// HTTP status. Auth0 answers 403 where RFC 6749 says 400 (recorded for a bad code).
    pub status: StatusCode,
    /// OAuth's code.
    pub error: &'static str,
    /// For the developer.
    pub description: String,
}

impl OauthError {
    /// 403 `invalid_grant`.
    pub fn invalid_grant(description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            error: "invalid_grant",
            description: description.into(),
        }
    }

    /// 400 `invalid_request`.
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            description: description.into(),
        }
    }

    /// 400, a parameter is missing.
    pub fn missing(parameter: &str) -> Self {
        Self::invalid_request(format!("Missing required parameter: {parameter}"))
    }

    /// 401 `access_denied`: the client did not prove itself. Which of `access_denied` and `invalid_client` a live tenant uses when is unconfirmed.
    pub fn unauthorized() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "access_denied",
            description: "Unauthorized".to_owned(),
        }
    }

    /// 403 `access_denied`.
    pub fn denied(description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            error: "access_denied",
            description: description.into(),
        }
    }

    /// 403 `unauthorized_client`.
    pub fn grant_not_allowed(grant: &str) -> Self {
        let description = format!("Grant type '{grant}' not allowed for the client.");
        Self {
            status: StatusCode::FORBIDDEN,
            error: "unauthorized_client",
            description,
        }
    }

    /// 403 `unsupported_grant_type`.
    pub fn unsupported_grant(grant: &str) -> Self {
        let description = format!("Unsupported grant type: {grant}");
        Self {
            status: StatusCode::FORBIDDEN,
            error: "unsupported_grant_type",
            description,
        }
    }

    /// 429. UNCONFIRMED: these words are those of third parties' recordings, and `access_denied` was seen beside them too; that `/userinfo` and the keys answer so is by analogy.
    pub fn too_many_requests() -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            error: "too_many_requests",
            description: "Global limit has been reached".to_owned(),
        }
    }

    /// 500: should not happen.
    pub fn server() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            error: "server_error",
            description: "the token cannot be signed".to_owned(),
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let body = Json(json!({"error": self.error, "error_description": self.description}));
        (
            self.status,
            [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
            body,
        )
            .into_response()
    }
}
