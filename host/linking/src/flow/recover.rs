//! Carrying on what was confirmed, whoever began it: right after the confirmation, after a failure, after a host died, and when an operator says so.

use std::collections::HashMap;
use std::sync::Arc;

use conjoin_auth0::{ManagementError, UserId};
use serde_json::Map;

use super::{Linking, random_hex};
use crate::audit::AuditEntry;
use crate::clock::now;
use crate::error::LinkError;
use crate::journal::JournalError;
use crate::lease::{Asked, Lease};
use crate::record::{LinkId, Record, Stage, Tries};
use crate::work::{Footing, Worker};
use crate::{link, unlink};

/// How many records are carried on at once: a tenant that hangs must not keep those behind it waiting, and its rate limit is shared by all.
const AT_ONCE: usize = 8;

/// Locks on the accounts of one piece of work.
pub(super) struct Held {
    holder: String,
    accounts: Vec<UserId>,
    pub(super) lease: Arc<Lease>,
}

/// How an operator settles a link that needed a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// The step that could not be done is tried again.
    Again,
    /// The account that was separated does not exist any more: the unlink goes on without giving it anything back.
    WithoutSeparated,
    /// It ends as it is. Nothing more is written.
    Close,
}

impl Settle {
    /// Whether a record is one that can be settled so, at `now` in Unix seconds.
    fn fits(self, record: &Record, now: i64) -> bool {
        match (self, &record.stage) {
            (Self::Again, stage) => stage.is_unsettled(),
            (Self::WithoutSeparated, Stage::NeedsAttention { stuck, .. }) => matches!(**stuck, Stage::Separated(_)),
            // What was sent last has its time first: it could come over what is begun with the accounts next.
            (Self::Close, Stage::NeedsAttention { .. }) => record.tries.due_at <= now,
            _ => false,
        }
    }

    fn event(self) -> &'static str {
        match self {
            Self::Again => "link.settle",
            Self::WithoutSeparated => "link.settle_without_separated",
            Self::Close => "link.close",
        }
    }

    /// The stage from which a record in `stage` goes on.
    fn stage(self, stage: &Stage) -> Stage {
        let (what, stuck) = match stage {
            Stage::NeedsAttention { what, stuck } => (what.clone(), (**stuck).clone()),
            stage => (String::new(), stage.clone()),
        };
        match (self, stuck) {
            (Self::WithoutSeparated, Stage::Separated(mut plan)) => {
                plan.progress.gone = true;
                Stage::Restored(plan)
            }
            (Self::Close, stuck) => Stage::Closed {
                what,
                stuck: Box::new(stuck),
            },
            (Self::Again | Self::WithoutSeparated, stuck) => stuck,
        }
    }
}

