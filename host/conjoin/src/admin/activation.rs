//! What decides, and changing it.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::caller::{Caller, Scope};
use super::extract::{JsonBody, QueryParameters};
use super::problem::{Problem, ProblemDetails};
use super::views::{ActivationView, ProposalView};
use super::{Admin, Page};
use crate::registry::{Activated, Wanted};

/// What is to decide.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Activate {
    /// A version's digest, or the name of a policy that ships with the host.
    pub(super) policy: String,
    /// What it is set to, as its own schema says.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) settings: Map<String, Value>,
}

/// Where to go back to.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBack {
    /// The number of a change, 0 for what decided before the first. Without it, what decided before.
    #[serde(default)]
    to: Option<i64>,
}

/// Changes, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Activations {
    activations: Vec<ActivationView>,
    /// For `after`; none on the last page.
    next: Option<String>,
}

/// What decides. Its ETag is the number of the change.
#[utoipa::path(get, path = "/admin/v1/activation", operation_id = "showActivation", responses((status = 200, body = ActivationView)))]
pub(super) async fn show(State(admin): State<Admin>, caller: Caller) -> Result<Response, Problem> {
    caller.needs(Scope::PoliciesRead)?;
    Ok(tagged(standing(&admin, &caller).await?))
}

/// Makes a version decide from the next decision on, if nothing else was activated since `If-Match`; links under way finish on the version that made their preview. 202
/// where a second person has to agree.
#[utoipa::path(
    put,
    path = "/admin/v1/activation",
    operation_id = "activatePolicy",
    params(("If-Match" = String, Header, description = "The ETag of what decides now")),
    request_body = Activate,
    responses((status = 200, body = ActivationView), (status = 202, body = ProposalView), (status = 409, response = ProblemDetails), (status = 412, response = ProblemDetails), (status = 422, response = ProblemDetails), (status = 428, response = ProblemDetails))
)]
pub(super) async fn activate(
    State(admin): State<Admin>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(wanted): JsonBody<Activate>,
) -> Result<Response, Problem> {
    caller.needs(Scope::PoliciesActivate)?;
    let wanted = Wanted {
        policy: wanted.policy,
        settings: wanted.settings,
        expected: if_match(&headers)?.ok_or_else(Problem::precondition_required)?,
    };
    let actor = caller.actor();
    let activated = admin.registry.activate(caller.tenant(), &actor, caller.id(), wanted);
    Ok(match activated.await? {
        Activated::Now(activation) => tagged(activation.into()),
        Activated::Proposed(proposal) => (StatusCode::ACCEPTED, Json(ProposalView::from(proposal))).into_response(),
    })
}

/// Goes back. It takes effect at once: what decided before is still loaded.
#[utoipa::path(
    post,
    path = "/admin/v1/activation/rollback",
    operation_id = "rollBackPolicy",
    params(("If-Match" = Option<String>, Header, description = "The ETag of what decides now, where it matters")),
    request_body = RollBack,
    responses((status = 200, body = ActivationView), (status = 409, response = ProblemDetails), (status = 412, response = ProblemDetails))
)]
pub(super) async fn roll_back(
    State(admin): State<Admin>,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(RollBack { to }): JsonBody<RollBack>,
) -> Result<Response, Problem> {
    caller.needs(Scope::PoliciesActivate)?;
    let expected = if_match(&headers)?;
    let activation = admin
        .registry
        .roll_back(caller.tenant(), &caller.actor(), expected, to)
        .await?;
    Ok(tagged(activation.into()))
}

/// All changes of what decides.
#[utoipa::path(get, path = "/admin/v1/activations", operation_id = "listActivations", params(Page), responses((status = 200, body = Activations)))]
pub(super) async fn list(
    State(admin): State<Admin>,
    caller: Caller,
    QueryParameters(page): QueryParameters<Page>,
) -> Result<Json<Activations>, Problem> {
    caller.needs(Scope::PoliciesRead)?;
    let bad = |_| Problem::bad_request("`after` is not what a page gave as `next`");
    let before = page
        .after
        .as_deref()
        .map_or(Ok(i64::MAX), |after| after.parse().map_err(bad))?;
    let found = admin
        .registry
        .store()
        .activations(caller.tenant(), before, page.limit())
        .await?;
    let next = found.last().map(|last| last.number).filter(|number| *number > 1);
    let full = u32::try_from(found.len()).is_ok_and(|count| count == page.limit());
    Ok(Json(Activations {
        next: next.filter(|_| full).map(|number| number.to_string()),
        activations: found.into_iter().map(ActivationView::from).collect(),
    }))
}

/// What decides, and why not, where this host cannot use it.
pub(super) async fn standing(admin: &Admin, caller: &Caller) -> Result<ActivationView, Problem> {
    let active = admin.registry.active(caller.tenant()).await?;
    let problem = admin.registry.trouble(caller.tenant(), active.number)?;
    Ok(ActivationView {
        problem,
        ..active.into()
    })
}

fn tagged(view: ActivationView) -> Response {
    let tag = format!("\"{}\"", view.number);
    ([(ETAG, tag)], Json(view)).into_response()
}

/// RFC 9110, 13.1.1, with the one kind of tag that we give.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(header) = headers.get(IF_MATCH) else {
        return Ok(None);
    };
    let text = header.to_str().unwrap_or_default().trim();
    let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let number = number.and_then(|number| number.parse().ok());
    number.map(Some).ok_or_else(|| {
        Problem::bad_request("`If-Match` is a number in quotes, as the ETag of `GET /admin/v1/activation`")
    })
}
