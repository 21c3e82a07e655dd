//! What differs where the tenant's Action sent the person, in the middle of a sign-in to some application: they agree here, and nothing is done until the Action, to
//! which the browser goes back, asks for it.
//!
//! Why in two steps: whoever begins a sign-in can give the address that it leads to to somebody else. Were the accounts joined here, the victim would have joined
//! theirs to the attacker's. The tenant lets only the browser go on with a sign-in that began it, so an agreement given in another one is never asked for.

use std::sync::Arc;

use conjoin_auth0::UserId;

use super::Linking;
use crate::candidates::Session;
use crate::clock::now;
use crate::error::LinkError;
use crate::lease::Lease;
use crate::plan::PlanHash;
use crate::record::{AGREED_LIFETIME, Agreed, LinkId, Planned, Record, Stage};

impl Linking {
    /// Notes that the person agreed to the plan of this hash. Checks all that a confirmation does, and writes nothing to the tenant. Repeating it is harmless.
    ///
    /// # Errors
    /// As [`Linking::confirm`].
    pub async fn agree(&self, session: &Session, id: &LinkId, hash: &PlanHash) -> Result<Record, LinkError> {
        let record = self.record(session, id).await?;
        let agreed = match &record.stage {
            Stage::Planned(planned) => self.agree_to(session, &record, planned, hash).await,
            Stage::Expired => return Err(LinkError::Expired),
            _ => return Ok(record),
        };
        if let Err(error) = &agreed {
            self.note_refusal(&record, error).await;
        }
        agreed
    }

    async fn agree_to(
        &self,
        session: &Session,
        record: &Record,
        planned: &Planned,
        hash: &PlanHash,
    ) -> Result<Record, LinkError> {
        if record.initiator != session.subject {
            return Err(LinkError::NoSuchLink);
        }
        self.check_settled(&pair(planned)).await?;
        if self.accounts_of(record, planned, &session.proof, hash).await?.is_none() {
            self.plan(session, record.clone()).await?;
            return Err(LinkError::Changed);
        }
        let mut agreed = record.at(Stage::Agreed(Box::new(Agreed {
            planned: planned.clone(),
            proof: session.proof.clone(),
        })));
        agreed.expires_at = now().saturating_add(AGREED_LIFETIME);
        self.journal.advance(&agreed).await?;
        Ok(agreed)
    }

    /// Carries out what `initiator` agreed to by this hash, or nothing: everything is checked once more, under the locks. For the tenant's Action alone. Repeating it is
    /// harmless: the record as it stands comes back.
    ///
    /// # Errors
    /// [`LinkError::NoSuchLink`] when there is no such agreement, or it is another account's or to another plan; [`LinkError::Expired`]; and as [`Linking::confirm`], but that
    /// there is no new preview: after [`LinkError::Changed`] it has ended.
    pub async fn complete(&self, id: &LinkId, initiator: &UserId, hash: &PlanHash) -> Result<Record, LinkError> {
        let record = self.agreed(id, initiator, hash).await?;
        let Stage::Agreed(agreed) = &record.stage else {
            return Ok(record);
        };
        let accounts = pair(&agreed.planned);
        self.locked(&record, &accounts, async |lease| {
            // Under the lock once more: another call may have been first, and then it is this very link that is not settled.
            let record = self.agreed(id, initiator, hash).await?;
            let Stage::Agreed(agreed) = &record.stage else {
                return Ok(record);
            };
            self.check_settled(&accounts).await?;
            self.complete_locked(&record, agreed, hash, lease).await
        })
        .await
    }

    async fn complete_locked(
        &self,
        record: &Record,
        agreed: &Agreed,
        hash: &PlanHash,
        lease: &Arc<Lease>,
    ) -> Result<Record, LinkError> {
        let planned = &agreed.planned;
        match self.accounts_of(record, planned, &agreed.proof, hash).await {
            Ok(Some(accounts)) => self.carry_out(record, planned, &agreed.proof, accounts, lease).await,
            Ok(None) => self.end(record, LinkError::Changed).await,
            // The tenant or the journal may answer the next time: the agreement waits.
            Err(error @ (LinkError::Tenant(_) | LinkError::Journal(_))) => Err(error),
            Err(error) => self.end(record, error).await,
        }
    }

    /// Nobody is there to look at a new preview, so what cannot be done ends.
    async fn end(&self, record: &Record, error: LinkError) -> Result<Record, LinkError> {
        self.abandon(record, (&error).into()).await;
        Err(error)
    }

    /// An agreement, or what came of it.
    async fn agreed(&self, id: &LinkId, initiator: &UserId, hash: &PlanHash) -> Result<Record, LinkError> {
        if !id.is_well_formed() {
            return Err(LinkError::NoSuchLink);
        }
        let record = self.journal.load(&self.tenant.name, id).await?;
        let record = record
            .filter(|record| record.initiator == *initiator)
            .ok_or(LinkError::NoSuchLink)?;
        let plan = match &record.stage {
            Stage::Agreed(agreed) => Some(&agreed.planned.plan),
            // Of what was agreed nothing is kept then.
            Stage::Expired => return Err(LinkError::Expired),
            stage => stage.link_plan(),
        };
        if plan.is_none_or(|plan| plan.hash() != *hash) {
            return Err(LinkError::NoSuchLink);
        }
        if record.stage.awaits_person() && record.expires_at < now() {
            self.journal.advance(&record.at(Stage::Expired)).await?;
            return Err(LinkError::Expired);
        }
        Ok(record)
    }
}

fn pair(planned: &Planned) -> [&UserId; 2] {
    [&planned.plan.primary.user_id, &planned.plan.secondary.user_id]
}
