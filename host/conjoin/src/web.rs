//! HTTP: the router, and what every answer has in common.
//!
//! A handler reads like the flow: extractors say who may call it, the domain does the work, a view is returned. [`visitor`] is the session, [`form`] checks
//! every POST, [`tenants`] finds the tenant whose host name was asked, [`sign_in`] sends browsers to the tenant and takes them back, [`action`] is for those whom the tenant's Action sends, [`error`] is the one place where errors become pages.

mod action;
pub mod error;
pub(crate) mod form;
mod handlers;
mod headers;
pub(crate) mod programs;
mod sign_in;
mod tenants;
mod visitor;

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::admin::{self, Admin};
use crate::events::lookup;
use crate::store::Store;
use crate::telemetry::{self, Deciding, Metrics};

pub use tenants::Hosts;

use handlers::{account, assets, health, link, log_out, review, sign_in as signing_in, unlink};

/// The longest form that is read.
const MAX_BODY: usize = 64 * 1024;

/// The longest that a request may take; everything that a handler waits for has a shorter bound of its own.
pub(crate) const MAX_TIME: Duration = Duration::from_secs(90);

/// How long an unused session lasts.
const SESSION_LIFETIME: time::Duration = time::Duration::hours(12);

/// What is there for those who run the host and its tenants, and not for their people.
#[derive(Clone)]
pub struct Operators {
    /// The admin API and its pages.
    pub admin: Admin,
    /// What is counted.
    pub metrics: Metrics,
    /// What decides, beside it.
    pub deciding: Deciding,
}

/// Every route of the host, for all of its tenants: which one a request is for, [`tenants::choose`] says. `operators` is there where it does not listen apart.
pub fn router(hosts: Hosts, store: Store, operators: Option<Operators>) -> Router {
    let https = hosts.are_https();
    let sessions = SessionManagerLayer::new(store.clone())
        // The prefix makes browsers refuse the cookie from anyone but this host over TLS.
        .with_name(if https { "__Host-conjoin" } else { "conjoin" })
        .with_secure(https)
        .with_http_only(true)
        // Lax, not Strict: the tenant's answer is a navigation from another site.
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(SESSION_LIFETIME));
    let pages = Router::new()
        .route("/", get(account::home))
        .route("/user", get(account::user))
        .route("/login", get(signing_in::login))
        .route("/callback", get(signing_in::callback))
        .route("/link", post(link::request))
        .route("/link/callback", get(link::callback))
        .route("/link/review/{id}", get(review::show))
        .route("/link/confirm", post(review::confirm))
        .route("/unlink", post(unlink::request))
        .route("/logout", get(log_out::ask).post(log_out::act))
        .merge(action::pages())
        .fallback(handlers::not_found)
        .method_not_allowed_fallback(handlers::not_found)
        .layer(from_fn(form::same_origin))
        .layer(from_fn(error::pages))
        .layer(sessions)
        .layer(map_response(error::status));
    let tenants = Router::new()
        .route("/assets/style.css", get(assets::style))
        .merge(lookup::router())
        .merge(action::api())
        .merge(pages)
        .layer(from_fn(headers::content_security))
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        .layer(from_fn_with_state(hosts.clone(), tenants::choose));
    let operators = operators.map_or_else(Router::new, |operators| {
        let Operators {
            admin,
            metrics,
            deciding,
        } = operators;
        let pages = admin::pages::router(admin.clone(), https);
        // A browser keeps one session for each host name, so pages are under a tenant's.
        let pages = pages.layer(from_fn_with_state(hosts.clone(), tenants::choose));
        admin::router(admin)
            .layer(from_fn_with_state(hosts, tenants::note))
            .merge(pages)
            .merge(metrics.router(deciding))
    });
    let health = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready).with_state(store));
    every_answer(timed(health.merge(tenants)).merge(operators))
}

/// The admin API, its pages and the metrics alone; `https` where browsers reach the host over TLS.
pub fn operators_router(operators: Operators, https: bool) -> Router {
    let Operators {
        admin,
        metrics,
        deciding,
    } = operators;
    let pages = admin::pages::router(admin.clone(), https);
    let beside = Router::new()
        .route("/healthz", get(health::alive))
        .route("/assets/style.css", get(assets::style));
    every_answer(
        admin::router(admin)
            .merge(pages)
            .merge(metrics.router(deciding))
            .merge(timed(beside)),
    )
}

/// The admin API and its pages have bounds of their own: an upload may take longer.
fn timed(router: Router) -> Router {
    router.layer(TimeoutLayer::with_status_code(
        StatusCode::SERVICE_UNAVAILABLE,
        MAX_TIME,
    ))
}

/// What every answer has.
fn every_answer(router: Router) -> Router {
    router
        .layer(CatchPanicLayer::new())
        .layer(from_fn(headers::security))
        .layer(from_fn(headers::trace))
        .layer(from_fn(telemetry::request))
}
