//! The one place where errors become answers: problem details (RFC 9457).

use std::time::Duration;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use conjoin_engine::{Rejection, RejectionReason};
use serde::Serialize;
use utoipa::{ToResponse, ToSchema};

use super::caller::{Scope, Unrecognised};
use crate::accounts::AccountsError;
use crate::registry::RegistryError;
use crate::store::StoreError;

/// Why a request changed nothing. Boxed: answers that succeed are small.
#[derive(Debug)]
pub struct Problem(Box<ProblemDetails>);

/// RFC 9457's problem details.
#[derive(Debug, Serialize, ToSchema, ToResponse)]
#[response(
    description = "Nothing was done; the code says why",
    content_type = "application/problem+json"
)]
pub struct ProblemDetails {
    /// `about:blank`: the code below says what it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// For machines.
    code: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, and what to do.
    detail: String,
    /// Of a refused component: the rule, what it found, and the remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<Box<Rejection>>,
    /// Of an activation that came too late: the number of the last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemDetails {
            kind: "about:blank",
            code,
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: detail.into(),
            report: None,
            number: None,
            retry_after: None,
        }))
    }

    /// What it says, for the pages.
    pub(super) fn details(&self) -> &ProblemDetails {
        &self.0
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Of a refused component: what the engine found.
    pub(super) fn rejection(&self) -> Option<&Rejection> {
        self.0.report.as_deref()
    }

    fn after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    fn with_report(mut self, report: Box<Rejection>) -> Self {
        self.0.report = Some(report);
        self
    }

    fn with_number(mut self, number: i64) -> Self {
        self.0.number = Some(number);
        self
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", RegistryError::NotFound.to_string())
    }

    /// Of what there can be one of, and is none yet.
    pub(super) fn none_yet(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }

    pub(super) fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
    }

    pub(super) fn no_such_path() -> Self {
        let detail = "there is nothing under this path; `/admin/v1/openapi.json` lists what there is";
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(super) fn method_not_allowed() -> Self {
        let detail = "this path has no such method; `Allow` lists what it has";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
    }

    /// Of whoever did not send everything within a time.
    pub(super) fn too_slow(within: Duration) -> Self {
        let detail = format!("the upload did not arrive within {} s", within.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", detail)
    }

    /// Of this host, which did not answer within a time.
    pub(super) fn timed_out() -> Self {
        let detail = "the host did not come to an end with it in time; look what was done before you try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timed-out", detail).after(60)
    }

    pub(super) fn unauthorized() -> Self {
        let detail = "show a token of this tenant's: `Authorization: Bearer …`; `conjoin token create` makes one";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    pub(super) fn scope(scope: Scope) -> Self {
        let detail = format!("the token lacks the scope `{}`", scope.name());
        Self::new(StatusCode::FORBIDDEN, "insufficient-scope", detail)
    }

    pub(super) fn too_many(seconds: u64) -> Self {
        let detail = "too many requests; wait as the header says";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail).after(seconds)
    }

    pub(super) fn precondition_required() -> Self {
        let detail = "say with `If-Match` which activation you have seen: the ETag of `GET /admin/v1/activation`";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "precondition-required", detail)
    }
}

impl ProblemDetails {
    /// For machines.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong, and what to do.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// Of an activation that came too late: the number of the last change.
    pub(super) fn number(&self) -> Option<i64> {
        self.number
    }

    /// After how many seconds to try again.
    pub(super) fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }
}

impl From<Unrecognised> for Problem {
    fn from(error: Unrecognised) -> Self {
        match error {
            Unrecognised::Nobody => Self::unauthorized(),
            Unrecognised::TooMany(seconds) => Self::too_many(seconds),
            Unrecognised::Store(error) => error.into(),
        }
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        let detail = error.to_string();
        match error {
            RegistryError::NotFound => Self::not_found(),
            RegistryError::Fixed => Self::new(StatusCode::CONFLICT, "fixed", detail),
            RegistryError::Rejected(rejection) if rejection.reason() == RejectionReason::CompileUnavailable => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).after(60)
            }
            RegistryError::Rejected(rejection) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "rejected", detail).with_report(rejection)
            }
            RegistryError::NotChecked(_) => Self::new(StatusCode::CONFLICT, "not-checked", detail),
            RegistryError::NotSigned(_) => Self::new(StatusCode::CONFLICT, "not-signed", detail),
            RegistryError::Signature(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "signature", detail),
            RegistryError::NoSigners => Self::new(StatusCode::CONFLICT, "no-signers", detail),
            RegistryError::TooManySignatures => Self::new(StatusCode::CONFLICT, "too-many-signatures", detail),
            RegistryError::Revoked => Self::new(StatusCode::CONFLICT, "revoked", detail),
            RegistryError::NotUsable => Self::new(StatusCode::CONFLICT, "not-usable", detail),
            RegistryError::Settings(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "settings", detail),
            RegistryError::Changed(number) => {
                Self::new(StatusCode::PRECONDITION_FAILED, "changed", detail).with_number(number)
            }
            RegistryError::NothingBefore => Self::new(StatusCode::CONFLICT, "nothing-before", detail),
            RegistryError::SamePerson => Self::new(StatusCode::FORBIDDEN, "same-person", detail),
            RegistryError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).after(60),
            RegistryError::Store(error) => error.into(),
            RegistryError::Internal(problem) => {
                tracing::error!(problem, "the admin API failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal",
                    "the host failed; its log says why",
                )
            }
        }
    }
}

impl From<AccountsError> for Problem {
    fn from(error: AccountsError) -> Self {
        let detail = error.to_string();
        match error {
            AccountsError::BeingMade => Self::new(StatusCode::CONFLICT, "being-made", detail).after(60),
            AccountsError::NoAccount(_) => Self::new(StatusCode::NOT_FOUND, "no-account", detail),
            AccountsError::Tenant(error) => {
                tracing::warn!(%error, "an account could not be read at the tenant");
                Self::new(StatusCode::BAD_GATEWAY, "tenant", detail)
            }
            AccountsError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the admin API could not use the database");
        let detail = "the database could not be used; nothing was changed, unless a later look says otherwise";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "storage", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let retry_after = self.0.retry_after;
        let mut response = (status, Json(*self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
