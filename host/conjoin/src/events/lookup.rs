//! `GET /admin/v1/accounts/{user_id}/links`: what became of an account. For support staff, and for consumers that were told by Auth0 that an account is gone before
//! we could tell them that it was linked (S40).

mod answer;
mod limit;

use axum::extract::Path;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use conjoin_auth0::UserId;
use conjoin_linking::record::Record;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::store::StoreError;

use limit::Limit;

/// The shortest token: 32 characters of base64 are 192 bits, more than anyone tries.
const SHORTEST: usize = 32;

/// How many links of one account are answered, the newest first.
const LINKS: u32 = 50;

/// Who may ask, and how often.
pub struct Lookup {
    /// Of the same length whatever was shown, so that a comparison tells nothing.
    token: [u8; 32],
    questions: Limit,
    /// Counted apart, so that whoever tries tokens keeps nobody from asking who has one.
    guesses: Limit,
}

impl Lookup {
    /// Of the configured token.
    ///
    /// # Errors
    /// When it could be guessed.
    pub fn new(token: &SecretString) -> anyhow::Result<Self> {
        anyhow::ensure!(
            token.expose_secret().len() >= SHORTEST,
            "`lookup_token` has fewer than {SHORTEST} characters; `openssl rand -base64 32` makes one"
        );
        Ok(Self {
            token: digest(token.expose_secret()),
            questions: Limit::default(),
            guesses: Limit::default(),
        })
    }

    fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let (limit, refusal) = if self.knows(headers) {
            (&self.questions, None)
        } else {
            (&self.guesses, Some(Refusal::Unauthorized))
        };
        if !limit.admits() {
            return Err(Refusal::TooMany);
        }
        refusal.map_or(Ok(()), Err)
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let token = shown.and_then(|shown| {
            shown
                .split_once(' ')
                .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        });
        token.is_some_and(|(_, token)| digest(token.trim()).ct_eq(&self.token).into())
    }
}

/// The endpoint, to be merged into the host's router: no session, no cookie.
pub fn router() -> Router {
    Router::new().route("/admin/v1/accounts/{user_id}/links", get(links))
}

/// Every way in which it does not answer.
enum Refusal {
    Absent,
    Unauthorized,
    TooMany,
    Failed,
}

async fn links(app: App, Path(user_id): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let lookup = app.events.lookup().ok_or(Refusal::Absent)?;
    lookup.admit(&headers)?;
    let user_id: UserId = user_id.parse().map_err(|_| Refusal::Absent)?;
    let links = known_links(&app, &user_id).await.map_err(|error| {
        tracing::error!(%error, "the links of an account could not be looked up");
        Refusal::Failed
    })?;
    let never_kept = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((never_kept, Json(answer::of(&user_id, &links))).into_response())
}

/// With when each of them changed.
async fn known_links(app: &App, user_id: &UserId) -> Result<Vec<(Record, i64)>, StoreError> {
    let tenant = &app.linking.tenant.name;
    let mut links = Vec::new();
    for record in app.store.links_of(tenant, user_id, LINKS).await? {
        // One that is gone meanwhile was forgotten.
        if let Some(changed_at) = app.store.link_changed_at(tenant, &record.id).await? {
            links.push((record, changed_at));
        }
    }
    Ok(links)
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

impl IntoResponse for Refusal {
    /// RFC 9457.
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::Absent => (StatusCode::NOT_FOUND, "There is no such thing here."),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "Show the lookup token: `Authorization: Bearer …`.",
            ),
            Self::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many questions at once; ask again in a second.",
            ),
            Self::Failed => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The journal could not be read; ask again in a moment.",
            ),
        };
        let problem = json!({ "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
        let mut response = (status, problem.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::Unauthorized => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Self::TooMany => drop(headers.insert(RETRY_AFTER, HeaderValue::from_static("1"))),
            Self::Absent | Self::Failed => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn shown(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn only_the_whole_token_is_known() {
        let lookup = Lookup::new(&TOKEN.into()).unwrap();
        assert!(lookup.knows(&shown(&format!("Bearer {TOKEN}"))));
        assert!(lookup.knows(&shown(&format!("bearer {TOKEN}"))));
        for value in [
            "",
            TOKEN,
            "Bearer",
            "Bearer ",
            &format!("Basic {TOKEN}"),
            &format!("Bearer {TOKEN}x"),
            "Bearer 0123",
        ] {
            assert!(!lookup.knows(&shown(value)), "{value}");
        }
        assert!(!lookup.knows(&HeaderMap::new()));
    }

    #[test]
    fn a_token_that_could_be_guessed_is_refused_and_not_quoted() {
        let error = Lookup::new(&"hunter2".into()).err().unwrap();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
