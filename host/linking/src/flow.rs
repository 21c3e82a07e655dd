//! What a person does, step by step: look, request, prove, plan, confirm; and the same for an unlink.

mod action;
mod ask;
mod confirm;
mod prove;
mod recover;
mod unlink;

pub use recover::Settle;

use std::sync::Arc;
use std::time::Duration;

use conjoin_auth0::{Management, User, UserId};
use conjoin_engine::Ending;

use crate::candidates::{self, Offer, Session, Side};
use crate::clock::now;
use crate::contract;
use crate::decide::Decider;
use crate::error::{LinkError, RefusedBy};
use crate::journal::Journal;
use crate::pace::Pace;
use crate::policies::{Activated, Heard, Outcome, Policies};
use crate::proof::{Proof, ROUNDING};
use crate::question::{Hook, Question, Reply};
use crate::record::{LIFETIME, LinkId, Record, Request, Stage, Transaction, Tries};
use crate::tenant::{Mode, Tenant};

/// Linking for one tenant.
#[derive(Clone)]
pub struct Linking {
    /// What the tenant configures.
    pub tenant: Arc<Tenant>,
    /// The tenant's Management API.
    pub management: Management,
    /// Where links are kept.
    pub journal: Arc<dyn Journal>,
    /// Runs policies.
    pub decider: Decider,
    /// Which policy decides.
    pub policies: Arc<dyn Policies>,
    /// How patient the work after a confirmation is.
    pub pace: Pace,
}

/// What the signed-in page shows.
pub struct Look {
    /// The account that is signed in, as the tenant has it now.
    pub user: User,
    /// The accounts that may be joined with it, or why nobody can tell.
    pub offers: Result<Vec<Offer>, LinkError>,
}

impl Linking {
    /// Reads the account that is signed in, and who may be joined with it. A policy that fails takes the offers away, not the page.
    ///
    /// # Errors
    /// [`LinkError::Tenant`] when the account cannot be read.
    pub async fn look(&self, session: &Session) -> Result<Look, LinkError> {
        let user = self.management.user(&session.subject).await?;
        let offers = match (self.tenant.mode, self.policies.active()) {
            (Mode::Paused, _) => Err(LinkError::Paused),
            (_, None) => Ok(Vec::new()),
            (mode, Some(active)) => {
                let offers = self.offers(&active, session, &user, &transaction()).await;
                // Asked all the same: what it would offer is what the team wants to know.
                if mode == Mode::Observe { Ok(Vec::new()) } else { offers }
            }
        };
        Ok(Look { user, offers })
    }

    /// Begins a link with the offered account that `choose` names. The candidate rule is run again: what a form says is never enough.
    ///
    /// # Errors
    /// [`LinkError::NotOffered`] when no offer is chosen, [`LinkError::AlreadyLinked`] when an identity of the account is, [`LinkError::Paused`], and what the offers
    /// themselves can end in.
    pub async fn request(&self, session: &Session, choose: impl Fn(&UserId) -> bool) -> Result<Record, LinkError> {
        self.check_on()?;
        let active = self.policies.active().ok_or(LinkError::NotOffered)?;
        let user = self.management.user(&session.subject).await?;
        if linked_ids(&user).any(|id| choose(&id)) {
            return Err(LinkError::AlreadyLinked);
        }
        let transaction = transaction();
        let offers = self.offers(&active, session, &user, &transaction).await?;
        let offer = offers
            .into_iter()
            .find(|offer| choose(&offer.user_id))
            .ok_or(LinkError::NotOffered)?;
        self.check_settled(&[&user.user_id, &offer.user_id]).await?;
        let request = Request {
            target: offer.user_id.clone(),
            created_at: [user.created_at.clone(), offer.created_at.clone()],
            connection: offer.connection.clone(),
            survivor: offer.survivor,
            policy: active.reference().clone(),
            organization: session.organization.clone(),
            transaction,
        };
        let id = LinkId(request.transaction.id.clone());
        self.begin(session, id, Stage::Requested(request)).await
    }

    /// Whether new links may be made.
    pub(crate) fn check_on(&self) -> Result<(), LinkError> {
        match self.tenant.mode {
            Mode::On => Ok(()),
            Mode::Observe | Mode::Paused => Err(LinkError::Paused),
        }
    }

