//! The admin pages, under `/admin`: what the API beside them does, for a person with a browser.
//!
//! Whoever has an admin token signs in with it; whoever was assigned permissions in the tenant's own Auth0, [there](auth0). [`session`] keeps who that is, on the
//! server; the token itself is looked up again at every request, so that one that is revoked or expired is signed out, and a sign-in at Auth0 ends with its access
//! token. [`form`] checks every POST; [`error`] is the one place where errors become pages. Then one file a page: [`sign_in`], [`overview`], [`version`],
//! [`decisions`], [`duplicates`], [`bench`]; and what is done there: [`upload`], [`actions`]. Pages work without scripts, as those for people do.
//!
//! # What tests may rely on
//! - `body[data-page]`: `admin-sign-in`, `admin-signed-in`, `admin`, `admin-version`, `admin-decisions`, `admin-duplicates`, `admin-bench`, `admin-message`; `#notice`;
//!   `#sign-out` (form); on `admin-sign-in` `#sign-in` (form) and `#auth0` (link).
//! - `admin`: `#active[data-policy][data-number]`, `[data-version]` (a row, with `data-state`), `[data-proposal]` with the forms `.approve` and `.withdraw`, `#shadow`,
//!   `[data-activation]` with a form `.rollback`, `#upload`, `#shipped` (form), `[data-unsettled]`.
//! - `admin-version`: `#version[data-state]`, `[data-check]` with `data-verdict`, `#activate`, `#revoke` (forms).
//! - `admin-decisions`: `#follow` or `#stop-following` (link), `#followed` (following has ended), `[data-decision]` with `data-policy`, in it `.log`, `.differences`.
//! - `admin-duplicates`: `#report[data-state]`, `#problem`, `[data-person]`, `#begin` (form).
//! - `admin-bench`: `#bench` (form), in it `#read`; `[data-tried]`, in it `[data-part]` (`offers`, `patch`, `result`, `cost`, `log`).
//! - `admin-message`: `main[data-message]` (the code of the problem), `#what-happened`, `#findings`, `#again` (form). A bench that was refused has `main[data-message]` too.

mod actions;
mod again;
mod auth0;
mod bench;
mod decisions;
mod duplicates;
mod error;
mod form;
mod not_signed_in;
mod overview;
mod session;
mod shell;
mod sign_in;
mod upload;
mod version;

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use super::{Admin, MAX_BODY, MAX_UPLOAD, MAX_UPLOAD_TIME, bounds, linger};
use crate::web::MAX_TIME;
use error::PageError;

/// Where they are.
const HOME: &str = "/admin";

/// The longest form of the bench: two accounts with both bags of a megabyte, as browsers encode them.
const MAX_BENCH: usize = 16 << 20;

/// Every page. `https`: browsers reach the host over TLS, also where the admin API listens apart.
pub fn router(admin: Admin, https: bool) -> Router {
    let sessions = SessionManagerLayer::new(admin.registry.store().clone())
        .with_name(if https { "__Host-conjoin-admin" } else { "conjoin-admin" })
        .with_secure(https)
        .with_http_only(true)
        // Nothing leads here from another site.
        .with_same_site(SameSite::Strict)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(session::LIFETIME))
        // Every request counts as activity.
        .with_always_save(true);
    let upload = Router::new()
        .route("/admin/policies", post(upload::act))
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
        .layer(from_fn(|request, next| within(MAX_UPLOAD_TIME, request, next)))
        .layer(from_fn(linger::linger));
    let bench = Router::new()
        .route("/admin/bench", get(bench::show).post(bench::act))
        .route("/admin/bench/read", post(bench::read))
        .layer(DefaultBodyLimit::max(MAX_BENCH));
    Router::new()
        .route(HOME, get(overview::show))
        .route("/admin/sign-in", post(sign_in::act))
        .route("/admin/sign-in/auth0", get(auth0::begin))
        .route("/admin/callback", get(auth0::callback))
        .route("/admin/sign-out", post(sign_in::out))
        .route("/admin/policies/{digest}", get(version::show))
        .route("/admin/activate", post(actions::activate))
        .route("/admin/rollback", post(actions::roll_back))
        .route("/admin/revoke", post(actions::revoke))
        .route("/admin/shadow", post(actions::shadow))
        .route("/admin/shadow/stop", post(actions::stop_shadow))
        .route("/admin/approve", post(actions::approve))
        .route("/admin/withdraw", post(actions::withdraw))
        .route("/admin/decisions", get(decisions::show))
        .route("/admin/duplicates", get(duplicates::show).post(duplicates::begin))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .merge(bench)
        .layer(from_fn(|request, next| within(MAX_TIME, request, next)))
        .merge(upload)
        .layer(from_fn(form::same_origin))
        .layer(from_fn_with_state(admin.clone(), error::pages))
        .layer(sessions)
        .with_state(admin)
}

/// As at the API, with a page.
async fn within(longest: Duration, request: Request, next: Next) -> Result<Response, PageError> {
    Ok(bounds::within(longest, request, next).await?)
}
