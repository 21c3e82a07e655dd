//! What the steps of a link and of an unlink have in common: who does them, how long, and how metadata is brought to where it should be.
//!
//! After a write of unknown effect the user is read, and only what is still missing is sent again: what someone else wrote meanwhile stays. Nothing is undone on a
//! guess, since an answer can be late and so can its effect.

use std::time::Duration;

use conjoin_auth0::{Management, ManagementError, MetadataPatch, User, UserId};
use tokio::time::timeout;

use crate::bag::{Bag, Bags, Changes, Metadata, same_place};
use crate::clock::now;
use crate::journal::{Journal, JournalError};
use crate::lease::{Lease, Lost};
use crate::pace::Pace;
use crate::plan::KnownIdentity;
use crate::record::{Record, Revocation, Stage};
use crate::tenant::Tenant;

/// After how many tries an account that is not found counts as gone.
pub(crate) const CERTAINLY_GONE: u32 = 2;

/// The longest wait, as the tenant asks for one, between two tries while a person waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The longest that ending an account's sessions may hold a link up.
const REVOCATION: Duration = Duration::from_secs(5);

/// The longest that a step waits in place for its time to come; beyond it the record is put down meanwhile.
const WAIT_IN_PLACE: i64 = 2;

/// Everything that a step needs.
pub(crate) struct Worker<'a> {
    /// Sends nothing once the lease is over, repetitions of a call included.
    pub management: Management,
    pub journal: &'a dyn Journal,
    pub tenant: &'a Tenant,
    pub pace: &'a Pace,
    pub lease: &'a Lease,
}

/// What a step came to.
pub(crate) enum Step {
    /// The next stage.
    To(Box<Stage>),
    /// No definite answer; later again. Says what stood in the way.
    Later(String),
    /// An account was not found; later again, since one wrong answer must not end the work. Says what stood in the way.
    Absent(String),
    /// Not before this time, in Unix seconds.
    NotBefore(i64),
    /// It cannot be settled without a person. Says what is known, and what settles it; the stage is the one to go on from.
    Stuck { what: String, stage: Box<Stage> },
}

impl Step {
    pub fn to(stage: Stage) -> Self {
        Self::To(Box::new(stage))
    }

    /// What the tenant did not let be done, later.
    pub fn later(doing: &str, error: &ManagementError) -> Self {
        let problem = format!("{doing}: {error}");
        match error {
            ManagementError::NotFound => Self::Absent(problem),
            _ => Self::Later(problem),
        }
    }
}

/// Whether the accounts were read just now, by whoever calls, or anything may have happened since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Footing {
    /// Straight from the confirmation, which has read and compared both accounts: only what this same run has sent since is new.
    Fresh,
    /// Taken up again: a write of ours may be unaccounted for.
    Resumed,
}

/// Why a step ends here.
pub(crate) enum Halt {
    /// The tenant said no: this write has not happened. An earlier one may have, when `unaccounted`.
    Refused { cause: String, unaccounted: bool },
    /// The tenant said, each time it was asked, that there is no such user.
    Gone,
    /// Its effect stayed unknown, or the tenant could not be asked.
    Unclear(String),
    /// The locks are not ours any more.
    Lost,
}

/// What metadata came to.
pub(crate) struct Written {
    /// The user as it was read or answered last, where there was anything to read or send.
    pub user: Option<User>,
    /// What stays as others wrote it.
    pub kept: Vec<(Bag, String)>,
    /// Whether a write before the last one got no definite answer.
    pub unaccounted: bool,
}

/// Why one attempt did not get through.
enum Tried {
    Read(ManagementError),
    Write(ManagementError),
    Lost,
}

/// First-level keys that differ from what is wanted, and why.
#[derive(Default)]
pub(crate) struct Missing {
    /// What has to be sent.
    pub send: [Changes; 2],
    /// What someone else wrote and stays.
    pub kept: Vec<(Bag, String)>,
}