    /// Whether links may be taken apart.
    pub(crate) fn check_not_paused(&self) -> Result<(), LinkError> {
        match self.tenant.mode {
            Mode::On | Mode::Observe => Ok(()),
            Mode::Paused => Err(LinkError::Paused),
        }
    }

    /// A record of this session, if there is one; expired ones are marked so.
    ///
    /// # Errors
    /// [`LinkError::NoSuchLink`] for a record of another session: it must not even be told apart from none.
    pub async fn record(&self, session: &Session, id: &LinkId) -> Result<Record, LinkError> {
        if !id.is_well_formed() {
            return Err(LinkError::NoSuchLink);
        }
        let record = self
            .journal
            .load(&self.tenant.name, id)
            .await?
            .ok_or(LinkError::NoSuchLink)?;
        if record.session != session.handle {
            return Err(LinkError::NoSuchLink);
        }
        if record.stage.awaits_person() && record.expires_at < now() {
            let expired = record.at(Stage::Expired);
            self.journal.advance(&expired).await?;
            return Ok(expired);
        }
        Ok(record)
    }

    /// Whether a sign-in, of either account, is good enough here: recent, since the account's last unlink, and with a second factor where the tenant demands one.
    ///
    /// # Errors
    /// [`LinkError::Proof`] with `TooOld`, `Spent` or `NoSecondFactor`; the journal's.
    pub async fn check_proof(&self, proof: &Proof) -> Result<(), LinkError> {
        proof.check_age(self.tenant.proof_max_age.as_secs(), now())?;
        self.check_unspent(proof).await?;
        if self.tenant.require_mfa {
            proof.check_second_factor()?;
        }
        Ok(())
    }

    /// Whether a sign-in, whatever its age, is since the account's last unlink.
    ///
    /// # Errors
    /// [`LinkError::Proof`] with `Spent`; the journal's.
    pub async fn check_unspent(&self, proof: &Proof) -> Result<(), LinkError> {
        match self.journal.unlinked_at(&self.tenant.name, &proof.subject).await? {
            Some(unlinked_at) => Ok(proof.check_unspent(unlinked_at)?),
            None => Ok(()),
        }
    }

    /// Waits, for three seconds at most, until a sign-in that begins now is certainly told from one before the account's last unlink: clocks count whole seconds.
    ///
    /// # Errors
    /// The journal's.
    pub async fn until_proofs_count(&self, subject: &UserId) -> Result<(), LinkError> {
        let Some(unlinked_at) = self.journal.unlinked_at(&self.tenant.name, subject).await? else {
            return Ok(());
        };
        let left = unlinked_at.saturating_add(3 * ROUNDING).saturating_sub(now());
        let left = u64::try_from(left.min(3 * ROUNDING)).unwrap_or_default();
        tokio::time::sleep(Duration::from_secs(left)).await;
        Ok(())
    }

    /// Whether a link is what joined its two accounts, still: not one that was unlinked since.
    ///
    /// # Errors
    /// The journal's.
    pub async fn is_in_force(&self, record: &Record) -> Result<bool, LinkError> {
        let Some((primary, identity)) = record.stage.pair() else {
            return Ok(false);
        };
        let newest = self
            .journal
            .link_that_joined(&self.tenant.name, primary, &identity)
            .await?;
        Ok(newest.is_some_and(|newest| newest.id == record.id))
    }

    /// Ends a record before anything was written, and says who ended it. Losing a race is fine: then someone else ended it or moved it on.
    pub async fn abandon(&self, record: &Record, by: RefusedBy) {
        if !record.stage.awaits_person() {
            return;
        }
        if let Err(lost) = self.journal.advance(&record.at(Stage::Refused(by))).await {
            tracing::warn!(link = %record.id.0, error = %lost, "a refused link could not be marked so");
        }
    }

    /// Nothing is begun with accounts of which an earlier link or unlink is not settled.
    async fn check_settled(&self, accounts: &[&UserId]) -> Result<(), LinkError> {
        match self.journal.unsettled(&self.tenant.name, accounts).await? {
            Some(link) => {
                tracing::info!(link = %link.0, "an earlier link of these accounts is not settled");
                Err(LinkError::Unsettled)
            }
            None => Ok(()),
        }
    }

