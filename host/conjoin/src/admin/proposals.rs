//! Activations that wait for the word of a second person.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Admin;
use super::caller::{Caller, Scope};
use super::extract::PathParameter;
use super::problem::{Problem, ProblemDetails};
use super::views::{ActivationView, ProposalView};

/// What waits, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Proposals {
    proposals: Vec<ProposalView>,
}

/// All that wait.
#[utoipa::path(get, path = "/admin/v1/proposals", operation_id = "listProposals", responses((status = 200, body = Proposals)))]
pub(super) async fn list(State(admin): State<Admin>, caller: Caller) -> Result<Json<Proposals>, Problem> {
    caller.needs(Scope::PoliciesRead)?;
    let proposals = admin.registry.store().proposals(caller.tenant()).await?;
    Ok(Json(Proposals {
        proposals: proposals.into_iter().map(ProposalView::from).collect(),
    }))
}

/// Agrees, and carries it out. Not with the token that proposed it; 412 when something else was activated since.
#[utoipa::path(post, path = "/admin/v1/proposals/{id}/approve", operation_id = "approveProposal", responses((status = 200, body = ActivationView), (status = 403, response = ProblemDetails), (status = 404, response = ProblemDetails), (status = 412, response = ProblemDetails)))]
pub(super) async fn approve(
    State(admin): State<Admin>,
    caller: Caller,
    PathParameter(id): PathParameter<String>,
) -> Result<Json<ActivationView>, Problem> {
    caller.needs(Scope::PoliciesActivate)?;
    let activation = admin
        .registry
        .approve(caller.tenant(), &caller.actor(), caller.id(), &id)
        .await?;
    Ok(Json(activation.into()))
}

/// Withdraws it.
#[utoipa::path(delete, path = "/admin/v1/proposals/{id}", operation_id = "withdrawProposal", responses((status = 204), (status = 404, response = ProblemDetails)))]
pub(super) async fn withdraw(
    State(admin): State<Admin>,
    caller: Caller,
    PathParameter(id): PathParameter<String>,
) -> Result<StatusCode, Problem> {
    caller.needs(Scope::PoliciesActivate)?;
    admin.registry.withdraw(caller.tenant(), &caller.actor(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
