//! The steps of an unlink after the confirmation, each repeatable.

use conjoin_auth0::{IdentityId, ManagementError, User, UserId};

use super::UnlinkPlan;
use crate::bag::{Bag, Bags, Metadata, changes};
use crate::error::RefusedBy;
use crate::journal::JournalError;
use crate::link::Stop;
use crate::plan::storable;
use crate::record::{Record, Stage};
use crate::work::{CERTAINLY_GONE, Footing, Halt, Missing, Step, Worker, Written, holds, missing, pause};

/// After how many tries what is refused counts as refused for what it is.
const CERTAINLY_REFUSED: u32 = 2;

/// For the platform team.
const LOOKING: &str = "looking at the account";

/// For the platform team.
const STILL_THERE: &str = "the accounts are separated, and the primary still holds what the link brought";

/// What the tenant shows of the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// It holds the identity.
    Joined,
    /// It does not.
    Separate,
    /// It does not exist, or is another one under the same id.
    Gone,
}

/// Carries a confirmed unlink on from wherever it is: to an end, or to where it has to wait.
///
/// # Errors
/// Only the journal's.
pub(crate) async fn run(worker: &Worker<'_>, mut record: Record, footing: Footing) -> Result<Record, JournalError> {
    loop {
        let absent = record.tries.absent;
        let step = match &record.stage {
            Stage::UnlinkConfirmed(plan) => worker.separate(plan, footing, absent).await,
            Stage::UnlinkRefused {
                cause,
                not_before,
                plan,
            } => worker.look_once_more(cause, *not_before, plan, absent).await,
            Stage::Separated(plan) => worker.restore(plan, &record, footing).await,
            Stage::Restored(plan) if plan.progress.not_before > 0 => worker.rest(plan).await,
            Stage::Restored(plan) => worker.take_out(plan, footing, absent).await,
            _ => return Ok(record),
        };
        let (next, goes_on) = worker
            .store(&record, step.map_err(|_| JournalError::LeaseLost)?)
            .await?;
        record = next;
        if !goes_on {
            return Ok(record);
        }
    }
}

