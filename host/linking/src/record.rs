//! One link or unlink, from request to end.

use conjoin_auth0::{User, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::candidates::Side;
use crate::error::RefusedBy;
use crate::plan::{KnownIdentity, LinkPlan, Snapshot};
use crate::proof::Proof;
use crate::tenant::TenantName;
use crate::unlink::UnlinkPlan;

/// How long a link may take from request to confirmation, in seconds.
pub const LIFETIME: i64 = 30 * 60;

/// Names a link or unlink: 128 random bits in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(pub String);

impl LinkId {
    /// Whether this can be one. Browsers send any text, and not every database takes any.
    pub fn is_well_formed(&self) -> bool {
        self.0.len() == 32 && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// The facts that make a decision repeatable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The contract's `transaction-id`.
    pub id: String,
    /// Unix seconds; the policy's only clock.
    pub now: i64,
    /// 32 hexadecimal digits; the policy's only source of chance.
    pub seed: String,
}

/// A link or unlink as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its name.
    pub id: LinkId,
    /// Whose it is.
    pub tenant: TenantName,
    /// Counts the stages; the journal stores a next stage only over the one it was made from.
    pub version: i64,
    /// The account that asked.
    pub initiator: UserId,
    /// The session that asked: [`crate::candidates::Session::handle`]. Nobody else sees or confirms it.
    pub session: String,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds; for stages before the confirmation.
    pub expires_at: i64,
    /// How far it is.
    pub stage: Stage,
}

/// `Requested → Proven → Planned → Confirmed → MetadataWritten → Linked → Done`; for an unlink `UnlinkPlanned → UnlinkConfirmed → Separated → Restored → Unlinked`; or an end
/// in which nothing has changed, or one that needs a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// The person chose an account; the browser is at the tenant.
    Requested(Request),
    /// The person signed in to it.
    Proven(Proven),
    /// There is a preview to look at.
    Planned(Box<Planned>),
    /// The person agreed. Both originals are in here, and nothing is written yet.
    Confirmed(Box<Confirmed>),
    /// The primary carries the merged metadata.
    MetadataWritten(Box<Confirmed>),
    /// The tenant has linked the accounts.
    Linked(Box<Confirmed>),
    /// Linked, merged, and seen to be so.
    Done(Box<Confirmed>),
    /// There is an unlink to look at.
    UnlinkPlanned(Box<UnlinkPlan>),
    /// The person agreed to the unlink.
    UnlinkConfirmed(Box<UnlinkPlan>),
    /// The tenant has separated the accounts; metadata is not yet as it was.
    Separated(Box<UnlinkPlan>),
    /// The separated account has its own metadata again; the primary still carries both.
    Restored(Box<UnlinkPlan>),
    /// Separated, with both bags as planned.
    Unlinked(Box<UnlinkPlan>),
    /// Ended before anything was written.
    Refused(RefusedBy),
    /// Ended by time before anything was written.
    Expired,
    /// A step failed and the primary has its own metadata again, but for the keys that someone else changed meanwhile.
    RolledBack {
        /// What failed.
        cause: String,
        /// First-level keys that were left as someone else wrote them.
        left_alone: Vec<String>,
        /// What was to be done, with both originals.
        work: Box<Confirmed>,
    },
    /// It cannot be settled without a person.
    NeedsAttention {
        /// What is known, and what settles it.
        what: String,
        /// The stage that could not be left.
        stuck: Box<Stage>,
    },
}

/// What the person asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The account to join, fixed before the browser leaves.
    pub target: UserId,
    /// When the tenant created the two accounts, the initiator's first, as it says. An account that was deleted or unlinked and came into being again under
    /// the same id is not the one that was chosen, and no sign-in of before proves it.
    #[serde(default)]
    pub created_at: [Option<String>; 2],
    /// The connection it is asked for through.
    pub connection: String,
    /// Which side survives, by the policy at the time of the offer.
    pub survivor: Side,
    /// The component that made the offer, and that will merge.
    pub policy: String,
    /// For the policy.
    pub transaction: Transaction,
    /// The organization of the session.
    pub organization: Option<String>,
}

