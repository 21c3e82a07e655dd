//! From the confirmation to the end: checked again, locked, journalled, carried out.

use std::sync::Arc;
use std::time::Duration;

use conjoin_auth0::{User, UserId};
use tokio::time::Instant;

use super::Linking;
use super::recover::Held;
use crate::audit::AuditEntry;
use crate::candidates::{Session, Side};
use crate::error::LinkError;
use crate::journal::JournalError;
use crate::lease::Lease;
use crate::plan::PlanHash;
use crate::policies::PolicyReference;
use crate::proof::Proof;
use crate::record::{Confirmed, LinkId, Original, Planned, Record, Revocation, Stage};
use crate::unlink::UnlinkPlan;
use crate::work::Footing;

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
            Stage::UnlinkPlanned(plan) => std::iter::once(plan.primary.user_id.clone())
                .chain(plan.separated().parse().ok())
                .collect(),
            Stage::Expired => return Err(LinkError::Expired),
            _ => return Ok(record),
        };
        let accounts: Vec<&UserId> = accounts.iter().collect();
        let held = self.lock(&accounts).await?;
        let work = async {
            self.check_settled(&accounts).await?;
            self.confirm_locked(session, id, hash, &held.lease).await
        };
        let outcome = self.holding(&held, work).await;
        self.unlock(&held).await;
        let outcome = outcome?;
        if let Err(error) = &outcome {
            self.note_refusal(&record, error).await;
        }
        outcome
    }

    /// A confirmation that is refused leaves no stage behind. That nobody can note it does not make it less refused.
    pub(super) async fn note_refusal(&self, record: &Record, error: &LinkError) {
        if matches!(error, LinkError::Journal(_)) {
            return;
        }
        let entry = AuditEntry::not_confirmed(record, &error.into());
        if let Err(error) = self.journal.audit(&self.tenant.name, &entry).await {
            tracing::error!(link = %record.id.0, %error, "a refused confirmation is missing in the audit trail");
        }
    }

    /// The record is read again under the lock: another tab may have confirmed it meanwhile.
    async fn confirm_locked(
        &self,
        session: &Session,
        id: &LinkId,
        hash: &PlanHash,
        lease: &Arc<Lease>,
    ) -> Result<Record, LinkError> {
        let record = self.record(session, id).await?;
        match &record.stage {
            Stage::Planned(planned) => self.confirm_link(session, &record, planned, hash, lease).await,
            Stage::UnlinkPlanned(plan) => self.confirm_unlink(session, &record, plan, hash, lease).await,
            _ => Ok(record),
        }
    }

    async fn confirm_link(
        &self,
        session: &Session,
        record: &Record,
        planned: &Planned,
        hash: &PlanHash,
        lease: &Arc<Lease>,
    ) -> Result<Record, LinkError> {
        if record.initiator != session.subject {
            return Err(LinkError::NoSuchLink);
        }
        let Some(accounts) = self.accounts_of(record, planned, &session.proof, hash).await? else {
            self.plan(session, record.clone()).await?;
            return Err(LinkError::Changed);
        };
        self.carry_out(record, planned, &session.proof, accounts, lease).await
    }

    /// Everything that must hold when an agreement counts: the policy, both sign-ins, the hash, the pair. Answers the primary and the secondary as they are now; none
    /// when they, or the rules, are not what was shown. `own` is the initiator's sign-in.
    pub(super) async fn accounts_of(
        &self,
        record: &Record,
        planned: &Planned,
        own: &Proof,
        hash: &PlanHash,
    ) -> Result<Option<[User; 2]>, LinkError> {
        let (plan, request) = (&planned.plan, &planned.proven.request);
        self.check_on()?;
        self.check_policy(record, &request.policy).await?;
        self.check_proof(own).await?;
        self.check_proof(&planned.proven.proof).await?;
        if plan.hash() != *hash {
            return Err(LinkError::Changed);
        }
        let (current, found) = self.read_both(&record.initiator, &request.target).await?;
        self.check_pair(request, &current, &found)?;
        let [primary, secondary] = if plan.survivor == Side::Current {
            [current, found]
        } else {
            [found, current]
        };
        let holds =
            plan.rules == self.tenant.rules_digest(&request.policy.settings) && plan.still_holds(&primary, &secondary);
        Ok(holds.then_some([primary, secondary]))
    }

    /// Puts both originals into the journal, and only then begins.
    pub(super) async fn carry_out(
        &self,
        record: &Record,
        planned: &Planned,
        own: &Proof,
        [primary, secondary]: [User; 2],
        lease: &Arc<Lease>,
    ) -> Result<Record, LinkError> {
        let confirmed = Confirmed {
            plan: planned.plan.clone(),
            proofs: [own.clone(), planned.proven.proof.clone()],
            originals: [Original::from(&primary), Original::from(&secondary)],
            kept: Vec::new(),
            sessions: Revocation::default(),
            unaccounted: false,
            not_before: 0,
            turns: 0,
        };
        let confirmed = record.at(Stage::Confirmed(Box::new(confirmed)));
        // Whoever has the accounts now may have begun something with them.
        lease.check().map_err(|_| JournalError::LeaseLost)?;
        self.journal.advance(&confirmed).await?;
        Ok(self.carry_on(confirmed, lease, Footing::Fresh).await?)
    }

    /// A preview of a revoked policy ends with it.
    async fn check_policy(&self, record: &Record, policy: &PolicyReference) -> Result<(), LinkError> {
        match self.policies.check(policy).await {
            Ok(()) => Ok(()),
            Err(unavailable) => {
                let error = LinkError::from(unavailable);
                if !matches!(error, LinkError::Journal(_)) {
                    self.abandon(record, (&error).into()).await;
                }
                Err(error)
            }
        }
    }

    async fn confirm_unlink(
        &self,
        session: &Session,
        record: &Record,
        plan: &UnlinkPlan,
        hash: &PlanHash,
        lease: &Arc<Lease>,
    ) -> Result<Record, LinkError> {
        self.check_not_paused()?;
        self.check_proof(&session.proof).await?;
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
        let plan = UnlinkPlan {
            proof: Some(session.proof.clone()),
            ..plan.clone()
        };
        let confirmed = record.at(Stage::UnlinkConfirmed(Box::new(plan)));
        lease.check().map_err(|_| JournalError::LeaseLost)?;
        self.journal.advance(&confirmed).await?;
        Ok(self.carry_on(confirmed, lease, Footing::Fresh).await?)
    }

    /// Waits a moment for another tab or host, then gives up.
    pub(super) async fn lock(&self, accounts: &[&UserId]) -> Result<Held, LinkError> {
        let deadline = Instant::now() + LOCK_WAIT;
        loop {
            if let Some(held) = self.try_lock(accounts).await? {
                return Ok(held);
            }
            if Instant::now() >= deadline {
                return Err(LinkError::Busy);
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
    }
}
