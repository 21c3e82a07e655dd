//! The steps of a link after the confirmation, each repeatable, and the way back.
//!
//! Merge first, then link: a PATCH can be undone, while undoing a link makes a new user.

use conjoin_auth0::{IdentityId, ManagementError, User};

use crate::bag::{Bag, Bags, Changes, same_place, undo};
use crate::journal::JournalError;
use crate::plan::{LinkPlan, Snapshot};
use crate::record::{Cause, Confirmed, Record, Stage, Undoing, WayBack};
use crate::work::{CERTAINLY_GONE, Footing, Halt, Missing, Step, Worker, holds, missing, pause};

/// How often a second look may send a link forward again before a person is asked.
const MOST_TURNS: u8 = 3;

/// For the platform team.
const READING: &str = "reading the accounts";

/// For the platform team.
const PUTTING_BACK: &str = "putting the primary's metadata back";

/// How often the link call looks whether `link.starting` has arrived.
const ANNOUNCED_POLL: std::time::Duration = std::time::Duration::from_millis(50);

/// Carries a confirmed link on from wherever it is: to an end, or to where it has to wait.
///
/// # Errors
/// Only the journal's: whatever the tenant does is a stage of the record, or a reason to try it later.
pub(crate) async fn run(worker: &Worker<'_>, mut record: Record, footing: Footing) -> Result<Record, JournalError> {
    let mut footing = footing;
    loop {
        let step = match &record.stage {
            Stage::Confirmed(work) => worker.merge(work, footing).await,
            Stage::MetadataWritten(work) => worker.join(work, &record, footing).await,
            Stage::Linked(work) => worker.verify(work, record.tries.absent).await,
            Stage::Undoing(undoing) => worker.undo(undoing, record.tries.absent, footing).await,
            _ => return Ok(record),
        };
        let step = step.map_err(|_| JournalError::LeaseLost)?;
        let (next, goes_on) = worker.store(&record, step).await?;
        footing = match (&record.stage, &next.stage) {
            // Whatever comes after a second look is on new ground.
            (Stage::Undoing(_), Stage::Confirmed(_)) => Footing::Resumed,
            // What is about to be sent for the first time is this run's own.
            (Stage::Undoing(_), Stage::Undoing(_)) => Footing::Fresh,
            _ => footing,
        };
        record = next;
        if !goes_on {
            return Ok(record);
        }
    }
}

/// The locks are gone: another host carries on.
pub(crate) struct Stop;