/// A request whose target has been proven.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proven {
    /// What was asked.
    pub request: Request,
    /// The sign-in to the target.
    pub proof: Proof,
}

/// A proven request with its preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// What was asked and proven.
    pub proven: Proven,
    /// What the person looks at.
    pub plan: LinkPlan,
}

/// What the person agreed to, with all that is needed to finish or undo it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confirmed {
    /// What will be done; holds both accounts' bags and identities as they were.
    pub plan: LinkPlan,
    /// The sign-ins of the session's account and of the other.
    pub proofs: [Proof; 2],
    /// The primary and the secondary, whole.
    pub originals: [Original; 2],
}

/// An account as it was before the first write.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Original {
    /// What plans compare.
    pub account: Snapshot,
    /// Every other root attribute.
    pub profile: Map<String, Value>,
    /// RFC 3339.
    pub created_at: Option<String>,
    /// RFC 3339.
    pub last_login: Option<String>,
    /// How often.
    pub logins_count: u32,
}

impl Stage {
    /// Its name, as it is stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Requested(_) => "requested",
            Self::Proven(_) => "proven",
            Self::Planned(_) => "planned",
            Self::Confirmed(_) => "confirmed",
            Self::MetadataWritten(_) => "metadata_written",
            Self::Linked(_) => "linked",
            Self::Done(_) => "done",
            Self::UnlinkPlanned(_) => "unlink_planned",
            Self::UnlinkConfirmed(_) => "unlink_confirmed",
            Self::Separated(_) => "separated",
            Self::Restored(_) => "restored",
            Self::Unlinked(_) => "unlinked",
            Self::Refused(_) => "refused",
            Self::Expired => "expired",
            Self::RolledBack { .. } => "rolled_back",
            Self::NeedsAttention { .. } => "needs_attention",
        }
    }

    /// Whether the person has agreed and the work is not at an end: such a record must be carried on, whoever started it.
    pub fn is_under_way(&self) -> bool {
        matches!(
            self,
            Self::Confirmed(_)
                | Self::MetadataWritten(_)
                | Self::Linked(_)
                | Self::UnlinkConfirmed(_)
                | Self::Separated(_)
                | Self::Restored(_)
        )
    }

    /// Whether it waits for the person, and so can expire.
    pub fn awaits_person(&self) -> bool {
        matches!(
            self,
            Self::Requested(_) | Self::Proven(_) | Self::Planned(_) | Self::UnlinkPlanned(_)
        )
    }

    /// The surviving account and the identity that is joined or separated, once they are fixed.
    pub fn pair(&self) -> Option<(&UserId, KnownIdentity)> {
        match self {
            Self::Planned(planned) => Some(link_pair(&planned.plan)),
            Self::Confirmed(work) | Self::MetadataWritten(work) | Self::Linked(work) | Self::Done(work) => {
                Some(link_pair(&work.plan))
            }
            Self::RolledBack { work, .. } => Some(link_pair(&work.plan)),
            Self::UnlinkPlanned(plan)
            | Self::UnlinkConfirmed(plan)
            | Self::Separated(plan)
            | Self::Restored(plan)
            | Self::Unlinked(plan) => Some((&plan.primary.user_id, plan.identity.clone())),
            Self::NeedsAttention { stuck, .. } => stuck.pair(),
            Self::Requested(_) | Self::Proven(_) | Self::Refused(_) | Self::Expired => None,
        }
    }
}

fn link_pair(plan: &LinkPlan) -> (&UserId, KnownIdentity) {
    (&plan.primary.user_id, plan.secondary.own_identity())
}

impl Record {
    /// The same record one stage on.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Self {
        Self {
            stage,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

impl From<&User> for Original {
    fn from(user: &User) -> Self {
        Self {
            account: user.into(),
            profile: user.profile.clone(),
            created_at: user.created_at.clone(),
            last_login: user.last_login.clone(),
            logins_count: user.logins_count,
        }
    }
}

impl std::fmt::Debug for Original {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Original")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
