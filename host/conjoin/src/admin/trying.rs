//! Trying a version before it decides: in shadow, and on what was decided before.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use conjoin_linking::clock::now;
use conjoin_linking::contract::rfc3339;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Admin;
use super::activation::Activate;
use super::caller::{Caller, Scope};
use super::extract::JsonBody;
use super::policies::cursor;
use super::problem::{Problem, ProblemDetails};
use crate::registry::Wanted;
use crate::store::Shadow;

/// A version in shadow.
#[derive(Serialize, ToSchema)]
pub(super) struct ShadowView {
    /// The version's digest.
    pub(super) policy: String,
    /// What it is set to.
    #[schema(value_type = Object)]
    pub(super) settings: Map<String, Value>,
    /// Who wanted it tried.
    pub(super) by: String,
    /// RFC 3339.
    pub(super) since: String,
    /// RFC 3339; null while it is asked.
    pub(super) stopped_at: Option<String>,
    /// How often it was asked.
    pub(super) asked: i64,
    /// How often it answered something else than the version that decided. The decisions say what.
    pub(super) differed: i64,
    /// How often it gave no answer.
    pub(super) failed: i64,
}

/// What to ask again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// A version's digest, or the name of a policy that ships with the host.
    policy: String,
    /// What it is set to.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Map<String, Value>,
    /// From how many days ago on.
    #[serde(default)]
    days: Option<u32>,
    /// Where to go on: what the answer before gave as `next`.
    #[serde(default)]
    after: Option<String>,
}

/// What would come out differently.
#[derive(Serialize, ToSchema)]
pub(super) struct ReplayView {
    /// How many decisions were made again.
    asked: u32,
    changed: Vec<ChangedView>,
    /// For `after`; null when all were made again.
    next: Option<String>,
}

/// A decision that would come out differently.
#[derive(Serialize, ToSchema)]
pub(super) struct ChangedView {
    /// The transaction: a link's id.
    transaction: String,
    /// `select-candidates` or `merge`.
    hook: &'static str,
    /// RFC 3339.
    at: String,
    /// The version that decided.
    policy: String,
    /// Names of keys and ids, never a value.
    differences: Vec<String>,
}

/// What is tried, or was last.
#[utoipa::path(get, path = "/admin/v1/shadow", operation_id = "showShadow", responses((status = 200, body = ShadowView), (status = 404, response = ProblemDetails)))]
pub(super) async fn shadow(State(admin): State<Admin>, caller: Caller) -> Result<Json<ShadowView>, Problem> {
    caller.needs(Scope::PoliciesRead)?;
    let shadow = admin.registry.store().shadow(caller.tenant()).await?;
    Ok(Json(
        shadow
            .ok_or_else(|| Problem::none_yet("there is no such trial: nothing was tried in shadow yet"))?
            .into(),
    ))
}

/// Asks a checked version the same as the one that decides, from now on. It decides nothing, and stops by itself when it keeps failing.
#[utoipa::path(put, path = "/admin/v1/shadow", operation_id = "beginShadow", request_body = Activate, responses((status = 200, body = ShadowView), (status = 409, response = ProblemDetails), (status = 422, response = ProblemDetails)))]
pub(super) async fn begin(
    State(admin): State<Admin>,
    caller: Caller,
    JsonBody(wanted): JsonBody<Activate>,
) -> Result<Json<ShadowView>, Problem> {
    caller.needs(Scope::PoliciesActivate)?;
    let wanted = Wanted {
        policy: wanted.policy,
        settings: wanted.settings,
        expected: 0,
    };
    let shadow = admin.registry.try_out(caller.tenant(), &caller.actor(), wanted).await?;
    Ok(Json(shadow.into()))
}

/// Stops asking it.
#[utoipa::path(delete, path = "/admin/v1/shadow", operation_id = "endShadow", responses((status = 204), (status = 404, response = ProblemDetails)))]
pub(super) async fn end(State(admin): State<Admin>, caller: Caller) -> Result<StatusCode, Problem> {
    caller.needs(Scope::PoliciesActivate)?;
    admin.registry.stop_trying(caller.tenant(), &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes recorded decisions again with another version, fifty at a time, and says which would come out differently. What is recorded is as the tenant has chosen.
#[utoipa::path(post, path = "/admin/v1/replay", operation_id = "replay", request_body = Replay, responses((status = 200, body = ReplayView), (status = 409, response = ProblemDetails), (status = 422, response = ProblemDetails)))]
pub(super) async fn replay(
    State(admin): State<Admin>,
    caller: Caller,
    JsonBody(wanted): JsonBody<Replay>,
) -> Result<Json<ReplayView>, Problem> {
    caller.needs(Scope::DecisionsRead)?;
    let from = wanted
        .days
        .map_or(0, |days| now().saturating_sub(i64::from(days) * 86_400));
    let since = match wanted.after.as_deref() {
        Some(after) => cursor(after)?,
        None => (from.saturating_mul(1_000_000), ""),
    };
    let asked = Wanted {
        policy: wanted.policy.clone(),
        settings: wanted.settings.clone(),
        expected: 0,
    };
    let replayed = admin
        .registry
        .replay(caller.tenant(), &caller.actor(), asked, since)
        .await?;
    let changed = replayed.changed.into_iter().map(|one| ChangedView {
        transaction: one.transaction,
        hook: one.hook,
        at: rfc3339(one.at.div_euclid(1_000_000)),
        policy: one.policy,
        differences: one.differences,
    });
    Ok(Json(ReplayView {
        asked: replayed.asked,
        changed: changed.collect(),
        next: replayed.next.map(|(at, id)| format!("{at}.{id}")),
    }))
}

impl From<Shadow> for ShadowView {
    fn from(shadow: Shadow) -> Self {
        Self {
            policy: shadow.facts.policy.policy,
            settings: shadow.facts.settings,
            by: shadow.facts.by,
            since: rfc3339(shadow.since),
            stopped_at: shadow.stopped_at.map(rfc3339),
            asked: shadow.asked,
            differed: shadow.differed,
            failed: shadow.failed,
        }
    }
}
