//! What became of an account, by the journal.

use std::collections::BTreeSet;

use conjoin_auth0::UserId;
use conjoin_linking::contract::rfc3339;
use conjoin_linking::record::{Record, Stage};
use serde::Serialize;

/// The whole answer.
#[derive(Debug, Serialize)]
pub(super) struct Answer<'a> {
    user_id: &'a UserId,
    state: State,
    /// The account that it is part of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    into: Option<String>,
    /// Whether none of its links is under way. While one is, the tenant may be ahead of us: ask again.
    settled: bool,
    links: Vec<Link<'a>>,
}

/// What the account is, by the newest link that came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Part of another one; Auth0 reports it as deleted.
    Linked,
    /// Others are part of it.
    Primary,
    /// An account of its own, as far as this host has to do with it.
    Separate,
    /// This host never had to do with it: if it is gone, it was deleted.
    Unknown,
}

#[derive(Debug, Serialize)]
struct Link<'a> {
    link: &'a str,
    stage: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secondary: Option<String>,
    changed_at: String,
}

/// Of its links, the newest first, each with when it changed.
pub(super) fn of<'a>(user_id: &'a UserId, links: &'a [(Record, i64)]) -> Answer<'a> {
    let mut standing = Standing::default();
    // By when each changed; of the same second, as they were begun.
    let mut in_order: Vec<&(Record, i64)> = links.iter().rev().collect();
    in_order.sort_by_key(|(_, changed_at)| *changed_at);
    for (record, _) in in_order {
        standing.follow(user_id.as_str(), &record.stage);
    }
    let state = match &standing {
        Standing { into: Some(_), .. } => State::Linked,
        Standing { holds, .. } if !holds.is_empty() => State::Primary,
        _ if links.is_empty() => State::Unknown,
        _ => State::Separate,
    };
    Answer {
        user_id,
        state,
        into: standing.into,
        settled: !links.iter().any(|(record, _)| record.stage.is_unsettled()),
        links: links.iter().map(link).collect(),
    }
}

/// What the links say of an account, one after the other.
#[derive(Default)]
struct Standing {
    into: Option<String>,
    holds: BTreeSet<String>,
}

impl Standing {
    /// Only by what is known to have happened at the tenant.
    fn follow(&mut self, user_id: &str, stage: &Stage) {
        let joined = match stage {
            Stage::Linked(_) | Stage::Done(_) => true,
            Stage::Separated(_) | Stage::Restored(_) | Stage::Unlinked(_) => false,
            Stage::Forgotten { was, .. } if was == "done" => true,
            Stage::Forgotten { was, .. } if was == "unlinked" => false,
            Stage::NeedsAttention { stuck, .. } | Stage::Closed { stuck, .. } => return self.follow(user_id, stuck),
            _ => return,
        };
        let Some((primary, identity)) = stage.pair() else {
            return;
        };
        let secondary = identity.to_string();
        if secondary == user_id {
            self.into = joined.then(|| primary.to_string());
        } else if joined {
            // Whatever it was part of before, it was an account of its own then.
            self.into = None;
            self.holds.insert(secondary);
        } else {
            self.holds.remove(&secondary);
        }
    }
}

fn link((record, changed_at): &(Record, i64)) -> Link<'_> {
    let pair = record.stage.pair();
    Link {
        link: &record.id.0,
        stage: record.stage.name(),
        primary: pair.as_ref().map(|(primary, _)| primary.to_string()),
        secondary: pair.as_ref().map(|(_, identity)| identity.to_string()),
        changed_at: rfc3339(*changed_at),
    }
}