impl Worker<'_> {
    /// Gives the primary the merged metadata. Meanwhile the secondary is read once more: what someone writes there after the person looked would be lost with it.
    async fn merge(&self, work: &Confirmed, footing: Footing) -> Result<Step, Stop> {
        let plan = &work.plan;
        let remaining = |user: &User| {
            if work.originals[0].is_another(user) {
                return Missing::default();
            }
            missing(changes(plan), &plan.primary.bags, &Bags::from(user))
        };
        let first = (footing == Footing::Fresh).then(|| Missing {
            send: changes(plan).map(Changes::clone),
            kept: Vec::new(),
        });
        let written = self.write_metadata(&plan.primary.user_id, first, remaining);
        let (written, secondary) = tokio::join!(written, self.management.user(&plan.secondary.user_id));
        let written = match written {
            Ok(written) => written,
            Err(Halt::Refused { cause, unaccounted }) => {
                let work = unaccounted_for(work, unaccounted || footing == Footing::Resumed);
                return Ok(self.turn_back(work, Cause::Refused(cause)).await);
            }
            // Every try was a read that found nobody; the first write, if there was one, is unaccounted for.
            Err(Halt::Gone) => {
                let cause = Cause::Changed("the account that survives does not exist any more".to_owned());
                return Ok(self.turn_back(unaccounted_for(work, true), cause).await);
            }
            Err(Halt::Unclear(problem)) => {
                return Ok(Step::Later(format!("writing the primary's metadata: {problem}")));
            }
            Err(Halt::Lost) => return Err(Stop),
        };
        let mut work = unaccounted_for(work, written.unaccounted || footing == Footing::Resumed);
        note_kept(&mut work, written.kept);
        let primary = written.user.as_ref();
        let joined = primary.is_some_and(|primary| holds(primary, &plan.secondary.own_identity()));
        match changed(&work, primary, &secondary) {
            Some(cause) if !joined => Ok(self.turn_back(work, cause).await),
            _ => Ok(Step::to(Stage::MetadataWritten(Box::new(work)))),
        }
    }

    /// Makes the secondary an identity of the primary. The same POST is repeated until the answer is definite; `409` and every other refusal are checked against the
    /// tenant, since a refusal of the repetition can mean that the first one got through.
    async fn join(&self, work: &Confirmed, record: &Record, footing: Footing) -> Result<Step, Stop> {
        let plan = &work.plan;
        let mut work = unaccounted_for(work, footing == Footing::Resumed);
        // What was put down may have happened meanwhile: then there is nobody whose sessions could be ended.
        if footing == Footing::Resumed
            && let Some(step) = self.look_or_wait(&work).await
        {
            return Ok(step);
        }
        self.announce(record).await;
        work.sessions = self.end_sessions(&plan.secondary.user_id).await;
        // Last of all, since all of that takes its time: what someone writes to the secondary after this look is lost with it.
        if let Some(step) = self.look_or_wait(&work).await {
            return Ok(step);
        }
        let secondary = IdentityId::from(&plan.secondary.user_id);
        let (mut wait, mut last) = (self.pace.first_wait, String::new());
        for _ in 0..self.pace.attempts {
            self.lease.check().map_err(|_| Stop)?;
            let error = match self.management.link(&plan.primary.user_id, &secondary, None).await {
                Ok(_) => return Ok(self.linked(work)),
                Err(error) => error,
            };
            last = error.to_string();
            work.unaccounted |= error.is_ambiguous();
            let refused = error.is_definite_refusal();
            let pause = if refused { self.pace.quiet } else { pause(&error, wait) };
            tokio::time::sleep(pause).await;
            wait *= 2;
            match self.look_again(&work).await {
                Ok(Some(step)) => return Ok(step),
                _ if refused => return Ok(self.turn_back(work, Cause::Refused(last)).await),
                Ok(None) => {}
                Err(error) => return Ok(Step::later(READING, &error)),
            }
        }
        Ok(Step::Later(format!("linking the accounts: {last}")))
    }

    /// [`Self::look_again`], or later where it cannot be looked at.
    async fn look_or_wait(&self, work: &Confirmed) -> Option<Step> {
        match self.look_again(work).await {
            Ok(step) => step,
            Err(error) => Some(Step::later(READING, &error)),
        }
    }

    /// What is found before the irreversible step is taken, perhaps again. None: it may be. The secondary is read last: it is what the step discards.
    async fn look_again(&self, work: &Confirmed) -> Result<Option<Step>, ManagementError> {
        let plan = &work.plan;
        let primary = self.management.user(&plan.primary.user_id).await;
        let secondary = self.management.user(&plan.secondary.user_id).await;
        let primary = match primary {
            Ok(primary) => primary,
            Err(ManagementError::NotFound) => {
                let cause = Cause::Changed("the account that survives does not exist any more".to_owned());
                return Ok(Some(self.turn_back(work.clone(), cause).await));
            }
            Err(error) => return Err(error),
        };
        if holds(&primary, &plan.secondary.own_identity()) {
            return Ok(Some(self.linked(work.clone())));
        }
        match (changed(work, Some(&primary), &secondary), secondary) {
            (Some(cause), _) => Ok(Some(self.turn_back(work.clone(), cause).await)),
            // Nothing is linked that could not be looked at.
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Ok(None),
        }
    }

    /// Waits until `link.starting` is delivered or given up, so that whoever reacts to the tenant's `user.deleted` has been told; no longer than the pace allows.
    async fn announce(&self, record: &Record) {
        let told = async {
            loop {
                match self.journal.announced(&record.tenant, &record.id).await {
                    Ok(false) => tokio::time::sleep(ANNOUNCED_POLL).await,
                    Ok(true) => return,
                    Err(error) => return tracing::warn!(%error, "whether the link was announced cannot be told"),
                }
            }
        };
        if tokio::time::timeout(self.pace.announce_within, told).await.is_err() {
            tracing::warn!(link = %record.id.0, "link.starting was not delivered in time; the link goes on");
        }
    }

    /// Looks at the linked account, and notes what someone else wrote meanwhile. A call of ours that got no answer has its time first: until then the accounts are not given
    /// free, or it could come after an unlink and link them again, which nobody has confirmed.
    async fn verify(&self, work: &Confirmed, absent: u32) -> Result<Step, Stop> {
        let plan = &work.plan;
        if !self.wait_for(work.not_before).await {
            return Ok(Step::NotBefore(work.not_before));
        }
        match self.management.user(&plan.primary.user_id).await {
            Ok(primary) => {
                let mut work = work.clone();
                note_kept(&mut work, not_as_written(plan, &Bags::from(&primary)));
                Ok(Step::to(Stage::Done(Box::new(work))))
            }
            // Deleted since; the link had happened. Said more than once, since one wrong answer must not leave out the look.
            Err(ManagementError::NotFound) if absent >= CERTAINLY_GONE => {
                Ok(Step::to(Stage::Done(Box::new(work.clone()))))
            }
            Err(error) => Ok(Step::later("looking at the linked account", &error)),
        }
    }

    /// The accounts are one. When they are given free: a call of ours that got no answer has its time first.
    fn linked(&self, mut work: Confirmed) -> Step {
        if work.unaccounted {
            work.not_before = self.late_from_now();
        }
        Step::to(Stage::Linked(Box::new(work)))
    }

    /// Prepares the way back.
    async fn turn_back(&self, work: Confirmed, cause: Cause) -> Step {
        let not_before = self.quiet_until(work.unaccounted).await;
        Step::to(Stage::Undoing(Box::new(Undoing {
            cause,
            not_before,
            way_back: WayBack::Ahead,
            work,
        })))
    }

    /// Puts the primary's metadata back: each place that still stands as the link wrote it. What someone else wrote meanwhile stays. A link that has happened after
    /// all goes forward again.
    async fn undo(&self, undoing: &Undoing, absent: u32, footing: Footing) -> Result<Step, Stop> {
        if !self.wait_for(undoing.not_before).await {
            return Ok(Step::NotBefore(undoing.not_before));
        }
        let Undoing { work, cause, .. } = undoing;
        let (plan, identity) = (&work.plan, work.plan.secondary.own_identity());
        let ended = |left_alone: Vec<String>| {
            Step::to(Stage::RolledBack {
                cause: cause.clone(),
                left_alone,
                work: Box::new(work.clone()),
            })
        };
        let at = |way_back: WayBack, not_before: i64| {
            Step::to(Stage::Undoing(Box::new(Undoing {
                not_before,
                way_back,
                ..undoing.clone()
            })))
        };
        let now = match self.management.user(&plan.primary.user_id).await {
            Ok(now) => now,
            // Deleted, or joined into a third account: there is nothing to put back. Said more than once, since one wrong answer must not end the way back.
            Err(ManagementError::NotFound) if absent >= CERTAINLY_GONE => return Ok(ended(Vec::new())),
            Err(error) => return Ok(Step::later(PUTTING_BACK, &error)),
        };
        if holds(&now, &identity) {
            return Ok(forward_again(undoing));
        }
        // An account that came into being since is left as it is.
        if work.originals[0].is_another(&now) {
            return Ok(ended(Vec::new()));
        }
        let (first, left_alone) = way_back(plan, &now);
        let is_back = first.send.iter().all(Changes::is_empty);
        match undoing.way_back {
            WayBack::Ahead | WayBack::Resting if is_back => return Ok(ended(left_alone)),
            WayBack::Ahead => return Ok(at(WayBack::Begun, undoing.not_before)),
            WayBack::Begun | WayBack::Resting => {}
        }
        let sent_before = undoing.way_back == WayBack::Begun && footing == Footing::Resumed;
        let written = self.write_metadata(&plan.primary.user_id, Some(first), |user| way_back(plan, user).0);
        match written.await {
            Ok(written) if written.user.as_ref().is_some_and(|user| holds(user, &identity)) => {
                Ok(forward_again(undoing))
            }
            Ok(written) if written.unaccounted || sent_before => Ok(at(WayBack::Resting, self.late_from_now())),
            Ok(_) => Ok(ended(left_alone)),
            Err(Halt::Gone) => Ok(Step::later(PUTTING_BACK, &ManagementError::NotFound)),
            Err(Halt::Refused { cause, .. } | Halt::Unclear(cause)) => {
                Ok(Step::Later(format!("{PUTTING_BACK}: {cause}")))
            }
            Err(Halt::Lost) => Err(Stop),
        }
    }
}

