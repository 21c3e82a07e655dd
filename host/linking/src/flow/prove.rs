//! From the callback to the preview.

use conjoin_auth0::{ManagementError, SignIn, User, UserId};

use conjoin_engine::Ending;

use super::{Linking, now, policy_error};
use crate::candidates::{Session, Side, may_be_offered};
use crate::contract;
use crate::error::LinkError;
use crate::plan::LinkPlan;
use crate::policies::{Heard, Outcome};
use crate::proof::{Proof, ProofError, same_verified_email};
use crate::question::{Hook, Question, Reply};
use crate::record::{Planned, Proven, Record, Request, Stage};

impl Linking {
    /// Judges the sign-in that was asked for at `requested_at` (Unix seconds, ours). A refusal is recorded; the session stays what it was.
    ///
    /// # Errors
    /// [`LinkError::Proof`] and its neighbours; nothing was written to the tenant.
    pub async fn prove(
        &self,
        session: &Session,
        record: Record,
        sign_in: &SignIn,
        requested_at: i64,
    ) -> Result<Record, LinkError> {
        let Stage::Requested(request) = &record.stage else {
            return Err(LinkError::NoSuchLink);
        };
        if record.initiator != session.subject {
            return Err(LinkError::NoSuchLink);
        }
        match self.judge(&record.initiator, request, sign_in, requested_at).await {
            Ok(proof) => {
                let proven = record.at(Stage::Proven(Proven {
                    request: request.clone(),
                    proof,
                }));
                self.journal.advance(&proven).await?;
                Ok(proven)
            }
            Err(error) => {
                self.abandon(&record, (&error).into()).await;
                Err(error)
            }
        }
    }

    /// Runs the policy's merge over both accounts as they are now, and keeps the preview. A failure ends the link; nothing was written.
    ///
    /// # Errors
    /// What the policy, the guards or the tenant say.
    pub async fn plan(&self, session: &Session, record: Record) -> Result<Record, LinkError> {
        let proven = match &record.stage {
            Stage::Proven(proven) => proven.clone(),
            Stage::Planned(planned) => planned.proven.clone(),
            _ => return Err(LinkError::NoSuchLink),
        };
        match self.make_plan(session, &record.initiator, &proven.request).await {
            Ok(plan) => {
                let planned = record.at(Stage::Planned(Box::new(Planned { proven, plan })));
                self.journal.advance(&planned).await?;
                Ok(planned)
            }
            // The tenant may answer the next time: the record waits.
            Err(error @ (LinkError::Tenant(_) | LinkError::Journal(_))) => Err(error),
            Err(error) => {
                self.abandon(&record, (&error).into()).await;
                Err(error)
            }
        }
    }

    async fn judge(
        &self,
        initiator: &UserId,
        request: &Request,
        sign_in: &SignIn,
        requested_at: i64,
    ) -> Result<Proof, LinkError> {
        if sign_in.subject != request.target {
            return Err(self.why_other(initiator, request, sign_in).await?);
        }
        let proof = Proof::fresh(sign_in, Some(&request.connection), requested_at, now())?;
        if !sign_in.email_verified {
            return Err(ProofError::Unverified.into());
        }
        if sign_in.org_id != request.organization {
            return Err(ProofError::OtherOrganization.into());
        }
        if self.tenant.require_mfa {
            proof.check_second_factor()?;
        }
        Ok(proof)
    }

    /// Somebody signed in, and not to the account that was chosen: say which of three things that means.
    async fn why_other(&self, initiator: &UserId, request: &Request, sign_in: &SignIn) -> Result<LinkError, LinkError> {
        match self.management.user(&request.target).await {
            Ok(_) => Ok(ProofError::WrongAccount.into()),
            // It became an identity of someone: of us, or of whoever the tenant signed in.
            Err(ManagementError::NotFound) if sign_in.subject == *initiator => Ok(LinkError::AlreadyLinked),
            Err(ManagementError::NotFound) => Ok(LinkError::BelongsToAnother),
            Err(error) => Err(error.into()),
        }
    }

    async fn make_plan(&self, session: &Session, initiator: &UserId, request: &Request) -> Result<LinkPlan, LinkError> {
        self.check_on()?;
        let activated = self.policies.version(&request.policy).await?;
        let (current, found) = self.read_both(initiator, &request.target).await?;
        self.check_pair(request, &current, &found)?;
        let side = self.survivor(request, &current, &found)?;
        let (primary, secondary) = if side == Side::Current {
            (&current, &found)
        } else {
            (&found, &current)
        };
        let event = contract::event(&self.tenant, &activated.settings, session, &request.transaction);
        let question = Question::Merge {
            event,
            primary: contract::account(primary)?,
            secondary: contract::account(secondary)?,
        };
        let answer = self.ask(&activated, initiator, question).await;
        let accounts = [primary, secondary];
        let (outcome, plan) = match answer {
            Ok(Reply::Suggestions(_)) => {
                let ending = Ending::Internal("offers where a plan was asked for".to_owned());
                (Outcome::from(&ending), Err(policy_error(ending)))
            }
            Ok(Reply::Plan(answer)) => {
                let plan = LinkPlan::build(&self.tenant, &request.policy, initiator, side, accounts, &answer);
                let outcome = plan.as_ref().map_or(Outcome::Failed, |_| Outcome::Decided);
                (outcome, plan.map_err(LinkError::from))
            }
            Err(ending) => (Outcome::from(&ending), Err(policy_error(ending))),
        };
        let heard = Heard {
            policy: &request.policy,
            hook: Hook::Merge,
            subject: initiator,
            outcome,
        };
        self.policies.heard(heard);
        plan
    }

    /// Both accounts as they are now: the initiator's, then the target's.
    pub(super) async fn read_both(&self, initiator: &UserId, target: &UserId) -> Result<(User, User), LinkError> {
        let (current, found) = tokio::join!(self.management.user(initiator), self.management.user(target));
        let current = current?;
        match found {
            Err(ManagementError::NotFound) => {
                let linked = |identity: &conjoin_auth0::Identity| {
                    identity.provider == target.provider() && identity.user_id == target.local_id()
                };
                let ours = current.identities.iter().any(linked);
                Err(if ours {
                    LinkError::AlreadyLinked
                } else {
                    LinkError::BelongsToAnother
                })
            }
            found => Ok((current, found?)),
        }
    }

    /// The rule of the offer, once more, on what the tenant says now.
    pub(super) fn check_pair(&self, request: &Request, current: &User, found: &User) -> Result<(), LinkError> {
        if request.created_at != [current.created_at.clone(), found.created_at.clone()] {
            return Err(LinkError::NotOffered);
        }
        if current.blocked || found.blocked {
            return Err(LinkError::Blocked);
        }
        same_verified_email(current, found)?;
        if may_be_offered(&self.tenant, current, found) {
            Ok(())
        } else {
            Err(LinkError::NotOffered)
        }
    }
}