impl Linking {
    /// Takes up the links and unlinks that somebody confirmed and that are due: a stopped host left them behind, or the tenant gave no definite answer.
    ///
    /// # Errors
    /// When the journal cannot list them. One that cannot be carried on is reported and put off, and keeps no other waiting.
    pub async fn resume(&self) -> Result<(), JournalError> {
        let mut due = self.journal.under_way(&self.tenant.name).await?.into_iter();
        let mut running = tokio::task::JoinSet::new();
        let mut named = HashMap::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(record) = due.next()
            {
                let (linking, id) = (self.clone(), record.id.clone());
                let task = running.spawn(async move { linking.take_up(&record).await });
                named.insert(task.id(), id);
            }
            let (task, problem) = match running.join_next_with_id().await {
                None => return Ok(()),
                Some(Ok((_, Ok(_)))) => continue,
                Some(Ok((_, Err(error @ (JournalError::Conflict | JournalError::LeaseLost))))) => {
                    tracing::info!(%error, "somebody else carries a link on");
                    continue;
                }
                Some(Ok((task, Err(error @ JournalError::Storage(_))))) => (task, error.to_string()),
                Some(Err(error)) => (error.id(), "a step of it ended in a panic".to_owned()),
            };
            if let Some(id) = named.get(&task) {
                self.put_off(id, problem).await;
            }
        }
    }

    /// What fails in ourselves is tried again later, not at once and for ever, and needs a person in the end.
    async fn put_off(&self, id: &LinkId, problem: String) {
        tracing::error!(link = %id.0, problem, "a link could not be carried on");
        let again = async {
            let record = self.journal.load(&self.tenant.name, id).await?;
            match record.filter(|record| record.stage.is_under_way()) {
                Some(record) => {
                    self.journal
                        .advance(&record.put_off(problem, false, &self.pace, now()))
                        .await
                }
                None => Ok(()),
            }
        };
        if let Err(error) = again.await {
            tracing::error!(link = %id.0, %error, "nor could it be put off");
        }
    }

    /// Tries again what needed a person, once whatever stood in the way is gone. For the platform team; `operator` goes into the audit trail.
    ///
    /// # Errors
    /// [`LinkError::NoSuchLink`] when there is no such record, it needs nobody, or `how` does not fit it (yet); [`LinkError::Busy`]; the tenant's; the journal's.
    pub async fn settle(&self, id: &LinkId, how: Settle, operator: &str) -> Result<Record, LinkError> {
        let record = self.load_unsettled(id).await?;
        if !how.fits(&record, now())
            || (how == Settle::WithoutSeparated && self.separated_exists(&record.stage).await?)
        {
            return Err(LinkError::NoSuchLink);
        }
        let mut moved_on = false;
        let begin = async |latest: Record| {
            // A host, or another operator, may have been at it since it was read.
            if !how.fits(&latest, now()) {
                moved_on = true;
                return Err(JournalError::Conflict);
            }
            let mut next = latest.at(how.stage(&latest.stage));
            next.taken_up = true;
            // Of a step that is tried anyway, one try more; what needed a person begins anew.
            if latest.stage.is_under_way() && how == Settle::Again {
                next.tries = Tries {
                    due_at: 0,
                    ..latest.tries.clone()
                };
            }
            let entry = AuditEntry::by_operator(how.event(), operator, Some(id), Map::new());
            self.journal.audit(&self.tenant.name, &entry).await?;
            self.journal.advance(&next).await?;
            Ok(next)
        };
        let settled = self.under_locks(&record, begin).await;
        if moved_on {
            return Err(LinkError::NoSuchLink);
        }
        settled?.ok_or(LinkError::Busy)
    }

    /// Whether there is an account to which an unlink could give its metadata back.
    async fn separated_exists(&self, stage: &Stage) -> Result<bool, LinkError> {
        let id = stage.pair().and_then(|(_, identity)| identity.to_string().parse().ok());
        let Some(id) = id else {
            return Ok(false);
        };
        match self.management.user(&id).await {
            Ok(_) => Ok(true),
            Err(ManagementError::NotFound) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn load_unsettled(&self, id: &LinkId) -> Result<Record, LinkError> {
        let record = self.journal.load(&self.tenant.name, id).await?;
        record
            .filter(|record| record.stage.is_unsettled())
            .ok_or(LinkError::NoSuchLink)
    }

    /// Carries a record on; none when somebody else has its accounts and so is at it.
    async fn take_up(&self, record: &Record) -> Result<Option<Record>, JournalError> {
        self.under_locks(record, async |latest: Record| Ok(latest)).await
    }

    /// Reads the record again under the locks on its accounts, since whoever had them before may have moved it on, lets `begin` have it, and carries it on.
    async fn under_locks(
        &self,
        record: &Record,
        begin: impl AsyncFnOnce(Record) -> Result<Record, JournalError>,
    ) -> Result<Option<Record>, JournalError> {
        let Some((primary, identity)) = record.stage.pair() else {
            return Ok(None);
        };
        let secondary = identity.to_string().parse().ok();
        let accounts: Vec<&UserId> = std::iter::once(primary).chain(secondary.as_ref()).collect();
        let Some(held) = self.try_lock(&accounts).await? else {
            return Ok(None);
        };
        let work = async {
            let latest = self.journal.load(&self.tenant.name, &record.id).await?;
            let Some(latest) = latest.filter(|latest| latest.stage.is_unsettled()) else {
                return Ok(None);
            };
            tracing::info!(link = %latest.id.0, stage = latest.stage.name(), "taking up");
            let begun = begin(latest).await?;
            self.carry_on(begun, &held.lease, Footing::Resumed).await.map(Some)
        };
        let outcome = self.holding(&held, work).await;
        self.unlock(&held).await;
        outcome?
    }

    pub(super) async fn carry_on(
        &self,
        record: Record,
        lease: &Arc<Lease>,
        footing: Footing,
    ) -> Result<Record, JournalError> {
        let permit = lease.clone();
        let worker = Worker {
            management: self
                .management
                .while_permitted(Arc::new(move || permit.check().is_ok())),
            journal: &*self.journal,
            tenant: &self.tenant,
            pace: &self.pace,
            lease,
        };
        let record = link::run(&worker, record, footing).await?;
        unlink::run(&worker, record, footing).await
    }

    pub(super) async fn try_lock(&self, accounts: &[&UserId]) -> Result<Option<Held>, JournalError> {
        let (holder, asked) = (random_hex(), Asked::now());
        let locked = self
            .journal
            .lock(&self.tenant.name, accounts, &holder, self.pace.lease)
            .await?;
        Ok(locked.then(|| Held {
            holder,
            accounts: accounts.iter().map(|account| (*account).clone()).collect(),
            lease: Arc::new(Lease::new(asked, self.pace.lease)),
        }))
    }

    /// Works under locks that are renewed meanwhile. When they are lost, after a pause of this host or of the database, the work stops where it is, as if the host had
    /// died there: whoever has the locks carries it on.
    pub(super) async fn holding<T>(&self, held: &Held, work: impl Future<Output = T>) -> Result<T, JournalError> {
        let accounts: Vec<&UserId> = held.accounts.iter().collect();
        let renewals = async {
            loop {
                tokio::time::sleep(self.pace.lease / 3).await;
                let asked = Asked::now();
                match self
                    .journal
                    .renew(&self.tenant.name, &accounts, &held.holder, self.pace.lease)
                    .await
                {
                    Ok(true) => held.lease.renewed(asked),
                    Ok(false) => return,
                    // Until the lease is over it may yet succeed.
                    Err(error) => tracing::warn!(%error, "locks could not be renewed"),
                }
                if held.lease.check().is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            outcome = work => Ok(outcome),
            () = renewals => Err(JournalError::LeaseLost),
        }
    }

    pub(super) async fn unlock(&self, held: &Held) {
        if let Err(error) = self.journal.unlock(&self.tenant.name, &held.holder).await {
            tracing::warn!(%error, "locks could not be given back; they end with their lease");
        }
    }
}