/// The accounts are linked although the tenant had said no: the metadata must be there too.
fn forward_again(undoing: &Undoing) -> Step {
    let mut work = undoing.work.clone();
    work.turns += 1;
    if work.turns > MOST_TURNS {
        let what = format!(
            "the tenant has linked the accounts and keeps refusing what belongs to it: {}. The primary may lack what the other account held; it is in the journal",
            undoing.cause
        );
        let stage = Box::new(Stage::Confirmed(Box::new(Confirmed { turns: 0, ..work })));
        return Step::Stuck { what, stage };
    }
    Step::to(Stage::Confirmed(Box::new(work)))
}

/// What takes the link's writes back, and what is left alone because someone else wrote it.
fn way_back(plan: &LinkPlan, user: &User) -> (Missing, Vec<String>) {
    let now = Bags::from(user);
    let mut left_alone = Vec::new();
    let send = Bag::ALL.map(|bag| {
        let (changes, edited) = undo(plan.primary.bags.get(bag), &plan.bag(bag).changes, now.get(bag));
        left_alone.extend(edited);
        changes
    });
    (Missing { send, kept: Vec::new() }, left_alone)
}

/// Places that the link wrote and that stand otherwise now. Where that is because a key is back at what it was before, the whole key.
fn not_as_written(plan: &LinkPlan, now: &Bags) -> Vec<(Bag, String)> {
    let mut places = Vec::new();
    for bag in Bag::ALL {
        let written = &plan.bag(bag).changes;
        let (_, edited) = undo(plan.primary.bags.get(bag), written, now.get(bag));
        for (key, value) in written {
            let wanted = Some(value).filter(|value| !value.is_null());
            if same_place(now.get(bag).get(key), wanted) {
                continue;
            }
            let below =
                |path: &&String| *path == key || path.strip_prefix(key).is_some_and(|rest| rest.starts_with('/'));
            let mut paths: Vec<String> = edited.iter().filter(below).cloned().collect();
            if paths.is_empty() {
                paths.push(key.clone());
            }
            places.extend(paths.into_iter().map(|path| (bag, path)));
        }
    }
    places
}

