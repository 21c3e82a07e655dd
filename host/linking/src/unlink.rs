//! Taking a linked account apart again. No policy runs: a retired or broken one must not keep a person's account.

use conjoin_auth0::{IdentityId, ManagementError, User, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bag::{Bag, Bags, Changes, Metadata, changes, digest, undo};
use crate::error::{LinkError, RefusedBy};
use crate::journal::JournalError;
use crate::link::Stop;
use crate::plan::{KnownIdentity, PlanHash, Snapshot};
use crate::proof::Proof;
use crate::record::{LinkId, Record, Revocation, Stage};
use crate::tenant::TenantName;
use crate::work::{Footing, Halt, Missing, Step, Worker, holds, missing};

/// What an unlink will do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnlinkPlan {
    /// Whose plan it is.
    pub tenant: TenantName,
    /// The account as it is now, with the identity still in it.
    pub primary: Snapshot,
    /// What becomes an account of its own.
    pub identity: KnownIdentity,
    /// The link that joined it, when Conjoin made it. Without one there is nothing to restore, and the page says so.
    pub link: Option<LinkId>,
    /// The metadata that the separated account had before the link.
    pub restored: Bags,
    /// What the PATCH takes out of the primary's `user_metadata`.
    pub user_metadata: Changes,
    /// What the PATCH takes out of the primary's `app_metadata`.
    pub app_metadata: Changes,
    /// Paths that the link wrote and someone edited since: they stay.
    pub stays: Vec<(Bag, String)>,
    /// Whether Conjoin made the link and has removed since what it held of the accounts: there is nothing to restore any more.
    #[serde(default)]
    pub forgotten: bool,
    /// The e-mail address of the identity, as its provider gives it, for the notice.
    #[serde(default)]
    pub email: Option<String>,
    /// Places that someone else wrote while the unlink was under way, of the separated account as well. They stay as they are.
    #[serde(default)]
    pub kept: Vec<(Bag, String)>,
    /// What became of the primary's sessions at the tenant: those obtained through the identity would stay valid.
    #[serde(default)]
    pub sessions: Revocation,
    /// The sign-in of the person who confirmed, once someone has.
    #[serde(default)]
    pub proof: Option<Proof>,
}

impl UnlinkPlan {
    /// Plans the separation of `identity` from `primary`; `link` is the completed link that joined it, if it is known.
    ///
    /// # Errors
    /// [`LinkError::PrimaryIdentity`], [`LinkError::NotLinked`].
    pub fn build(
        tenant: &TenantName,
        primary: &User,
        identity: &IdentityId,
        link: Option<&Record>,
    ) -> Result<Self, LinkError> {
        let held = primary.identities.iter().find(|held| held.id() == *identity);
        let email = held.and_then(|held| verified_email(&held.profile_data));
        let primary = Snapshot::from(primary);
        let known = |known: &&KnownIdentity| known.provider == identity.provider && known.user_id == identity.user_id;
        let identity = primary
            .identities
            .iter()
            .find(known)
            .cloned()
            .ok_or(LinkError::NotLinked)?;
        if identity == primary.own_identity() {
            return Err(LinkError::PrimaryIdentity);
        }
        let mut plan = Self {
            tenant: tenant.clone(),
            primary,
            identity,
            link: None,
            restored: Bags::default(),
            user_metadata: Changes::new(),
            app_metadata: Changes::new(),
            stays: Vec::new(),
            forgotten: false,
            email,
            kept: Vec::new(),
            sessions: Revocation::default(),
            proof: None,
        };
        if let Some(link) = link {
            plan.restore_from(link);
        }
        Ok(plan)
    }

    /// What is taken out of one of the primary's bags.
    pub fn changes(&self, bag: Bag) -> &Changes {
        match bag {
            Bag::User => &self.user_metadata,
            Bag::App => &self.app_metadata,
        }
    }

    /// What a person confirms.
    pub fn hash(&self) -> PlanHash {
        let value = json!({
            "tenant": self.tenant, "primary": self.primary, "identity": self.identity, "restored": self.restored,
            "user_metadata": self.user_metadata, "app_metadata": self.app_metadata,
        });
        PlanHash(digest(value))
    }

    /// The id of the account that comes into being. That Auth0 uses `provider|user_id` is UNCONFIRMED; recorded sessions agree with it, and a
    /// different one ends in [`Stage::NeedsAttention`] with the metadata still in the journal.
    pub fn separated(&self) -> String {
        self.identity.to_string()
    }

    /// Takes over what the link's record knows.
    fn restore_from(&mut self, link: &Record) {
        match &link.stage {
            Stage::Done(work) => {
                self.link = Some(link.id.clone());
                self.restored = work.plan.secondary.bags.clone();
                for bag in Bag::ALL {
                    let original = work.plan.primary.bags.get(bag);
                    let (taken_back, edited) = undo(original, &work.plan.bag(bag).changes, self.primary.bags.get(bag));
                    self.stays.extend(edited.into_iter().map(|path| (bag, path)));
                    *self.changes_mut(bag) = taken_back;
                }
            }
            // The link was undone, and the tenant made it all the same, later than anyone waits: the primary holds nothing of it, and the other account lost its metadata.
            // Only where a write of ours was unaccounted for: otherwise somebody else linked them since, and what was recorded is not what the account held then.
            Stage::RolledBack { work, .. } if work.unaccounted => {
                self.link = Some(link.id.clone());
                self.restored = work.plan.secondary.bags.clone();
            }
            Stage::Forgotten { .. } => self.forgotten = true,
            _ => {}
        }
    }

