//! Taking a linked account apart again. No policy runs: a retired or broken one must not keep a person's account.

use std::time::Duration;

use conjoin_auth0::{IdentityId, Management, ManagementError, User, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::bag::{Bag, Bags, Changes, changes, digest, undo};
use crate::error::{LinkError, RefusedBy};
use crate::journal::{Journal, JournalError};
use crate::link::patch_until_definite;
use crate::plan::{KnownIdentity, PlanHash, Snapshot};
use crate::record::{LinkId, Record, Stage};
use crate::tenant::TenantName;

/// How often a step of unknown effect is repeated before a person is asked.
const ATTEMPTS: u32 = 5;

/// The wait before the first repetition; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

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
        };
        if let Some(Record {
            id,
            stage: Stage::Done(work),
            ..
        }) = link
        {
            plan.link = Some(id.clone());
            plan.restored = work.plan.secondary.bags.clone();
            for bag in Bag::ALL {
                let original = work.plan.primary.bags.get(bag);
                let (taken_back, edited) = undo(original, &work.plan.bag(bag).changes, plan.primary.bags.get(bag));
                plan.stays.extend(edited.into_iter().map(|path| (bag, path)));
                *plan.changes_mut(bag) = taken_back;
            }
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
        format!("{}|{}", self.identity.provider, self.identity.user_id)
    }

    fn changes_mut(&mut self, bag: Bag) -> &mut Changes {
        match bag {
            Bag::User => &mut self.user_metadata,
            Bag::App => &mut self.app_metadata,
        }
    }
}

/// Carries a confirmed unlink on from wherever it is to an end.
///
/// # Errors
/// Only the journal's.
pub async fn run(management: &Management, journal: &dyn Journal, mut record: Record) -> Result<Record, JournalError> {
    loop {
        let stage = match &record.stage {
            Stage::UnlinkConfirmed(plan) => separate(management, plan).await,
            Stage::Separated(plan) => restore(management, plan).await,
            Stage::Restored(plan) => take_out(management, plan).await,
            _ => return Ok(record),
        };
        record = record.at(stage);
        journal.advance(&record).await?;
        tracing::info!(link = %record.id.0, stage = record.stage.name(), "unlink");
    }
}

/// Repeats the same DELETE until the identity is seen to be gone, or the tenant says no.
async fn separate(management: &Management, plan: &UnlinkPlan) -> Stage {
    let identity = IdentityId {
        provider: plan.identity.provider.clone(),
        user_id: plan.identity.user_id.clone(),
    };
    let mut wait = FIRST_WAIT;
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        let error = match management.unlink(&plan.primary.user_id, &identity).await {
            Ok(_) => return Stage::Separated(Box::new(plan.clone())),
            Err(error) => error,
        };
        last = error.to_string();
        tokio::time::sleep(wait).await;
        wait *= 2;
        match management
            .user(&plan.primary.user_id)
            .await
            .map(|user| holds(&user, &plan.identity))
        {
            Ok(false) => return Stage::Separated(Box::new(plan.clone())),
            Ok(true) if error.is_definite_refusal() => return Stage::Refused(RefusedBy::Tenant(last)),
            Ok(true) | Err(_) => {}
        }
    }
    let what = format!(
        "it is unknown whether the tenant separated the accounts ({last}); carry the unlink on once it answers"
    );
    attention(what, Stage::UnlinkConfirmed(Box::new(plan.clone())))
}

fn holds(user: &User, identity: &KnownIdentity) -> bool {
    user.identities
        .iter()
        .any(|held| held.provider == identity.provider && held.user_id == identity.user_id)
}

/// Gives the separated account its own metadata. It is read first, so that nothing that the tenant itself put there is sent again.
async fn restore(management: &Management, plan: &UnlinkPlan) -> Stage {
    let done = Stage::Restored(Box::new(plan.clone()));
    let user_id: UserId = match plan.separated().parse() {
        Ok(user_id) => user_id,
        Err(_) => {
            return attention(
                "the separated account's id is not an id".to_owned(),
                Stage::Separated(Box::new(plan.clone())),
            );
        }
    };
    let wanted = |user: &User| {
        let now = Bags::from(user);
        // Only adds: a key that the new account has and the old had not is the tenant's own.
        Bag::ALL.map(|bag| {
            changes(now.get(bag), plan.restored.get(bag))
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect()
        })
    };
    let result = match read_new(management, &user_id).await {
        Ok(user) => patch_until_definite(management, &user_id, wanted(&user))
            .await
            .map_err(|failure| failure.to_string()),
        Err(error) => Err(error.to_string()),
    };
    result.map_or_else(
        |what| {
            let what = format!("the accounts are separated, and {user_id} has not got its own metadata back: {what}");
            attention(what, Stage::Separated(Box::new(plan.clone())))
        },
        |()| done,
    )
}

/// The new account may take a moment to be there.
async fn read_new(management: &Management, user_id: &UserId) -> Result<User, ManagementError> {
    let mut wait = FIRST_WAIT;
    for _ in 1..ATTEMPTS {
        match management.user(user_id).await {
            Err(ManagementError::NotFound) => tokio::time::sleep(wait).await,
            answer => return answer,
        }
        wait *= 2;
    }
    management.user(user_id).await
}

async fn take_out(management: &Management, plan: &UnlinkPlan) -> Stage {
    let changes = [plan.user_metadata.clone(), plan.app_metadata.clone()];
    match patch_until_definite(management, &plan.primary.user_id, changes).await {
        Ok(()) => Stage::Unlinked(Box::new(plan.clone())),
        Err(what) => {
            let what = format!("the accounts are separated, and the primary still holds what the link brought: {what}");
            attention(what, Stage::Restored(Box::new(plan.clone())))
        }
    }
}

fn attention(what: String, stuck: Stage) -> Stage {
    Stage::NeedsAttention {
        what,
        stuck: Box::new(stuck),
    }
}