/// Why what the person confirmed is not what would be done any more. Only what lies outside the primary's metadata: that is looked at key by key.
fn changed(work: &Confirmed, primary: Option<&User>, secondary: &Result<User, ManagementError>) -> Option<Cause> {
    let [surviving, other] = &work.originals;
    let changed = |what: String| Some(Cause::Changed(what));
    if let Some(primary) = primary {
        if surviving.is_another(primary) {
            return changed("the account that survives was deleted, and made anew".to_owned());
        }
        if is_unlike(&work.plan.primary, &primary.into()) {
            return changed("the account that survives was changed meanwhile".to_owned());
        }
    }
    match secondary {
        Ok(now) if other.is_another(now) => changed("the other account was deleted, and made anew".to_owned()),
        Ok(now) if !work.plan.secondary.agrees_with(&now.into()) => {
            changed("the other account was changed meanwhile".to_owned())
        }
        Err(ManagementError::NotFound) => changed("the other account does not exist any more".to_owned()),
        // Whether it changed cannot be told now. It is looked at again before it is linked.
        Ok(_) | Err(_) => None,
    }
}

fn is_unlike(known: &Snapshot, now: &Snapshot) -> bool {
    known.email != now.email
        || known.email_verified != now.email_verified
        || known.blocked != now.blocked
        || known.identities != now.identities
}

/// What is unaccounted for once stays so: nothing tells when its effect can come no more but time.
fn unaccounted_for(work: &Confirmed, unaccounted: bool) -> Confirmed {
    Confirmed {
        unaccounted: work.unaccounted || unaccounted,
        ..work.clone()
    }
}

fn note_kept(work: &mut Confirmed, kept: Vec<(Bag, String)>) {
    for place in kept {
        if !work.kept.contains(&place) {
            work.kept.push(place);
        }
    }
}

fn changes(plan: &LinkPlan) -> [&Changes; 2] {
    [&plan.user_metadata.changes, &plan.app_metadata.changes]
}
