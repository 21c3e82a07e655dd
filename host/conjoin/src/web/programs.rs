//! What programs ask without a session: a secret in `Authorization`, and problem details (RFC 9457) where there is no answer.

use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What is shown as `Authorization: Bearer …` (RFC 6750).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A secret to compare with: of the same length whatever is shown, so that a comparison tells nothing.
#[derive(Clone)]
pub(crate) struct Known([u8; 32]);

impl Known {
    pub(crate) fn new(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether the request shows it, in constant time.
    pub(crate) fn is_shown(&self, headers: &HeaderMap) -> bool {
        bearer(headers).is_some_and(|token| Self::new(token).0.ct_eq(&self.0).into())
    }
}

/// RFC 9457; says with a 401 how to come in.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response {
    let problem = json!({ "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
    let mut response = (status, problem.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn shown(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn only_the_whole_secret_is_known() {
        let known = Known::new(SECRET);
        assert!(known.is_shown(&shown(&format!("Bearer {SECRET}"))));
        assert!(known.is_shown(&shown(&format!("bearer {SECRET}"))));
        for value in [
            "",
            SECRET,
            "Bearer",
            "Bearer ",
            &format!("Basic {SECRET}"),
            &format!("Bearer {SECRET}x"),
            "Bearer 0123",
        ] {
            assert!(!known.is_shown(&shown(value)), "{value}");
        }
        assert!(!known.is_shown(&HeaderMap::new()));
    }
}
