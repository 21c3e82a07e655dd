//! The Management API, as far as linking, its preparation and its tests need it: users, identities, connections, and ending what people are signed in to.
//!
//! Reading order: [`caller`] (tokens and scopes), [`error`] (Auth0's error bodies), [`users`], then [`identities`], the link itself.

mod caller;
mod changes;
mod connections;
mod create;
mod error;
mod fields;
mod identities;
mod jobs;
mod limits;
mod link_token;
mod memberships;
mod page;
mod payload;
mod search;
mod sessions;
mod users;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post};

use crate::rate_limit::{self, Drawn};
use crate::state::Shared;

pub use caller::{bearer, unverified_client, verify};
pub use create::new_user;
pub use error::ApiError;
pub use jobs::Jobs;
pub use limits::{check_keys, check_size};
pub use link_token::verify_hint;

/// Bytes of a request body. Auth0 says that a profile may have 10 KB and accepts more; this is where patience ends.
pub const MAX_BODY: usize = 2 * 1024 * 1024;

/// Everything below `/api/v2`.
pub fn api(tenant: Shared) -> Router<Shared> {
    let api = Router::new()
        .route("/users-by-email", get(users::by_email))
        .route("/users", get(search::users).post(create::user))
        .route(
            "/users/{id}",
            get(users::show).patch(users::update).delete(users::delete),
        )
        .route("/users/{id}/identities", post(identities::link))
        .route(
            "/users/{id}/identities/{provider}/{user_id}",
            delete(identities::unlink),
        )
        .route("/users/{id}/roles", get(memberships::roles))
        .route("/users/{id}/sessions", get(sessions::list).delete(sessions::end))
        .route(
            "/users/{id}/refresh-tokens",
            get(sessions::list_refresh_tokens).delete(sessions::revoke_refresh_tokens),
        )
        .route("/users/{id}/permissions", get(memberships::permissions))
        .route("/users/{id}/organizations", get(memberships::organizations))
        .route("/connections", get(connections::list))
        .route("/connections/{id}", get(connections::show))
        .route("/jobs/users-exports", post(jobs::export_users))
        .route("/jobs/users-imports", post(jobs::import_users))
        .route("/jobs/{id}", get(jobs::show))
        .route("/jobs/{id}/errors", get(jobs::errors))
        .fallback(error::unknown_route)
        .method_not_allowed_fallback(error::unknown_route)
        .layer(middleware::from_fn_with_state(tenant, limit));
    Router::new().nest("/api/v2", api)
}

/// Lets a request through while its bucket has a token.
async fn limit(State(tenant): State<Shared>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let drawn = Drawn::Management(method.as_str());
    rate_limit::answer(&tenant, drawn, ApiError::too_many_requests(), next.run(request)).await
}

/// What jobs leave for download.
pub fn files() -> Router<Shared> {
    Router::new().route("/exports/{file}", get(jobs::download))
}