impl Worker<'_> {
    /// Stores a step's outcome. False when the record is not to be worked on any further now.
    pub async fn store(&self, record: &Record, step: Step) -> Result<(Record, bool), JournalError> {
        // Of a step that did nothing, nothing needs to be kept: whoever has the locks now sees for themselves.
        if !matches!(step, Step::To(_) | Step::Stuck { .. }) {
            self.lease.check().map_err(|Lost| JournalError::LeaseLost)?;
        }
        let (next, goes_on) = match step {
            Step::To(stage) => (record.at(*stage), true),
            Step::Later(problem) => (record.put_off(problem, false, self.pace, now()), false),
            Step::Absent(problem) => (record.put_off(problem, true, self.pace, now()), false),
            Step::NotBefore(time) => (record.wait_until(time), false),
            Step::Stuck { what, stage } => (record.needs_attention(what, *stage, self.pace, now()), false),
        };
        self.journal.advance(&next).await?;
        tracing::info!(link = %next.id.0, stage = next.stage.name(), tries = next.tries.count, "carried on");
        Ok((next, goes_on))
    }

    /// Waits a moment for a time that is near; true when it has come.
    pub async fn wait_for(&self, not_before: i64) -> bool {
        let left = not_before.saturating_sub(now());
        if left > WAIT_IN_PLACE {
            return false;
        }
        tokio::time::sleep(Duration::from_secs(u64::try_from(left).unwrap_or_default())).await;
        true
    }

    /// Until when a write of ours without an answer may still take effect.
    pub fn late_from_now(&self) -> i64 {
        self.pace.late_from(now())
    }

    /// When a second look may be taken after a refusal.
    pub async fn quiet_until(&self, unaccounted: bool) -> i64 {
        if unaccounted {
            return self.late_from_now();
        }
        tokio::time::sleep(self.pace.quiet).await;
        now()
    }

    /// Writes metadata until nothing is missing, or the tenant says no. `first` is what is missing now, where that is known; later it is asked of `missing` with the user as
    /// the tenant has it then.
    pub async fn write_metadata(
        &self,
        user_id: &UserId,
        mut first: Option<Missing>,
        missing: impl Fn(&User) -> Missing,
    ) -> Result<Written, Halt> {
        let (mut unaccounted, mut absent) = (false, true);
        let mut wait = self.pace.first_wait;
        let mut last: Option<ManagementError> = None;
        for _ in 0..self.pace.attempts {
            if let Some(error) = &last {
                tokio::time::sleep(pause(error, wait)).await;
                wait *= 2;
            }
            match self.write_once(user_id, first.take(), &missing).await {
                Ok((user, kept)) => {
                    return Ok(Written {
                        user,
                        kept,
                        unaccounted,
                    });
                }
                Err(Tried::Lost) => return Err(Halt::Lost),
                Err(Tried::Write(error)) if error.is_definite_refusal() => {
                    let cause = error.to_string();
                    return Err(Halt::Refused { cause, unaccounted });
                }
                Err(Tried::Write(error)) => {
                    unaccounted |= error.is_ambiguous();
                    absent = false;
                    last = Some(error);
                }
                // An account that has just come into being may take a moment to be found.
                Err(Tried::Read(error)) => {
                    absent &= matches!(error, ManagementError::NotFound);
                    last = Some(error);
                }
            }
        }
        let cause = last.as_ref().map(ToString::to_string).unwrap_or_default();
        Err(if absent { Halt::Gone } else { Halt::Unclear(cause) })
    }

    async fn write_once(
        &self,
        user_id: &UserId,
        known: Option<Missing>,
        missing: impl Fn(&User) -> Missing,
    ) -> Result<(Option<User>, Vec<(Bag, String)>), Tried> {
        let (read, todo) = match known {
            Some(todo) => (None, todo),
            None => {
                let user = self.management.user(user_id).await.map_err(Tried::Read)?;
                let todo = missing(&user);
                (Some(user), todo)
            }
        };
        let Some(patch) = patch(todo.send) else {
            return Ok((read, todo.kept));
        };
        self.lease.check().map_err(|Lost| Tried::Lost)?;
        let user = self
            .management
            .patch_metadata(user_id, &patch)
            .await
            .map_err(Tried::Write)?;
        Ok((Some(user), todo.kept))
    }

    /// Ends an account's sessions and refresh tokens at the tenant, where its team wants that. Never in the way of a link: how it went is reported.
    pub async fn end_sessions(&self, user_id: &UserId) -> Revocation {
        if !self.tenant.end_sessions {
            return Revocation::NotAsked;
        }
        let both = async {
            tokio::join!(
                self.management.delete_sessions(user_id),
                self.management.delete_refresh_tokens(user_id)
            )
        };
        match timeout(REVOCATION, both).await {
            Ok((sessions, tokens)) => revocation(&sessions).max(revocation(&tokens)),
            Err(_) => Revocation::Failed,
        }
    }
}

/// Between two tries of a write: longer each time, or as long as the tenant asks for.
pub(crate) fn pause(error: &ManagementError, wait: Duration) -> Duration {
    error.retry_after().unwrap_or_default().min(LONGEST_PAUSE).max(wait)
}

fn revocation(answer: &Result<(), ManagementError>) -> Revocation {
    match answer {
        Ok(()) => Revocation::Ended,
        // The account was there a moment ago, so a 404 is of the endpoint. What tenants without it answer is UNCONFIRMED; nothing is claimed to have ended.
        Err(
            ManagementError::NotFound
            | ManagementError::InsufficientScope { .. }
            | ManagementError::Refused { status: 403 | 404, .. },
        ) => Revocation::NotOffered,
        Err(error) => {
            tracing::warn!(%error, "sessions could not be ended");
            Revocation::Failed
        }
    }
}

/// Nothing to change is no patch: `{}` would empty the bag.
fn patch(changes: [Changes; 2]) -> Option<MetadataPatch> {
    let [user_metadata, app_metadata] = changes.map(|changes| changes.into_iter().collect::<Metadata>());
    MetadataPatch::new(user_metadata, app_metadata)
}

/// Which of `wanted` still has to be sent: what stands as it did `before` is, what stands as wanted is not, and anything else was written by someone else meanwhile.
pub(crate) fn missing(wanted: [&Changes; 2], before: &Bags, now: &Bags) -> Missing {
    let mut kept = Vec::new();
    let send = [(Bag::User, wanted[0]), (Bag::App, wanted[1])].map(|(bag, wanted)| {
        let mut send = Changes::new();
        for (key, value) in wanted {
            let current = now.get(bag).get(key);
            let target = Some(value).filter(|value| !value.is_null());
            if same_place(current, target) {
                continue;
            }
            if same_place(current, before.get(bag).get(key)) {
                send.insert(key.clone(), value.clone());
            } else {
                kept.push((bag, key.clone()));
            }
        }
        send
    });
    Missing { send, kept }
}

/// Whether the identity is one of the user's.
pub(crate) fn holds(user: &User, identity: &KnownIdentity) -> bool {
    user.identities
        .iter()
        .any(|held| held.provider == identity.provider && held.user_id == identity.user_id)
}
