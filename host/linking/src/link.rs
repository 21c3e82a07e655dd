//! The steps of a link after the confirmation, each repeatable, and the way back.
//!
//! Merge first, then link: a PATCH can be undone, while undoing a link makes a new user. After a write of unknown effect the same write is repeated
//! until the answer is definite; nothing is undone on a guess, since an answer can be late and so can its effect.

use std::time::Duration;

use conjoin_auth0::{IdentityId, Management, ManagementError, MetadataPatch, UserId};

use crate::bag::{Bag, Bags, Changes, Metadata, undo};
use crate::journal::Journal;
use crate::plan::LinkPlan;
use crate::record::{Confirmed, Record, Stage};

/// How often a write of unknown effect is repeated before a person is asked.
const ATTEMPTS: u32 = 5;

/// The wait before the first repetition; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// How long after a definite refusal the second look is taken: an effect can be later than its answer.
const QUIET_PERIOD: Duration = Duration::from_millis(500);

/// Why a step did not get through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The tenant said no: the write has not happened.
    #[error("{0}")]
    Definite(String),
    /// Its effect stayed unknown through every repetition.
    #[error("{0}, and whether it took effect is unknown")]
    Unknown(String),
}

/// Carries a confirmed link on from wherever it is to an end.
///
/// # Errors
/// Only the journal's: whatever the tenant does is a stage of the record.
pub async fn run(
    management: &Management,
    journal: &dyn Journal,
    mut record: Record,
) -> Result<Record, crate::journal::JournalError> {
    while let Some(stage) = step(management, &record.stage).await {
        record = record.at(stage);
        journal.advance(&record).await?;
        tracing::info!(link = %record.id.0, stage = record.stage.name(), "link");
    }
    Ok(record)
}

/// The next stage, or none at an end.
async fn step(management: &Management, stage: &Stage) -> Option<Stage> {
    match stage {
        Stage::Confirmed(work) => Some(write_metadata(management, work).await),
        Stage::MetadataWritten(work) => Some(link(management, work).await),
        Stage::Linked(work) => Some(Stage::Done(work.clone())),
        _ => None,
    }
}

async fn write_metadata(management: &Management, work: &Confirmed) -> Stage {
    let plan = &work.plan;
    match patch_until_definite(management, &plan.primary.user_id, changes_of(plan)).await {
        Ok(()) => Stage::MetadataWritten(Box::new(work.clone())),
        Err(Failure::Definite(cause)) => roll_back(management, work, cause).await,
        Err(Failure::Unknown(cause)) => attention(
            format!(
                "it is unknown whether the primary's metadata was written ({cause}); carry the link on once the tenant answers"
            ),
            Stage::Confirmed(Box::new(work.clone())),
        ),
    }
}

async fn link(management: &Management, work: &Confirmed) -> Stage {
    let plan = &work.plan;
    match link_until_definite(management, plan).await {
        Ok(()) => Stage::Linked(Box::new(work.clone())),
        Err(Failure::Definite(cause)) => roll_back(management, work, cause).await,
        Err(Failure::Unknown(cause)) => attention(
            format!(
                "it is unknown whether the tenant linked the accounts ({cause}); carry the link on once the tenant answers"
            ),
            Stage::MetadataWritten(Box::new(work.clone())),
        ),
    }
}

/// Repeats the same POST until the answer is definite. `409` and every other refusal are checked against the tenant: a refusal of the repetition
/// can mean that the first one got through.
async fn link_until_definite(management: &Management, plan: &LinkPlan) -> Result<(), Failure> {
    let (primary, secondary) = (&plan.primary.user_id, IdentityId::from(&plan.secondary.user_id));
    let mut wait = FIRST_WAIT;
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        let error = match management.link(primary, &secondary, None).await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        last = error.to_string();
        tokio::time::sleep(if error.is_definite_refusal() {
            QUIET_PERIOD
        } else {
            wait
        })
        .await;
        wait *= 2;
        match is_linked(management, primary, &secondary).await {
            Ok(true) => return Ok(()),
            Ok(false) if error.is_definite_refusal() => return Err(Failure::Definite(last)),
            Ok(false) | Err(_) => {}
        }
    }
    Err(Failure::Unknown(last))
}

async fn is_linked(management: &Management, primary: &UserId, secondary: &IdentityId) -> Result<bool, ManagementError> {
    let user = management.user(primary).await?;
    Ok(user
        .identities
        .iter()
        .any(|identity| identity.provider == secondary.provider && identity.user_id == secondary.user_id))
}

/// Puts the primary's metadata back: each key that still stands as the link wrote it. What someone else wrote meanwhile stays.
async fn roll_back(management: &Management, work: &Confirmed, cause: String) -> Stage {
    let plan = &work.plan;
    let stuck = |what: String| {
        let what = format!("{cause}; and the primary's metadata could not be put back: {what}");
        attention(what, Stage::MetadataWritten(Box::new(work.clone())))
    };
    tokio::time::sleep(QUIET_PERIOD).await;
    let now = match management.user(&plan.primary.user_id).await {
        Ok(user) => Bags::from(&user),
        Err(error) => return stuck(error.to_string()),
    };
    let undo_bag = |bag: Bag| undo(plan.primary.bags.get(bag), &plan.bag(bag).changes, now.get(bag));
    let ((user_changes, mut left_alone), (app_changes, app_left)) = (undo_bag(Bag::User), undo_bag(Bag::App));
    left_alone.extend(app_left);
    match patch_until_definite(management, &plan.primary.user_id, [user_changes, app_changes]).await {
        Ok(()) => Stage::RolledBack {
            cause,
            left_alone,
            work: Box::new(work.clone()),
        },
        Err(failure) => stuck(failure.to_string()),
    }
}

/// Sends the same absolute PATCH until the tenant says yes or no. Nothing to change sends nothing: `{}` would empty the bag.
pub(crate) async fn patch_until_definite(
    management: &Management,
    user: &UserId,
    changes: [Changes; 2],
) -> Result<(), Failure> {
    let [user_metadata, app_metadata] = changes.map(|changes| changes.into_iter().collect::<Metadata>());
    let Some(patch) = MetadataPatch::new(user_metadata, app_metadata) else {
        return Ok(());
    };
    let mut wait = FIRST_WAIT;
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        match management.patch_metadata(user, &patch).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_definite_refusal() => return Err(Failure::Definite(error.to_string())),
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    Err(Failure::Unknown(last))
}

fn changes_of(plan: &LinkPlan) -> [Changes; 2] {
    [plan.user_metadata.changes.clone(), plan.app_metadata.changes.clone()]
}

fn attention(what: String, stuck: Stage) -> Stage {
    Stage::NeedsAttention {
        what,
        stuck: Box::new(stuck),
    }
}