    fn changes_mut(&mut self, bag: Bag) -> &mut Changes {
        match bag {
            Bag::User => &mut self.user_metadata,
            Bag::App => &mut self.app_metadata,
        }
    }
}

/// Carries a confirmed unlink on from wherever it is: to an end, or to where it has to wait.
///
/// # Errors
/// Only the journal's.
pub(crate) async fn run(worker: &Worker<'_>, mut record: Record, footing: Footing) -> Result<Record, JournalError> {
    loop {
        let step = match &record.stage {
            Stage::UnlinkConfirmed(plan) => worker.separate(plan, footing).await,
            Stage::UnlinkRefused {
                cause,
                not_before,
                plan,
            } => worker.look_once_more(cause, *not_before, plan).await,
            Stage::Separated(plan) => worker.restore(plan).await,
            Stage::Restored(plan) => worker.take_out(plan, footing).await,
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
    async fn separate(&self, plan: &UnlinkPlan, footing: Footing) -> Result<Step, Stop> {
        let identity = IdentityId {
            provider: plan.identity.provider.clone(),
            user_id: plan.identity.user_id.clone(),
        };
        let mut unaccounted = footing == Footing::Resumed;
        if unaccounted {
            match self.is_separate(plan).await {
                Ok(true) => return Ok(separated(plan)),
                Ok(false) => {}
                Err(error) => return Ok(Step::Later(format!("looking at the account: {error}"))),
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
            unaccounted |= error.is_ambiguous();
            tokio::time::sleep(if error.is_definite_refusal() {
                self.pace.quiet
            } else {
                wait
            })
            .await;
            wait *= 2;
            match self.is_separate(plan).await {
                Ok(true) => return Ok(separated(plan)),
                _ if error.is_definite_refusal() => {
                    return Ok(Step::to(Stage::UnlinkRefused {
                        cause: last,
                        not_before: self.quiet_until(unaccounted).await,
                        plan: Box::new(plan.clone()),
                    }));
                }
                Ok(false) | Err(_) => {}
            }
        }
        Ok(Step::Later(format!("separating the accounts: {last}")))
    }

    /// The second look after a refusal.
    async fn look_once_more(&self, cause: &str, not_before: i64, plan: &UnlinkPlan) -> Result<Step, Stop> {
        if !self.wait_for(not_before).await {
            return Ok(Step::NotBefore(not_before));
        }
        Ok(match self.is_separate(plan).await {
            Ok(true) => separated(plan),
            Ok(false) => Step::to(Stage::Refused(RefusedBy::Tenant(cause.to_owned()))),
            Err(error) => Step::Later(format!("looking at the account: {error}")),
        })
    }

    async fn is_separate(&self, plan: &UnlinkPlan) -> Result<bool, ManagementError> {
        match self.management.user(&plan.primary.user_id).await {
            Ok(user) => Ok(!holds(&user, &plan.identity)),
            Err(error) => Err(error),
        }
    }

    /// Gives the separated account its own metadata. It is read first: what the tenant or someone else put there stays, and is reported.
    async fn restore(&self, plan: &UnlinkPlan) -> Result<Step, Stop> {
        let later = |what: String| {
            let id = plan.separated();
            Step::Later(format!(
                "the accounts are separated, and {id} has not got its own metadata back: {what}"
            ))
        };
        let Ok(user_id) = plan.separated().parse::<UserId>() else {
            return Ok(later("that is not an id".to_owned()));
        };
        let nothing = Bags::default();
        let given = |bag: Bag| changes(&Metadata::new(), plan.restored.get(bag));
        let (user_metadata, app_metadata) = (given(Bag::User), given(Bag::App));
        let remaining = |user: &User| missing([&user_metadata, &app_metadata], &nothing, &Bags::from(user));
        match self.write_metadata(&user_id, None, remaining).await {
            Ok(written) => {
                let mut plan = plan.clone();
                plan.kept.extend(written.kept);
                Ok(Step::to(Stage::Restored(Box::new(plan))))
            }
            Err(Halt::Refused { cause, .. } | Halt::Unclear(cause)) => Ok(later(cause)),
            Err(Halt::Lost) => Err(Stop),
        }
    }

    /// Takes what the link brought out of the primary, and ends the primary's sessions: those obtained through the identity would stay valid.
    async fn take_out(&self, plan: &UnlinkPlan, footing: Footing) -> Result<Step, Stop> {
        let wanted = [&plan.user_metadata, &plan.app_metadata];
        let remaining = |user: &User| missing(wanted, &plan.primary.bags, &Bags::from(user));
        let first = (footing == Footing::Fresh).then(|| Missing {
            send: wanted.map(Changes::clone),
            kept: Vec::new(),
        });
        match self.write_metadata(&plan.primary.user_id, first, remaining).await {
            Ok(written) => {
                let mut plan = plan.clone();
                plan.kept.extend(written.kept);
                plan.sessions = self.end_sessions(&plan.primary.user_id).await;
                Ok(Step::to(Stage::Unlinked(Box::new(plan))))
            }
            Err(Halt::Refused { cause, .. } | Halt::Unclear(cause)) => Ok(Step::Later(format!(
                "the accounts are separated, and the primary still holds what the link brought: {cause}"
            ))),
            Err(Halt::Lost) => Err(Stop),
        }
    }
}

/// The address that a provider says it has verified.
fn verified_email(profile: &Metadata) -> Option<String> {
    let is_verified = matches!(profile.get("email_verified"), Some(Value::Bool(true)));
    let email = profile.get("email").and_then(Value::as_str);
    email.filter(|_| is_verified).map(str::to_owned)
}

fn separated(plan: &UnlinkPlan) -> Step {
    Step::to(Stage::Separated(Box::new(plan.clone())))
}
