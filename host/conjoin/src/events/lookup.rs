//! `GET /admin/v1/accounts/{user_id}/links`: what became of an account. For support staff, and for consumers that were told by Auth0 that an account is gone before
//! we could tell them that it was linked (S40).

mod answer;
mod limit;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use conjoin_auth0::UserId;
use conjoin_linking::record::Record;
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::store::StoreError;
use crate::web::programs::{Known, problem};

use limit::Limit;

/// The shortest token: 32 characters of base64 are 192 bits, more than anyone tries.
const SHORTEST: usize = 32;

/// How many links of one account are answered, the newest first.
const LINKS: u32 = 50;

/// Who may ask, and how often.
pub struct Lookup {
    token: Known,
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
            token: Known::new(token.expose_secret()),
            questions: Limit::default(),
            guesses: Limit::default(),
        })
    }

    fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let (limit, refusal) = if self.token.is_shown(headers) {
            (&self.questions, None)
        } else {
            (&self.guesses, Some(Refusal::Unauthorized))
        };
        if !limit.admits() {
            return Err(Refusal::TooMany);
        }
        refusal.map_or(Ok(()), Err)
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
        let mut response = problem(status, detail);
        if matches!(self, Self::TooMany) {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_could_be_guessed_is_refused_and_not_quoted() {
        let error = Lookup::new(&"hunter2".into()).err().unwrap();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
