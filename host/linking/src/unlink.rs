//! Taking a linked account apart again: the plan here, its steps in `unlink/run.rs`. No policy runs: a retired or broken one must not keep a person's account.

mod run;

use conjoin_auth0::{IdentityId, User};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bag::{Bag, Bags, Changes, Metadata, digest, undo};
use crate::error::LinkError;
use crate::plan::{KnownIdentity, LinkPlan, PlanHash, Snapshot};
use crate::proof::Proof;
use crate::record::{LinkId, Record, Revocation, Stage, is_another};
use crate::tenant::TenantName;

pub(crate) use run::run;

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
    /// Paths of what the separated account had and the tenant did not take back, because of their names.
    #[serde(default)]
    pub unstorable: Vec<(Bag, String)>,
    /// When the tenant created the primary, as it says. One that was deleted and made anew is not the one that was planned for.
    #[serde(default)]
    pub created_at: Option<String>,
    /// How the steps went.
    #[serde(default)]
    pub progress: Progress,
}

/// What the steps of an unlink leave for each other, and for the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Whether a call of ours got no definite answer: its effect can come later than the answer to its repetition.
    pub unaccounted: bool,
    /// Once the last write is done, until when the accounts are kept all the same, in Unix seconds; 0 before.
    pub not_before: i64,
    /// Whether the separated account was found not to exist, so that it got nothing back.
    pub gone: bool,
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
        let created_at = primary.created_at.clone();
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
            unstorable: Vec::new(),
            created_at,
            progress: Progress::default(),
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

    /// Whether a user of the primary's id is an account that came into being since.
    fn is_of_another(&self, primary: &User) -> bool {
        is_another(self.created_at.as_deref(), primary)
    }

    /// Takes over what the link's record knows.
    fn restore_from(&mut self, link: &Record) {
        match &link.stage {
            Stage::Done(work) => {
                self.give_back(&link.id, &work.plan);
                self.take_back(&work.plan);
            }
            // The link was undone, and the tenant made it all the same, later than anyone waits: the primary holds nothing of it, and the other account lost its metadata.
            // Only where a write of ours was unaccounted for: otherwise somebody else linked them since, and what was recorded is not what the account held then.
            Stage::RolledBack { work, .. } if work.unaccounted => self.give_back(&link.id, &work.plan),
            // The identity is there, however far it came by itself.
            Stage::Closed { stuck, .. } => {
                if let Some(plan) = stuck.link_plan() {
                    self.give_back(&link.id, plan);
                    self.take_back(plan);
                }
            }
            // What an undone link held was nothing that the primary holds.
            Stage::Forgotten { was, .. } => self.forgotten = was != "rolled_back",
            _ => {}
        }
    }

    fn give_back(&mut self, link: &LinkId, plan: &LinkPlan) {
        self.link = Some(link.clone());
        self.restored = plan.secondary.bags.clone();
    }

    fn take_back(&mut self, plan: &LinkPlan) {
        for bag in Bag::ALL {
            let (original, now) = (plan.primary.bags.get(bag), self.primary.bags.get(bag));
            let (taken_back, edited) = undo(original, &plan.bag(bag).changes, now);
            self.stays.extend(edited.into_iter().map(|path| (bag, path)));
            *self.changes_mut(bag) = taken_back;
        }
    }

    fn changes_mut(&mut self, bag: Bag) -> &mut Changes {
        match bag {
            Bag::User => &mut self.user_metadata,
            Bag::App => &mut self.app_metadata,
        }
    }
}

/// The address that a provider says it has verified.
fn verified_email(profile: &Metadata) -> Option<String> {
    let is_verified = matches!(profile.get("email_verified"), Some(Value::Bool(true)));
    let email = profile.get("email").and_then(Value::as_str);
    email.filter(|_| is_verified).map(str::to_owned)
}
