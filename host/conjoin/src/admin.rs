//! The admin API: what a tenant's team does by program, under `/admin/v1`, with a token of its own ([`caller`]).
//!
//! Each file is a family of routes; [`pages`] are the same for a person with a browser, under `/admin`; [`problem`] is the one place where errors become answers; [`views`] is what is shown. The description at
//! `/admin/v1/openapi.json` is made from the handlers themselves. The tenant is the token's: there is none in any path.

mod activation;
pub mod caller;
mod decisions;
mod linger;
pub mod pages;
mod policies;
mod problem;
mod proposals;
mod trying;
mod views;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::get;
use axum::{Json, Router};
use conjoin_engine::MAX_COMPONENT_BYTES;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use caller::{Scope, new_token};

use crate::registry::Registry;
use caller::Limits;

/// Where all of it is.
pub const PREFIX: &str = "/admin/v1";

/// The longest upload: a component, its cases, and what a form needs around them.
const MAX_UPLOAD: usize = MAX_COMPONENT_BYTES + MAX_CASES + (64 << 10);

/// Bytes of all cases of an upload.
const MAX_CASES: usize = 8 << 20;

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    registry: Registry,
    limits: Arc<Limits>,
    /// Whether this is `conjoin dev`: pages say so.
    dev: bool,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Conjoin admin API",
        description = "What a tenant's team does with its policies: upload, look, activate, roll back, revoke. The tenant is the token's. Errors are `application/problem+json` (RFC 9457)."
    ),
    modifiers(&Bearer),
    security(("token" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "Made by `conjoin token create`; it belongs to one tenant and has scopes.",
        ));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}

impl Admin {
    /// Over the policies of this host's tenants; `dev` where they are simulated.
    pub fn new(registry: Registry, dev: bool) -> Self {
        Self {
            registry,
            limits: Arc::new(Limits::default()),
            dev,
        }
    }
}

fn described() -> OpenApiRouter<Admin> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(caller::who))
        .routes(routes!(policies::list))
        .routes(routes!(policies::upload))
        .routes(routes!(policies::show))
        .routes(routes!(policies::component))
        .routes(routes!(policies::revoke))
        .routes(routes!(activation::show, activation::activate))
        .routes(routes!(activation::list))
        .routes(routes!(activation::roll_back))
        .routes(routes!(proposals::list))
        .routes(routes!(proposals::approve))
        .routes(routes!(proposals::withdraw))
        .routes(routes!(trying::shadow, trying::begin, trying::end))
        .routes(routes!(trying::replay))
        .routes(routes!(decisions::list))
}

/// Every route, with its own bound on bodies: an upload is larger than any form.
pub fn router(admin: Admin) -> Router {
    let (router, description) = described().split_for_parts();
    router
        .route(
            "/admin/v1/openapi.json",
            get(move || std::future::ready(Json(description))),
        )
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
        .layer(from_fn(linger::linger))
        .with_state(admin)
}

/// The description alone, for whoever has no host at hand.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().into_openapi()
}

/// A page of a list.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// At most this many, 1 to 100; 50 without it.
    limit: Option<u32>,
    /// What the page before gave as `next`.
    after: Option<String>,
}

/// The end of a list that grows.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Recent {
    /// At most this many, 1 to 100; 50 without it.
    limit: Option<u32>,
    /// An entry's `cursor`: the answer is what came after it, the oldest first.
    since: Option<String>,
}

impl Recent {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(50).clamp(1, 100)
    }
}

impl Page {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(50).clamp(1, 100)
    }
}

/// The texts of a JSON object, by key.
type Texts = BTreeMap<String, String>;
