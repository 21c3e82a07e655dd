//! How far a link or unlink is, with all that its next step needs.

use conjoin_auth0::UserId;
use serde::{Deserialize, Serialize};

use super::{Agreed, Cause, Confirmed, Planned, Proven, Request, Undoing};
use crate::error::RefusedBy;
use crate::plan::{KnownIdentity, LinkPlan};
use crate::unlink::UnlinkPlan;

/// `Requested → Proven → Planned → Confirmed → MetadataWritten → Linked → Done`, with `Agreed` before `Confirmed` where an Action began it; for an unlink `UnlinkPlanned → UnlinkConfirmed → Separated → Restored → Unlinked`. A definite
/// refusal leads to `Undoing` or `UnlinkRefused`, where a second look decides; an end is one in which nothing has changed, or one that needs a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// The person chose an account; the browser is at the tenant.
    Requested(Request),
    /// The person signed in to it.
    Proven(Proven),
    /// There is a preview to look at.
    Planned(Box<Planned>),
    /// The person agreed, and the browser goes back to the sign-in that the tenant's Action interrupted. Only that Action, where the tenant has bound the browser, has
    /// it carried out: otherwise whoever began the sign-in could have somebody else finish it.
    Agreed(Box<Agreed>),
    /// The person agreed. Both originals are in here, and nothing is written yet.
    Confirmed(Box<Confirmed>),
    /// The primary carries the merged metadata.
    MetadataWritten(Box<Confirmed>),
    /// The tenant has linked the accounts.
    Linked(Box<Confirmed>),
    /// Linked, merged, and seen to be so.
    Done(Box<Confirmed>),
    /// The tenant said no. After a quiet period a second look decides: an effect can be later than its answer.
    Undoing(Box<Undoing>),
    /// There is an unlink to look at.
    UnlinkPlanned(Box<UnlinkPlan>),
    /// The person agreed to the unlink.
    UnlinkConfirmed(Box<UnlinkPlan>),
    /// The tenant said no to the separation; a second look after a quiet period decides.
    UnlinkRefused {
        /// What it said.
        cause: String,
        /// Unix seconds; no second look before.
        not_before: i64,
        /// What was to be done.
        plan: Box<UnlinkPlan>,
    },
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
        /// Why.
        cause: Cause,
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
    /// Someone of the platform team ended it as it was: nothing more is written for it.
    Closed {
        /// What was known of it.
        what: String,
        /// The stage that could not be left.
        stuck: Box<Stage>,
    },
    /// It ended, and what it held of the accounts was removed since: the time for which originals are kept is over, or the person was deleted.
    Forgotten {
        /// The name of the stage in which it ended.
        was: String,
        /// The account that survived.
        primary: UserId,
        /// What was joined or separated.
        identity: KnownIdentity,
    },
}

impl Stage {
    /// Its name, as it is stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Requested(_) => "requested",
            Self::Proven(_) => "proven",
            Self::Planned(_) => "planned",
            Self::Agreed(_) => "agreed",
            Self::Confirmed(_) => "confirmed",
            Self::MetadataWritten(_) => "metadata_written",
            Self::Linked(_) => "linked",
            Self::Done(_) => "done",
            Self::Undoing(_) => "undoing",
            Self::UnlinkRefused { .. } => "unlink_refused",
            Self::Closed { .. } => "closed",
            Self::Forgotten { .. } => "forgotten",
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
                | Self::Undoing(_)
                | Self::UnlinkConfirmed(_)
                | Self::UnlinkRefused { .. }
                | Self::Separated(_)
                | Self::Restored(_)
        )
    }

    /// Whether it is confirmed and not settled, for whatever reason: until it is, nothing else may be done with its accounts, or what it merged would be merged
    /// twice.
    pub fn is_unsettled(&self) -> bool {
        self.is_under_way() || matches!(self, Self::NeedsAttention { .. })
    }

    /// Whether it ended with both accounts' originals in it.
    pub fn keeps_originals(&self) -> bool {
        matches!(
            self,
            Self::Done(_) | Self::Unlinked(_) | Self::RolledBack { .. } | Self::Closed { .. }
        )
    }

    /// Whether it waits for the person, or for the Action that they go back to, and so can expire.
    pub fn awaits_person(&self) -> bool {
        matches!(
            self,
            Self::Requested(_) | Self::Proven(_) | Self::Planned(_) | Self::Agreed(_) | Self::UnlinkPlanned(_)
        )
    }

    /// The accounts whose sessions in the host end with this stage. One that was joined is no account any more; and whoever came in through an identity that was
    /// separated, or while it was joined, must not stay.
    pub fn ends_sessions_of(&self) -> Vec<UserId> {
        match self {
            Self::Done(work) => vec![work.plan.secondary.user_id.clone()],
            // At once, since giving metadata back can take long; and at the end, for those that began meanwhile.
            Self::Separated(plan) | Self::Unlinked(plan) => std::iter::once(plan.primary.user_id.clone())
                .chain(plan.separated().parse().ok())
                .collect(),
            // Nobody knows how far it came.
            Self::Closed { stuck, .. } => stuck.pair().map_or_else(Vec::new, |(primary, identity)| {
                std::iter::once(primary.clone())
                    .chain(identity.to_string().parse().ok())
                    .collect()
            }),
            _ => Vec::new(),
        }
    }

    /// What a confirmed link was to do; none of an unlink.
    pub fn link_plan(&self) -> Option<&LinkPlan> {
        match self {
            Self::Confirmed(work) | Self::MetadataWritten(work) | Self::Linked(work) | Self::Done(work) => {
                Some(&work.plan)
            }
            Self::RolledBack { work, .. } => Some(&work.plan),
            Self::Undoing(undoing) => Some(&undoing.work.plan),
            Self::NeedsAttention { stuck, .. } | Self::Closed { stuck, .. } => stuck.link_plan(),
            _ => None,
        }
    }

    /// The surviving account and the identity that is joined or separated, once they are fixed.
    pub fn pair(&self) -> Option<(&UserId, KnownIdentity)> {
        match self {
            Self::Planned(planned) => Some(link_pair(&planned.plan)),
            Self::Agreed(agreed) => Some(link_pair(&agreed.planned.plan)),
            Self::Confirmed(_)
            | Self::MetadataWritten(_)
            | Self::Linked(_)
            | Self::Done(_)
            | Self::RolledBack { .. }
            | Self::Undoing(_) => self.link_plan().map(link_pair),
            Self::UnlinkRefused { plan, .. } => Some((&plan.primary.user_id, plan.identity.clone())),
            Self::Forgotten { primary, identity, .. } => Some((primary, identity.clone())),
            Self::UnlinkPlanned(plan)
            | Self::UnlinkConfirmed(plan)
            | Self::Separated(plan)
            | Self::Restored(plan)
            | Self::Unlinked(plan) => Some((&plan.primary.user_id, plan.identity.clone())),
            Self::NeedsAttention { stuck, .. } | Self::Closed { stuck, .. } => stuck.pair(),
            Self::Requested(_) | Self::Proven(_) | Self::Refused(_) | Self::Expired => None,
        }
    }
}

fn link_pair(plan: &LinkPlan) -> (&UserId, KnownIdentity) {
    (&plan.primary.user_id, plan.secondary.own_identity())
}
