//! What policies decided and said.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, Scope};
use super::extract::QueryParameters;
use super::policies::cursor;
use super::problem::{Problem, ProblemDetails};
use super::views::DecisionView;
use super::{Admin, Recent};

/// Decisions.
#[derive(Serialize, ToSchema)]
pub(super) struct Decisions {
    decisions: Vec<DecisionView>,
}

/// The latest, the newest first; or what came after one, the oldest first.
#[utoipa::path(get, path = "/admin/v1/decisions", operation_id = "listDecisions", params(Recent), responses((status = 200, body = Decisions), (status = 403, response = ProblemDetails)))]
pub(super) async fn list(
    State(admin): State<Admin>,
    caller: Caller,
    QueryParameters(asked): QueryParameters<Recent>,
) -> Result<Json<Decisions>, Problem> {
    caller.needs(Scope::DecisionsRead)?;
    let (store, tenant) = (admin.registry.store(), caller.tenant());
    let limit = asked.limit();
    let decisions = match &asked.since {
        Some(since) => store.decisions_since(tenant, cursor(since)?, limit).await?,
        None => store.decisions(tenant, limit).await?,
    };
    Ok(Json(Decisions {
        decisions: decisions.into_iter().map(DecisionView::from).collect(),
    }))
}
