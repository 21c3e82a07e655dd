//! One link or unlink, from request to end.

mod stage;

use conjoin_auth0::{User, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bag::Bag;
use crate::candidates::Side;
use crate::pace::Pace;
use crate::plan::{LinkPlan, Snapshot};
use crate::policies::PolicyReference;
use crate::proof::Proof;
use crate::tenant::TenantName;

pub use stage::Stage;

/// How long a link may take from request to confirmation, in seconds.
pub const LIFETIME: i64 = 30 * 60;

/// How long an agreement waits for the tenant's Action, in seconds: the browser only has to go back.
pub const AGREED_LIFETIME: i64 = 5 * 60;

/// What [`Stage::Forgotten`] calls an unlink that was closed; a link is `closed`.
pub const CLOSED_UNLINK: &str = "closed_unlink";

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
    /// The tries of the present step that got no definite answer.
    #[serde(default)]
    pub tries: Tries,
    /// Whether an operator took it up again after it had needed a person: what follows is not the doing of the person who confirmed.
    #[serde(default)]
    pub taken_up: bool,
}

/// How often a step was tried without a definite answer, and when it is tried again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// In a row.
    pub count: u32,
    /// How many of the last ones found that an account is not there, and nothing else.
    #[serde(default)]
    pub absent: u32,
    /// Unix seconds of the first.
    pub since: Option<i64>,
    /// Unix seconds; nobody takes the record up before.
    pub due_at: i64,
    /// What stood in the way, for the platform team. Never a metadata value.
    pub problem: Option<String>,
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
    /// What made the offer, and will merge.
    pub policy: PolicyReference,
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

/// What the person agreed to while they were away from a sign-in that the tenant's Action interrupted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreed {
    /// What was asked, proven and shown.
    pub planned: Planned,
    /// The interrupted sign-in, to the initiator's account.
    pub proof: Proof,
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
    /// Places of the primary that someone else wrote while the link was under way. They stay as they are.
    #[serde(default)]
    pub kept: Vec<(Bag, String)>,
    /// What became of the secondary's sessions at the tenant.
    #[serde(default)]
    pub sessions: Revocation,
    /// Whether a write of ours got no definite answer: its effect can come later than the answer to its repetition.
    #[serde(default)]
    pub unaccounted: bool,
    /// Unix seconds; linked accounts are not given free before.
    #[serde(default)]
    pub not_before: i64,
    /// How often a second look sent it forward again. Bounded: a tenant that says no to what it has done would send it round for ever.
    #[serde(default)]
    pub turns: u8,
}

/// Why a link that was confirmed is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The tenant said no; its words, or ours where they could quote metadata.
    Refused(String),
    /// One of the accounts is not any more what the person confirmed.
    Changed(String),
}

/// A link on its way back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undoing {
    /// Why.
    pub cause: Cause,
    /// Unix seconds; nothing is done before.
    pub not_before: i64,
    /// How far the way back is.
    #[serde(default)]
    pub way_back: WayBack,
    /// What was to be done.
    pub work: Confirmed,
}

/// How far a link on its way back is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    /// Nothing has been sent.
    #[default]
    Ahead,
    /// Something may have been.
    Begun,
    /// The metadata was seen to be back. A call of ours without an answer has its time, and then the account is looked at once more.
    Resting,
}

/// What became of an account's sessions and refresh tokens at the tenant; the worse the later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// The tenant's team does not want them ended, or it has not come to that.
    #[default]
    NotAsked,
    /// The tenant ends them.
    Ended,
    /// The tenant's plan does not offer it, or our client may not.
    NotOffered,
    /// The tenant did not do it.
    Failed,
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

impl std::fmt::Display for Cause {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(what) | Self::Changed(what) => formatter.write_str(what),
        }
    }
}

impl Record {
    /// The same record one stage on.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Self {
        Self {
            stage,
            version: self.version + 1,
            tries: Tries::default(),
            ..self.clone()
        }
    }

    /// The same record in the same stage, to be tried again later; or, once that has gone on for too long, one that needs a person.
    #[must_use]
    pub fn put_off(&self, problem: String, absent: bool, pace: &Pace, now: i64) -> Self {
        let since = self.tries.since.unwrap_or(now);
        let waited = u64::try_from(now.saturating_sub(since)).unwrap_or_default();
        if waited >= pace.settle_within.as_secs() && self.tries.since.is_some() {
            let what = format!(
                "{problem}. Tried {} times; once the tenant answers, settle it by `conjoin links settle {}`",
                self.tries.count + 1,
                self.id.0
            );
            return self.needs_attention(what, self.stage.clone(), pace, now);
        }
        let wait = i64::try_from(pace.put_off(self.tries.count).as_secs()).unwrap_or(i64::MAX);
        Self {
            version: self.version + 1,
            tries: Tries {
                count: self.tries.count + 1,
                absent: if absent { self.tries.absent + 1 } else { 0 },
                since: Some(since),
                due_at: now.saturating_add(wait),
                problem: Some(problem),
            },
            ..self.clone()
        }
    }

    /// The same record, which cannot be settled without a person; `stage` is the one to go on from. What was sent last has its time before anybody may end it.
    #[must_use]
    pub fn needs_attention(&self, what: String, stage: Stage, pace: &Pace, now: i64) -> Self {
        let mut next = self.at(Stage::NeedsAttention {
            what,
            stuck: Box::new(stage),
        });
        next.tries.due_at = pace.late_from(now);
        next
    }

    /// The same record in the same stage, which may not be left before `due_at` (Unix seconds).
    #[must_use]
    pub fn wait_until(&self, due_at: i64) -> Self {
        Self {
            version: self.version + 1,
            tries: Tries {
                due_at,
                ..self.tries.clone()
            },
            ..self.clone()
        }
    }

    /// The same record without what it holds of the accounts; none when it has not ended with anything to forget.
    pub fn forget(&self) -> Option<Self> {
        let (primary, identity) = self.stage.pair().filter(|_| self.stage.keeps_originals())?;
        let was = match &self.stage {
            Stage::Closed { stuck, .. } if stuck.link_plan().is_none() => CLOSED_UNLINK,
            stage => stage.name(),
        };
        let stage = Stage::Forgotten {
            was: was.to_owned(),
            primary: primary.clone(),
            identity,
        };
        Some(self.at(stage))
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

impl Original {
    /// Whether a user of the same id is an account that came into being since: deleted and made anew, or unlinked. Auth0 keeps `created_at` through everything else.
    pub fn is_another(&self, now: &User) -> bool {
        is_another(self.created_at.as_deref(), now)
    }
}

/// Whether a user is not the account that was created at `created_at`.
pub(crate) fn is_another(created_at: Option<&str>, now: &User) -> bool {
    matches!((created_at, now.created_at.as_deref()), (Some(then), Some(now)) if then != now)
}

impl std::fmt::Debug for Original {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Original")
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
