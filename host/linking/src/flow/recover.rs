//! Carrying on what was confirmed, whoever began it: right after the confirmation, after a failure, after a host died, and when an operator says so.

use conjoin_auth0::UserId;
use serde_json::Map;
use tokio::time::Instant;

use super::{Linking, random_hex};
use crate::audit::AuditEntry;
use crate::error::LinkError;
use crate::journal::JournalError;
use crate::lease::Lease;
use crate::record::{LinkId, Record, Stage};
use crate::work::{Footing, Worker};
use crate::{link, unlink};

/// How many records are carried on at once: a tenant that hangs must not keep those behind it waiting, and its rate limit is shared by all.
const AT_ONCE: usize = 8;

/// Locks on the accounts of one piece of work.
pub(super) struct Held {
    holder: String,
    pub(super) lease: Lease,
}

impl Linking {
    /// Takes up the links and unlinks that somebody confirmed and that are due: a stopped host left them behind, or the tenant gave no definite answer.
    ///
    /// Answers those that were carried on, as they are now.
    ///
    /// # Errors
    /// When the journal cannot list them. One that cannot be carried on is reported, and keeps no other waiting.
    pub async fn resume(&self) -> Result<Vec<Record>, JournalError> {
        let mut carried = Vec::new();
        let mut due = self.journal.under_way(&self.tenant.name).await?.into_iter();
        let mut running = tokio::task::JoinSet::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(record) = due.next()
            {
                let linking = self.clone();
                running.spawn(async move { (record.id.clone(), linking.take_up(&record).await) });
            }
            match running.join_next().await {
                None => return Ok(carried),
                Some(Ok((_, Ok(record)))) => carried.extend(record),
                Some(Ok((id, Err(error)))) => tracing::error!(link = %id.0, %error, "a link could not be carried on"),
                Some(Err(error)) => tracing::error!(%error, "carrying a link on ended in a panic"),
            }
        }
    }

    /// Tries again what needed a person, once whatever stood in the way is gone. For the platform team; `operator` goes into the audit trail.
    ///
    /// # Errors
    /// [`LinkError::NoSuchLink`] when there is no such record, or it needs nobody; [`LinkError::Busy`]; the journal's.
    pub async fn settle(&self, id: &LinkId, operator: &str) -> Result<Record, LinkError> {
        let record = self.load_unsettled(id).await?;
        let again = async |latest: Record| {
            let stage = match latest.stage {
                Stage::NeedsAttention { ref stuck, .. } => (**stuck).clone(),
                ref stage => stage.clone(),
            };
            let entry = AuditEntry::by_operator("link.settle", operator, Some(id), Map::new());
            self.journal.audit(&self.tenant.name, &entry).await?;
            let again = latest.at(stage);
            self.journal.advance(&again).await?;
            Ok(again)
        };
        self.under_locks(&record, again).await?.ok_or(LinkError::Busy)
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
        lease: &Lease,
        footing: Footing,
    ) -> Result<Record, JournalError> {
        let worker = Worker {
            management: &self.management,
            journal: &*self.journal,
            tenant: &self.tenant,
            pace: &self.pace,
            lease,
        };
        let record = link::run(&worker, record, footing).await?;
        unlink::run(&worker, record, footing).await
    }

    pub(super) async fn try_lock(&self, accounts: &[&UserId]) -> Result<Option<Held>, JournalError> {
        let (holder, asked) = (random_hex(), Instant::now());
        let locked = self
            .journal
            .lock(&self.tenant.name, accounts, &holder, self.pace.lease)
            .await?;
        Ok(locked.then(|| Held {
            holder,
            lease: Lease::new(asked, self.pace.lease),
        }))
    }

    /// Works under locks that are renewed meanwhile. When they are lost, after a pause of this host or of the database, the work stops where it is, as if the host had
    /// died there: whoever has the locks carries it on.
    pub(super) async fn holding<T>(&self, held: &Held, work: impl Future<Output = T>) -> Result<T, JournalError> {
        let renewals = async {
            loop {
                tokio::time::sleep(self.pace.lease / 3).await;
                let asked = Instant::now();
                match self
                    .journal
                    .renew(&self.tenant.name, &held.holder, self.pace.lease)
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
