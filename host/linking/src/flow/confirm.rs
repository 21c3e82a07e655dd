//! From the confirmation to the end: checked again, locked, journalled, carried out.

use std::time::Duration;

use conjoin_auth0::UserId;

use super::{Linking, random_hex};
use crate::candidates::{Session, Side};
use crate::error::LinkError;
use crate::journal::JournalError;
use crate::plan::PlanHash;
use crate::record::{Confirmed, LinkId, Original, Planned, Record, Stage};
use crate::unlink::UnlinkPlan;
use crate::{link, unlink};

/// How long the locks on two accounts outlive a host that stops holding them. Short, because until then nobody carries on what it left behind.
const LEASE: Duration = Duration::from_secs(15);

/// How often a host that is at work takes its locks anew.
const RENEWAL: Duration = Duration::from_secs(5);

/// How long a second tab waits for the first.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// How often it looks.
const LOCK_POLL: Duration = Duration::from_millis(100);

impl Linking {
    /// Carries out what the person confirmed by its hash, or nothing. Repeating it is harmless: the record as it stands comes back.
    ///
    /// # Errors
    /// [`LinkError::Changed`] when there is a new preview to look at; [`LinkError::Proof`] when a sign-in is too old by now, or shows no second factor where one is demanded; [`LinkError::Busy`].
    pub async fn confirm(&self, session: &Session, id: &LinkId, hash: &PlanHash) -> Result<Record, LinkError> {
        let record = self.record(session, id).await?;
        let accounts = match &record.stage {
            Stage::Planned(planned) => vec![
                planned.plan.primary.user_id.clone(),
                planned.plan.secondary.user_id.clone(),
            ],
            Stage::UnlinkPlanned(plan) => vec![plan.primary.user_id.clone()],
            Stage::Expired => return Err(LinkError::Expired),
            _ => return Ok(record),
        };
        let accounts: Vec<&UserId> = accounts.iter().collect();
        let holder = self.lock(&accounts).await?;
        let work = self.confirm_locked(session, id, hash);
        let outcome = self.holding(&holder, work).await;
        self.unlock(&holder).await;
        outcome
    }

    /// Takes up the links and unlinks that somebody confirmed and a stopped host left behind.
    ///
    /// # Errors
    /// The journal's.
    pub async fn resume(&self) -> Result<(), JournalError> {
        for record in self.journal.under_way(&self.tenant.name).await? {
            let Some((primary, identity)) = record.stage.pair() else {
                continue;
            };
            let secondary = format!("{}|{}", identity.provider, identity.user_id).parse().ok();
            let accounts: Vec<&UserId> = std::iter::once(primary).chain(secondary.as_ref()).collect();
            let holder = random_hex();
            // A lock that is held means that some host is at it.
            if self.journal.lock(&self.tenant.name, &accounts, &holder, LEASE).await? {
                tracing::info!(link = %record.id.0, stage = record.stage.name(), "carrying on what was left behind");
                let work = async {
                    match self.journal.load(&self.tenant.name, &record.id).await {
                        Ok(Some(latest)) => self.carry_on(latest).await.map(drop),
                        other => other.map(drop),
                    }
                };
                let carried = self.holding(&holder, work).await;
                self.unlock(&holder).await;
                carried?;
            }
        }
        Ok(())
    }

    /// The record is read again under the lock: another tab may have confirmed it meanwhile.
    async fn confirm_locked(&self, session: &Session, id: &LinkId, hash: &PlanHash) -> Result<Record, LinkError> {
        let record = self.record(session, id).await?;
        match &record.stage {
            Stage::Planned(planned) => self.confirm_link(session, &record, planned, hash).await,
            Stage::UnlinkPlanned(plan) => self.confirm_unlink(session, &record, plan, hash).await,
            _ => Ok(record),
        }
    }

    async fn carry_on(&self, record: Record) -> Result<Record, JournalError> {
        let record = link::run(&self.management, &*self.journal, record).await?;
        unlink::run(&self.management, &*self.journal, record).await
    }

    async fn confirm_link(
        &self,
        session: &Session,
        record: &Record,
        planned: &Planned,
        hash: &PlanHash,
    ) -> Result<Record, LinkError> {
        let plan = &planned.plan;
        self.check_proof(&session.proof)?;
        self.check_proof(&planned.proven.proof)?;
        if record.initiator != session.subject {
            return Err(LinkError::NoSuchLink);
        }
        if plan.hash() != *hash {
            return Err(LinkError::Changed);
        }
        let (current, found) = self
            .read_both(&record.initiator, &planned.proven.request.target)
            .await?;
        self.check_pair(&planned.proven.request, &current, &found)?;
        let (primary, secondary) = if plan.survivor == Side::Current {
            (current, found)
        } else {
            (found, current)
        };
        if plan.rules != self.tenant.rules_digest() || !plan.still_holds(&primary, &secondary) {
            self.plan(session, record.clone()).await?;
            return Err(LinkError::Changed);
        }
        let confirmed = Confirmed {
            plan: plan.clone(),
            proofs: [session.proof.clone(), planned.proven.proof.clone()],
            originals: [Original::from(&primary), Original::from(&secondary)],
        };
        let confirmed = record.at(Stage::Confirmed(Box::new(confirmed)));
        self.journal.advance(&confirmed).await?;
        Ok(self.carry_on(confirmed).await?)
    }

    async fn confirm_unlink(
        &self,
        session: &Session,
        record: &Record,
        plan: &UnlinkPlan,
        hash: &PlanHash,
    ) -> Result<Record, LinkError> {
        self.check_proof(&session.proof)?;
        if record.initiator != session.subject {
            return Err(LinkError::NoSuchLink);
        }
        let again = self.unlink_plan(session, &plan.identity).await?;
        if plan.hash() != *hash || again.hash() != *hash {
            self.journal
                .advance(&record.at(Stage::UnlinkPlanned(Box::new(again))))
                .await?;
            return Err(LinkError::Changed);
        }
        let confirmed = record.at(Stage::UnlinkConfirmed(Box::new(plan.clone())));
        self.journal.advance(&confirmed).await?;
        Ok(self.carry_on(confirmed).await?)
    }

    /// Waits a moment for another tab or host, then gives up. Returns the name that gives the locks back.
    async fn lock(&self, accounts: &[&UserId]) -> Result<String, LinkError> {
        let holder = random_hex();
        let deadline = tokio::time::Instant::now() + LOCK_WAIT;
        while !self.journal.lock(&self.tenant.name, accounts, &holder, LEASE).await? {
            if tokio::time::Instant::now() >= deadline {
                return Err(LinkError::Busy);
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
        Ok(holder)
    }

    /// Works under locks that are renewed meanwhile. Losing them to another host, after a pause of this one, ends nothing here: the journal lets only one of
    /// them take a step, and every write can be repeated.
    async fn holding<T>(&self, holder: &str, work: impl Future<Output = T>) -> T {
        let renewals = async {
            loop {
                tokio::time::sleep(RENEWAL).await;
                match self.journal.renew(&self.tenant.name, holder, LEASE).await {
                    Ok(true) => {}
                    Ok(false) => tracing::warn!("locks have ended before the work was done"),
                    Err(error) => tracing::warn!(%error, "locks could not be renewed"),
                }
            }
        };
        tokio::select! {
            outcome = work => outcome,
            () = renewals => std::future::pending().await,
        }
    }

    async fn unlock(&self, holder: &str) {
        if let Err(error) = self.journal.unlock(&self.tenant.name, holder).await {
            tracing::warn!(%error, "locks could not be given back; they end with their lease");
        }
    }
}
