//! A plan as a person reads it: key by key, both values and the result.

use serde_json::Value;

use super::{Guarded, LinkPlan};
use crate::bag::{AUTH0_PROFILE_LIMIT, Bag, byte_size, same};

/// What becomes of one first-level key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The primary's value stays; the other account has none, or the same.
    Kept,
    /// Only the other account has it; it is added.
    Added,
    /// Both have it; the result holds something of both, or the other's.
    Merged,
    /// Both have it; the primary's value stays and the other's is dropped.
    PrimaryWins,
    /// Only the other account has it, and the policy drops it.
    Dropped,
    /// The tenant locks it.
    KeptOut,
    /// Auth0 cannot store it.
    Unstorable,
    /// The primary has it and the result does not.
    Removed,
}

/// One key of one bag.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// First-level key.
    pub key: &'a str,
    /// The surviving account's value.
    pub primary: Option<&'a Value>,
    /// The other account's value.
    pub secondary: Option<&'a Value>,
    /// What the joined account will hold.
    pub result: Option<&'a Value>,
    /// In a word.
    pub fate: Fate,
    /// Whether this gives the joined account something in `app_metadata` that it did not have: applications may read permissions there.
    pub grants: bool,
}

impl LinkPlan {
    /// Every first-level key of either account, sorted.
    pub fn rows(&self, bag: Bag) -> Vec<Row<'_>> {
        let (primary, secondary) = (self.primary.bags.get(bag), self.secondary.bags.get(bag));
        let guarded = self.bag(bag);
        let mut keys: Vec<&String> = primary
            .keys()
            .chain(secondary.keys())
            .chain(guarded.result.keys())
            .collect();
        keys.sort();
        keys.dedup();
        let row = |key: &'_ String| {
            let (primary, secondary, result) = (primary.get(key), secondary.get(key), guarded.result.get(key));
            let fate = fate(guarded, key, primary, secondary, result);
            (primary, secondary, result, fate)
        };
        keys.into_iter()
            .map(|key| {
                let (primary, secondary, result, fate) = row(key);
                let grants = bag == Bag::App && matches!(fate, Fate::Added | Fate::Merged);
                Row {
                    key,
                    primary,
                    secondary,
                    result,
                    fate,
                    grants,
                }
            })
            .collect()
    }

    /// Whether the joined profile exceeds what Auth0 documents, so that the person is told before anything is written (bytes of both bags).
    pub fn exceeds_auth0_limit(&self) -> Option<usize> {
        let bytes = byte_size(&self.user_metadata.result) + byte_size(&self.app_metadata.result);
        (bytes > AUTH0_PROFILE_LIMIT).then_some(bytes)
    }
}

fn fate(
    guarded: &Guarded,
    key: &str,
    primary: Option<&Value>,
    secondary: Option<&Value>,
    result: Option<&Value>,
) -> Fate {
    let listed = |paths: &std::collections::BTreeSet<String>| paths.contains(key);
    let equal = |left: Option<&Value>, right: Option<&Value>| match (left, right) {
        (Some(left), Some(right)) => same(left, right),
        (left, right) => left.is_none() && right.is_none(),
    };
    match (primary, secondary, result) {
        _ if listed(&guarded.kept_out) => Fate::KeptOut,
        (None, _, None) if listed(&guarded.unstorable) => Fate::Unstorable,
        (Some(_), _, None) => Fate::Removed,
        (None, _, None) => Fate::Dropped,
        (None, ..) => Fate::Added,
        (Some(_), None, _) if equal(primary, result) => Fate::Kept,
        (Some(_), Some(_), _) if equal(primary, result) && equal(primary, secondary) => Fate::Kept,
        (Some(_), Some(_), _) if equal(primary, result) => Fate::PrimaryWins,
        (Some(_), ..) => Fate::Merged,
    }
}
