//! Looking at what a link or unlink will do, confirming it, and how it ended.

use std::time::Duration;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use conjoin_linking::LinkError;
use conjoin_linking::candidates::{Session, Side};
use conjoin_linking::plan::PlanHash;
use conjoin_linking::record::{Confirmed, LinkId, Record, Revocation, Stage};
use serde::Deserialize;

use crate::app::App;
use crate::pages::{LinkReview, Notice, Outcome, UnlinkReview};
use crate::web::error::{WebError, html};
use crate::web::form::SignedForm;
use crate::web::visitor::Member;

/// How long a confirmation waits for the link to finish before it shows that it is under way.
const PATIENCE: Duration = Duration::from_secs(20);

/// The form under a review.
#[derive(Deserialize)]
pub struct Confirmation {
    /// The link's id.
    id: LinkId,
    /// The hash of the plan that was shown.
    plan: PlanHash,
}

/// What brought the browser to a review.
#[derive(Deserialize)]
pub struct Arrival {
    /// Present when the confirmed preview no longer held.
    changed: Option<String>,
}

/// `GET /link/review/{id}`: the preview, or how it ended.
pub async fn show(
    app: App,
    mut member: Member,
    id: Result<Path<String>, PathRejection>,
    arrival: Result<Query<Arrival>, QueryRejection>,
) -> Result<Response, WebError> {
    let Path(id) = id.map_err(|_| WebError::NotFound)?;
    let session = member.linking();
    let mut record = app.linking.record(&session, &LinkId(id)).await?;
    if matches!(record.stage, Stage::Proven(_)) {
        record = planned(&app, &session, record).await?;
    }
    after_end(&app, &mut member, &record).await?;
    let notice = arrival
        .ok()
        .and_then(|arrival| arrival.0.changed)
        .map(|_| Notice::changed());
    page(&app, &member, &record, notice)
}

/// `POST /link/confirm`: what was shown is done, or nothing. The work goes on when the browser goes away.
pub async fn confirm(app: App, form: SignedForm<Confirmation>) -> Result<Response, WebError> {
    let mut member = form.member;
    let Confirmation { id, plan } = form.fields;
    let (linking, session, confirmed) = (app.linking.clone(), member.linking(), id.clone());
    let mut work = tokio::spawn(async move { linking.confirm(&session, &confirmed, &plan).await });
    let review = format!("/link/review/{}", id.0);
    let record = match tokio::time::timeout(PATIENCE, &mut work).await {
        Ok(Ok(Ok(record))) => record,
        Ok(Ok(Err(LinkError::Changed))) => return Ok(Redirect::to(&format!("{review}?changed=1")).into_response()),
        Ok(Ok(Err(error))) => return Err(WebError::AfterProof(error)),
        Ok(Err(error)) => return Err(WebError::Internal(error.to_string())),
        Err(_) => {
            member.visitor.rotate(&app).await?;
            return Ok(Redirect::to(&review).into_response());
        }
    };
    if !after_end(&app, &mut member, &record).await? {
        member.visitor.rotate(&app).await?;
    }
    let next = match &record.stage {
        Stage::Done(work) if work.kept.is_empty() => "/user?done=linked",
        Stage::Unlinked(plan)
            if plan.kept.is_empty() && plan.unstorable.is_empty() && plan.sessions == Revocation::Ended =>
        {
            "/user?done=unlinked"
        }
        // There is more to say than that it worked.
        _ => &review,
    };
    Ok(Redirect::to(next).into_response())
}

/// Runs the merge for a proven link.
///
/// # Errors
/// [`WebError::AfterProof`]: both accounts are the person's, so the policy's own words may be shown.
pub async fn planned(app: &App, session: &Session, record: Record) -> Result<Record, WebError> {
    app.linking.plan(session, record).await.map_err(WebError::AfterProof)
}

/// What the end of a link or unlink means for the session that asked for it: a new name, once, and after a link whose found account survives, that account. The
/// account's other sessions have ended with it, in the journal. True when this is the first time that the session sees the end.
///
/// # Errors
/// When the session cannot be written, or the journal not read.
async fn after_end(app: &App, member: &mut Member, record: &Record) -> Result<bool, WebError> {
    let is_end = matches!(record.stage, Stage::Done(_) | Stage::Unlinked(_));
    if !is_end || member.visitor.remembered.renamed_for.as_ref() == Some(&record.id) {
        return Ok(false);
    }
    if let Stage::Done(work) = &record.stage
        && app.linking.is_in_force(record).await?
    {
        follow_primary(member, work);
    }
    member.visitor.remembered.renamed_for = Some(record.id.clone());
    member.visitor.rotate(app).await?;
    Ok(true)
}

fn follow_primary(member: &mut Member, work: &Confirmed) {
    let survivor = &work.plan.primary.user_id;
    if member.signed_in.subject != work.plan.secondary.user_id {
        return;
    }
    let [_, proof] = &work.proofs;
    member.signed_in.subject = survivor.clone();
    if work.plan.survivor == Side::Found {
        member.signed_in.proof = proof.clone();
    }
    member.visitor.remembered.signed_in = Some(member.signed_in.clone());
}

fn page(app: &App, member: &Member, record: &Record, notice: Option<Notice>) -> Result<Response, WebError> {
    let shell = member.visitor.shell(app);
    let tenant = &app.linking.tenant;
    match &record.stage {
        Stage::Planned(planned) => html(&LinkReview {
            visit: None,
            shell,
            id: &record.id,
            plan_hash: planned.plan.hash(),
            plan: &planned.plan,
            tenant,
            notice,
        }),
        Stage::UnlinkPlanned(plan) => html(&UnlinkReview {
            shell,
            id: &record.id,
            plan_hash: plan.hash(),
            plan,
            tenant,
            notice,
        }),
        _ => html(&Outcome { shell, record, tenant }),
    }
}
