//! Looking at what a link would do, and agreeing to it. Nothing is done here.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use conjoin_linking::LinkError;
use conjoin_linking::plan::PlanHash;
use conjoin_linking::record::Stage;
use serde::Deserialize;

use super::visit::Visit;
use crate::app::App;
use crate::pages::{LinkReview, Notice};
use crate::web::error::{WebError, html};
use crate::web::form::VisitorForm;
use crate::web::visitor::Visitor;

/// The form under a review.
#[derive(Deserialize)]
pub struct Agreement {
    visit: String,
    /// The hash of the plan that was shown.
    plan: PlanHash,
}

/// What brought the browser to a review.
#[derive(Deserialize)]
pub struct Arrival {
    /// Present when the preview that was agreed to no longer held.
    changed: Option<String>,
}

/// `GET /action/review/{visit}`: the preview. What has ended without anything done begins anew with the choice.
pub async fn review(
    app: App,
    visitor: Visitor,
    Path(id): Path<String>,
    arrival: Result<Query<Arrival>, QueryRejection>,
) -> Result<Response, WebError> {
    let visit = Visit::find(&app, visitor, id).await?;
    let mut record = visit.record(&app).await.map_err(|error| visit.failed(error))?;
    if matches!(record.stage, Stage::Proven(_)) {
        let planned = app.linking.plan(&visit.session(), record).await;
        record = planned.map_err(|error| visit.failed(WebError::AfterProof(error)))?;
    }
    let changed = arrival.ok().and_then(|arrival| arrival.0.changed);
    match &record.stage {
        Stage::Planned(planned) => html(&LinkReview {
            visit: Some(&visit.id),
            shell: visit.visitor.shell(&app),
            id: &record.id,
            plan_hash: planned.plan.hash(),
            plan: &planned.plan,
            tenant: &app.linking.tenant,
            notice: changed.map(|_| Notice::changed()),
        }),
        Stage::Agreed(_) => Ok(Redirect::to(&format!("/action/return/{}", visit.id)).into_response()),
        Stage::Expired => Err(visit.failed(LinkError::Expired)),
        stage if stage.is_unsettled() => Err(visit.failed(LinkError::Unsettled)),
        _ => Ok(Redirect::to(&format!("/action/visit/{}", visit.id)).into_response()),
    }
}

/// `POST /action/confirm`: what was shown is agreed to, or nothing.
pub async fn confirm(app: App, form: VisitorForm<Agreement>) -> Result<Response, WebError> {
    let visit = Visit::find(&app, form.visitor, form.fields.visit).await?;
    let link = visit.kept.link.as_ref().ok_or(WebError::StrayCallback)?;
    match app.linking.agree(&visit.session(), link, &form.fields.plan).await {
        Ok(_) => Ok(Redirect::to(&format!("/action/return/{}", visit.id)).into_response()),
        Err(LinkError::Changed) => Ok(Redirect::to(&format!("/action/review/{}?changed=1", visit.id)).into_response()),
        Err(error) => Err(visit.failed(WebError::AfterProof(error))),
    }
}