    async fn begin(&self, session: &Session, id: LinkId, stage: Stage) -> Result<Record, LinkError> {
        let created_at = now();
        let record = Record {
            id,
            tenant: self.tenant.name.clone(),
            version: 0,
            initiator: session.subject.clone(),
            session: session.handle.clone(),
            created_at,
            expires_at: created_at.saturating_add(LIFETIME),
            stage,
            tries: Tries::default(),
            taken_up: false,
        };
        self.journal.create(&record).await?;
        Ok(record)
    }

    async fn offers(
        &self,
        active: &Activated,
        session: &Session,
        user: &User,
        transaction: &Transaction,
    ) -> Result<Vec<Offer>, LinkError> {
        let found = candidates::find(&self.management, &self.tenant, user).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let event = contract::event(&self.tenant, &active.settings, session, transaction);
        let shown = found.iter().map(contract::candidate).collect();
        let current = contract::account(user)?;
        let question = Question::SelectCandidates {
            event,
            current,
            found: shown,
        };
        let description = active.policy.description();
        let offers = self.ask(active, &session.subject, question).await.and_then(|reply| {
            let Reply::Suggestions(suggestions) = reply else {
                return Err(Ending::Internal("a plan where offers were asked for".to_owned()));
            };
            let offers = candidates::offers(&self.tenant, description, &session.locale, &found, &suggestions);
            offers.map_err(Ending::Malformed)
        });
        let outcome = offers.as_ref().map_or_else(Outcome::from, |_| Outcome::Decided);
        let heard = Heard {
            policy: active.reference(),
            hook: Hook::SelectCandidates,
            subject: &session.subject,
            outcome,
        };
        self.policies.heard(heard);
        offers.map_err(policy_error)
    }

    /// Which of the two survives: the policy's wish within what the host allows.
    fn survivor(&self, request: &Request, current: &User, found: &User) -> Result<Side, LinkError> {
        let must = |user: &User| {
            self.tenant
                .connection_of(user)
                .is_some_and(|connection| connection.must_be_primary)
        };
        let forced = match (must(current), must(found)) {
            (true, true) => return Err(LinkError::BothMustBePrimary),
            (true, false) => Some(Side::Current),
            (false, true) => Some(Side::Found),
            (false, false) => None,
        };
        // Auth0 does not change the user of an organization's sign-in; the signed-in account stays.
        let found_may = self.tenant.guards.allow_found_primary && request.organization.is_none();
        let side = match (forced, found_may) {
            (Some(Side::Found), false) => return Err(LinkError::BothMustBePrimary),
            (Some(side), _) => side,
            (None, false) => Side::Current,
            (None, true) => request.survivor,
        };
        // Whether Auth0 carries over the identities of a secondary that has several is UNCONFIRMED, so such an account survives or nothing happens.
        let several = |side: Side| {
            if side == Side::Current {
                current.identities.len() > 1
            } else {
                found.identities.len() > 1
            }
        };
        let other = if side == Side::Current {
            Side::Found
        } else {
            Side::Current
        };
        match (several(other), several(side)) {
            (false, _) => Ok(side),
            (true, false) if forced.is_none() && (other == Side::Current || found_may) => Ok(other),
            (true, _) => Err(LinkError::SecondaryHasIdentities),
        }
    }
}

/// The ids that the identities of an account had, or would have, as accounts of their own; without the account's own.
fn linked_ids(user: &User) -> impl Iterator<Item = UserId> {
    let ids = user
        .identities
        .iter()
        .filter_map(|identity| UserId::try_from(identity.id()).ok());
    ids.filter(|id| *id != user.user_id)
}

fn transaction() -> Transaction {
    Transaction {
        id: random_hex(),
        now: now(),
        seed: random_hex(),
    }
}

fn random_hex() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

fn policy_error(ending: Ending) -> LinkError {
    match ending {
        Ending::Refused(refusal) => LinkError::RefusedByPolicy(refusal),
        ending => LinkError::PolicyEnded(ending),
    }
}
