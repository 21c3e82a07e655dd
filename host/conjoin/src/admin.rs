//! The admin API: what a tenant's team does by program, under `/admin/v1`, with a token of its own ([`caller`]).
//!
//! Each file is a family of routes; [`pages`] are the same for a person with a browser, under `/admin`; [`problem`] is the one place where errors become answers; [`views`] is what is shown. The description at
//! `/admin/v1/openapi.json` is made from the handlers themselves. The tenant is the token's: there is none in any path.

mod activation;
mod bounds;
pub mod caller;
mod decisions;
mod duplicates;
mod extract;
mod linger;
mod openapi;
pub mod pages;
mod policies;
mod problem;
mod proposals;
mod reading;
pub mod team;
mod trying;
mod views;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{any, get};
use axum::{Json, Router};
use conjoin_engine::MAX_COMPONENT_BYTES;
use conjoin_linking::tenant::TenantName;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use caller::{Scope, new_token};
pub use team::TeamSignIn;
pub(crate) use views::short;

use crate::accounts::Accounts;
use crate::registry::Registry;
use crate::web::MAX_TIME;
use caller::Limits;
use openapi::Description;
use problem::Problem;

/// Where all of it is.
pub const PREFIX: &str = "/admin/v1";

/// The longest upload: a component, its cases, and what a form needs around them.
const MAX_UPLOAD: usize = MAX_COMPONENT_BYTES + MAX_CASES + (64 << 10);

/// Bytes of all cases of an upload.
const MAX_CASES: usize = 8 << 20;

/// Bytes of settings that come with an upload.
const MAX_SETTINGS: usize = 64 << 10;

/// The longest body of any other request, and the longest form.
const MAX_BODY: usize = 256 << 10;

/// The longest that an upload may take: to arrive, to wait for others that are compiled, and to be compiled, which a component with an interpreter may take
/// [five minutes](conjoin_engine::JailLimits::INTERPRETER) for. Its cases and the conformance set come after the answer.
pub(crate) const MAX_UPLOAD_TIME: Duration = Duration::from_secs(420);

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    registry: Registry,
    accounts: Accounts,
    /// The tenants whose teams sign in with the tenant itself.
    teams: Arc<[TeamSignIn]>,
    limits: Arc<Limits>,
    /// Whether this is `conjoin dev`: pages say so.
    dev: bool,
}

impl Admin {
    /// Over the policies and accounts of this host's tenants, of which `teams` sign in with the tenant itself; `dev` where they are simulated.
    pub fn new(registry: Registry, accounts: Accounts, teams: Vec<TeamSignIn>, dev: bool) -> Self {
        Self {
            registry,
            accounts,
            teams: teams.into(),
            limits: Arc::new(Limits::default()),
            dev,
        }
    }

    /// How a tenant's team signs in with the tenant itself, if it does.
    fn team(&self, tenant: &TenantName) -> Option<&TeamSignIn> {
        self.teams.iter().find(|team| team.tenant() == tenant)
    }
}

/// Every route but the upload, with its description.
fn described() -> OpenApiRouter<Admin> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(caller::who))
        .routes(routes!(policies::list))
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
        .routes(routes!(duplicates::show, duplicates::begin))
}

/// The upload, which is larger than any other request, and takes longer.
fn upload() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(policies::upload))
}

/// Every route. Whatever it answers but success is problem details.
pub fn router(admin: Admin) -> Router {
    let (others, description) = described().split_for_parts();
    let (upload, of_upload) = upload().split_for_parts();
    let description = Json(openapi::completed(description.merge_from(of_upload)));
    let upload = upload
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
        .layer(from_fn(|request, next| bounds::within(MAX_UPLOAD_TIME, request, next)));
    others
        .route(
            "/admin/v1/openapi.json",
            get(move || std::future::ready(description.clone())),
        )
        .route("/admin/v1", any(nothing))
        .route("/admin/v1/", any(nothing))
        .route("/admin/v1/{*path}", any(nothing))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(|request, next| bounds::within(MAX_TIME, request, next)))
        .merge(upload)
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(from_fn(linger::linger))
        .with_state(admin)
}

async fn nothing() -> Problem {
    Problem::no_such_path()
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
        listed(self.limit)
    }
}

impl Page {
    fn limit(&self) -> u32 {
        listed(self.limit)
    }
}

fn listed(wanted: Option<u32>) -> u32 {
    wanted.unwrap_or(50).clamp(1, 100)
}

/// The texts of a JSON object, by key.
type Texts = BTreeMap<String, String>;
