//! What others are told of a link: enough that a consumer can tell a link from a deletion, since Auth0 reports the joined account as deleted (S40).

use serde::{Deserialize, Serialize};

use crate::plan::Snapshot;
use crate::record::{LinkId, Record, Stage};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeKind {
    /// The person has agreed; the tenant is about to join the accounts and to report the secondary as deleted.
    #[serde(rename = "link.starting")]
    Starting,
    /// The accounts are one.
    #[serde(rename = "link.linked")]
    Linked,
    /// A link that was announced did not happen; both accounts are as they were.
    #[serde(rename = "link.aborted")]
    Aborted,
    /// The identity is an account of its own again.
    #[serde(rename = "link.unlinked")]
    Unlinked,
    /// A link ended before anything was written.
    #[serde(rename = "link.refused")]
    Refused,
    /// It cannot be settled without a person.
    #[serde(rename = "link.needs-attention")]
    NeedsAttention,
    /// The tenant's policy kept failing and was taken out. Of no link.
    #[serde(rename = "policy.taken-out")]
    PolicyTakenOut,
}

/// One piece of news: of one link, or of the tenant's policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What happened.
    #[serde(rename = "type")]
    pub kind: NoticeKind,
    /// Of which link or unlink; empty for what is of none.
    pub link: LinkId,
    /// The account that survives, or would have.
    pub primary: String,
    /// The account that is joined or separated, by the id that it has as an account of its own.
    pub secondary: String,
    /// Its connection, as far as it is known.
    pub connection: String,
    /// Why, where there is a why; never a metadata value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The version, for what is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The e-mail addresses of both accounts, each once. For mail; no consumer is sent them.
    #[serde(default)]
    pub addresses: Vec<String>,
}

impl NoticeKind {
    /// What a stage is news of; most are of none.
    pub fn of(stage: &Stage) -> Option<Self> {
        match stage {
            // A second look that sends a link forward again announces it again: its first announcement may have been taken back.
            Stage::Confirmed(_) => Some(Self::Starting),
            Stage::Done(_) => Some(Self::Linked),
            Stage::RolledBack { .. } => Some(Self::Aborted),
            Stage::Unlinked(_) => Some(Self::Unlinked),
            Stage::Refused(_) => Some(Self::Refused),
            Stage::NeedsAttention { .. } => Some(Self::NeedsAttention),
            _ => None,
        }
    }

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "link.starting",
            Self::Linked => "link.linked",
            Self::Aborted => "link.aborted",
            Self::Unlinked => "link.unlinked",
            Self::Refused => "link.refused",
            Self::NeedsAttention => "link.needs-attention",
            Self::PolicyTakenOut => "policy.taken-out",
        }
    }

    /// Whether the person themselves is told, by mail: their ways to sign in have changed (ASVS 6.3.7).
    pub fn concerns_person(self) -> bool {
        matches!(self, Self::Linked | Self::Unlinked)
    }
}

impl Notice {
    /// What a record's present stage has to tell, when it is new. `before` is the stage that was stored until now.
    pub fn of(record: &Record, before: Option<&Stage>) -> Option<Self> {
        if before.is_some_and(|before| before.name() == record.stage.name()) {
            return None;
        }
        let kind = NoticeKind::of(&record.stage)?;
        let (primary, secondary, connection) = pair(record, before)?;
        Some(Self {
            kind,
            link: record.id.clone(),
            primary,
            secondary,
            connection,
            cause: cause(&record.stage),
            policy: None,
            addresses: addresses(&record.stage),
        })
    }

    /// A version kept failing and was taken out; `instead` decides now, or nothing.
    pub fn policy_taken_out(policy: &str, instead: Option<&str>) -> Self {
        let cause = instead.map_or_else(
            || "it kept failing; nobody is offered anything until another is activated".to_owned(),
            |instead| format!("it kept failing; {instead} decides now"),
        );
        Self {
            kind: NoticeKind::PolicyTakenOut,
            link: LinkId(String::new()),
            primary: String::new(),
            secondary: String::new(),
            connection: String::new(),
            cause: Some(cause),
            policy: Some(policy.to_owned()),
            addresses: Vec::new(),
        }
    }
}

/// The two accounts; of a link that is refused, as the stage before knew them.
fn pair(record: &Record, before: Option<&Stage>) -> Option<(String, String, String)> {
    let named = |stage: &Stage| {
        let (primary, identity) = stage.pair()?;
        Some((primary.to_string(), identity.to_string(), identity.connection))
    };
    let asked = |stage: &Stage| {
        let request = match stage {
            Stage::Requested(request) => request,
            Stage::Proven(proven) => &proven.request,
            _ => return None,
        };
        // Which side would have survived is not decided yet: the account that asked comes first.
        let (initiator, target) = (record.initiator.to_string(), request.target.to_string());
        Some((initiator, target, request.connection.clone()))
    };
    let stages = [Some(&record.stage), before];
    stages
        .into_iter()
        .flatten()
        .find_map(|stage| named(stage).or_else(|| asked(stage)))
}

fn cause(stage: &Stage) -> Option<String> {
    match stage {
        Stage::RolledBack { cause, .. } => Some(cause.to_string()),
        Stage::NeedsAttention { what, .. } => Some(what.clone()),
        Stage::Refused(by) => Some(by.kind().to_owned()),
        _ => None,
    }
}

fn addresses(stage: &Stage) -> Vec<String> {
    let verified = |account: &Snapshot| account.email.clone().filter(|_| account.email_verified);
    let mut addresses: Vec<String> = match stage {
        Stage::Done(work) => [&work.plan.primary, &work.plan.secondary]
            .into_iter()
            .filter_map(verified)
            .collect(),
        Stage::Unlinked(plan) => verified(&plan.primary).into_iter().chain(plan.email.clone()).collect(),
        _ => Vec::new(),
    };
    addresses.sort();
    addresses.dedup();
    addresses
}