impl Worker<'_> {
    /// Repeats the same DELETE until the identity is seen to be gone, or the tenant says no.
    async fn separate(&self, plan: &UnlinkPlan, footing: Footing, absent: u32) -> Result<Step, Stop> {
        let identity = IdentityId {
            provider: plan.identity.provider.clone(),
            user_id: plan.identity.user_id.clone(),
        };
        let mut plan = unaccounted_for(plan, footing == Footing::Resumed);
        if footing == Footing::Resumed {
            match self.see(&plan).await {
                Ok(Seen::Separate) => return Ok(separated(plan)),
                Ok(Seen::Joined) => {}
                Ok(Seen::Gone) => return Ok(self.without_primary(plan, absent).await),
                Err(error) => return Ok(Step::later(LOOKING, &error)),
            }
        }
        let (mut wait, mut last) = (self.pace.first_wait, String::new());
        for _ in 0..self.pace.attempts {
            self.lease.check().map_err(|_| Stop)?;
            let error = match self.management.unlink(&plan.primary.user_id, &identity).await {
                Ok(_) => return Ok(separated(plan)),
                Err(error) => error,
            };
            last = error.to_string();
            plan.progress.unaccounted |= error.is_ambiguous();
            let refused = error.is_definite_refusal();
            tokio::time::sleep(if refused { self.pace.quiet } else { pause(&error, wait) }).await;
            wait *= 2;
            match self.see(&plan).await {
                Ok(Seen::Separate) => return Ok(separated(plan)),
                _ if refused => {
                    return Ok(Step::to(Stage::UnlinkRefused {
                        cause: last,
                        not_before: self.quiet_until(plan.progress.unaccounted).await,
                        plan: Box::new(plan),
                    }));
                }
                Ok(Seen::Gone) => return Ok(self.without_primary(plan, absent).await),
                Ok(Seen::Joined) | Err(_) => {}
            }
        }
        Ok(Step::Later(format!("separating the accounts: {last}")))
    }

    /// The second look after a refusal.
    async fn look_once_more(&self, cause: &str, not_before: i64, plan: &UnlinkPlan, absent: u32) -> Result<Step, Stop> {
        if !self.wait_for(not_before).await {
            return Ok(Step::NotBefore(not_before));
        }
        Ok(match self.see(plan).await {
            Ok(Seen::Separate) => separated(plan.clone()),
            Ok(Seen::Joined) => Step::to(Stage::Refused(RefusedBy::Tenant(cause.to_owned()))),
            Ok(Seen::Gone) => self.without_primary(plan.clone(), absent).await,
            Err(error) => Step::later(LOOKING, &error),
        })
    }

    async fn see(&self, plan: &UnlinkPlan) -> Result<Seen, ManagementError> {
        match self.management.user(&plan.primary.user_id).await {
            Ok(user) if plan.is_of_another(&user) => Ok(Seen::Gone),
            Ok(user) if holds(&user, &plan.identity) => Ok(Seen::Joined),
            Ok(_) => Ok(Seen::Separate),
            Err(ManagementError::NotFound) => Ok(Seen::Gone),
            Err(error) => Err(error),
        }
    }

    /// The primary was deleted, or joined into a third account, while it was to be taken apart. Said more than once, since one wrong answer must not end the work.
    async fn without_primary(&self, plan: UnlinkPlan, absent: u32) -> Step {
        if absent < CERTAINLY_GONE {
            return Step::later(LOOKING, &ManagementError::NotFound);
        }
        let separate = match plan.separated().parse::<UserId>() {
            Ok(id) => self.management.user(&id).await.map(drop),
            Err(_) => Err(ManagementError::NotFound),
        };
        match separate {
            // The separation had happened before.
            Ok(()) => separated(plan),
            Err(ManagementError::NotFound) => {
                let why = "the account to be taken apart does not exist any more".to_owned();
                Step::to(Stage::Refused(RefusedBy::Host(why)))
            }
            Err(error) => Step::later(LOOKING, &error),
        }
    }

    /// Ends the primary's sessions, since those obtained through the identity would stay valid, and gives the separated account its own metadata. It is read first: what the
    /// tenant or someone else put there stays, and is reported.
    async fn restore(&self, plan: &UnlinkPlan, record: &Record, footing: Footing) -> Result<Step, Stop> {
        let id = plan.separated();
        let not_yet = format!("the accounts are separated, and {id} has not got its own metadata back");
        let Ok(user_id) = id.parse::<UserId>() else {
            return Ok(Step::Later(format!("{not_yet}: that is not an id")));
        };
        let mut plan = plan.clone();
        plan.sessions = self.end_sessions(&plan.primary.user_id).await;
        let mut written = self.give_back(&user_id, &plan.restored).await;
        // One key that Auth0 does not store any more would keep all the others from being given back. Not at the first no: it may be about something else.
        if matches!(written, Err(Halt::Refused { .. })) && record.tries.count >= CERTAINLY_REFUSED {
            let (storable, unstorable) = storable_part(&plan.restored);
            if !unstorable.is_empty() {
                plan.unstorable = unstorable;
                written = self.give_back(&user_id, &storable).await;
            }
        }
        match written {
            Ok(written) => {
                let mut plan = unaccounted_for(&plan, written.unaccounted || footing == Footing::Resumed);
                plan.kept.extend(written.kept);
                Ok(Step::to(Stage::Restored(Box::new(plan))))
            }
            // Nobody but a person can tell an account that was deleted from one that the tenant gave another id.
            Err(Halt::Gone) if record.tries.absent >= CERTAINLY_GONE => Ok(Step::Stuck {
                what: format!(
                    "{not_yet}: the tenant has no such user. What it had is in the journal. If it was deleted, go on without it by `conjoin links settle {} --account-gone`",
                    record.id.0
                ),
                stage: Box::new(Stage::Separated(Box::new(plan))),
            }),
            Err(Halt::Gone) => Ok(Step::later(&not_yet, &ManagementError::NotFound)),
            Err(Halt::Refused { cause, .. } | Halt::Unclear(cause)) => Ok(Step::Later(format!("{not_yet}: {cause}"))),
            Err(Halt::Lost) => Err(Stop),
        }
    }

    async fn give_back(&self, user_id: &UserId, bags: &Bags) -> Result<Written, Halt> {
        let nothing = Bags::default();
        let [user_metadata, app_metadata] = Bag::ALL.map(|bag| changes(&Metadata::new(), bags.get(bag)));
        let remaining = |user: &User| missing([&user_metadata, &app_metadata], &nothing, &Bags::from(user));
        self.write_metadata(user_id, None, remaining).await
    }

    /// Takes what the link brought out of the primary.
    async fn take_out(&self, plan: &UnlinkPlan, footing: Footing, absent: u32) -> Result<Step, Stop> {
        let wanted = [&plan.user_metadata, &plan.app_metadata];
        let remaining = |user: &User| {
            if plan.is_of_another(user) {
                return Missing::default();
            }
            missing(wanted, &plan.primary.bags, &Bags::from(user))
        };
        let mut plan = plan.clone();
        // Read first: giving the separated account its metadata back took its time.
        match self.write_metadata(&plan.primary.user_id, None, remaining).await {
            Ok(written) => {
                plan = unaccounted_for(&plan, written.unaccounted || footing == Footing::Resumed);
                plan.kept.extend(written.kept);
            }
            // Deleted since: there is nothing to take out.
            Err(Halt::Gone) if absent >= CERTAINLY_GONE => {}
            Err(Halt::Gone) => return Ok(Step::later(STILL_THERE, &ManagementError::NotFound)),
            Err(Halt::Refused { cause, .. } | Halt::Unclear(cause)) => {
                return Ok(Step::Later(format!("{STILL_THERE}: {cause}")));
            }
            Err(Halt::Lost) => return Err(Stop),
        }
        if plan.progress.unaccounted {
            plan.progress.not_before = self.late_from_now();
            return Ok(Step::to(Stage::Restored(Box::new(plan))));
        }
        Ok(Step::to(Stage::Unlinked(Box::new(plan))))
    }

    /// All is done, and a call of ours that got no answer has its time: were the accounts given free before, a DELETE that comes late could take a new link apart.
    async fn rest(&self, plan: &UnlinkPlan) -> Result<Step, Stop> {
        let not_before = plan.progress.not_before;
        if !self.wait_for(not_before).await {
            return Ok(Step::NotBefore(not_before));
        }
        Ok(Step::to(Stage::Unlinked(Box::new(plan.clone()))))
    }
}

/// What Auth0 documents that it stores, and the paths of the rest.
fn storable_part(bags: &Bags) -> (Bags, Vec<(Bag, String)>) {
    let (mut part, mut rest) = (bags.clone(), Vec::new());
    for bag in Bag::ALL {
        let paths = storable::strip(bag, &Metadata::new(), part.get_mut(bag));
        rest.extend(paths.into_iter().map(|path| (bag, path)));
    }
    (part, rest)
}

fn separated(plan: UnlinkPlan) -> Step {
    Step::to(Stage::Separated(Box::new(plan)))
}

/// What is unaccounted for once stays so: nothing tells when its effect can come no more but time.
fn unaccounted_for(plan: &UnlinkPlan, unaccounted: bool) -> UnlinkPlan {
    let mut plan = plan.clone();
    plan.progress.unaccounted |= unaccounted;
    plan
}
