//! The host's check of a policy's answer: the only way from a [`Plan`](conjoin_engine::Plan) to something that can be executed.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::patch::{self, PatchError, Patched};
use super::{provenance, storable};
use crate::bag::{Bag, Changes, Metadata, changes, same};
use crate::tenant::{GuardPath, Guards};

/// What a policy's answer comes to, for one bag, once the host has taken out what it does not allow.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Guarded {
    /// The primary's bag after the link.
    pub result: Metadata,
    /// What has to be sent for it.
    pub changes: Changes,
    /// First-level keys of the secondary that the policy discards.
    pub discarded: BTreeSet<String>,
    /// Paths that the tenant locks and the policy tried to change.
    pub kept_out: BTreeSet<String>,
    /// Paths of the secondary's keys that Auth0 cannot store.
    pub unstorable: BTreeSet<String>,
}

/// Why a policy's answer is not accepted. Names paths, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// The patch itself.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// A discard list names something that is not a first-level pointer.
    #[error("`{pointer}` in the {field} discard list is not the RFC 6901 pointer of a first-level key", field = .bag.field())]
    DiscardPointer {
        /// Which bag.
        bag: Bag,
        /// The text as the policy gave it, cut.
        pointer: String,
    },
    /// Keys of the secondary that the answer says nothing of. Auth0 drops them at linking, so they would be lost unseen.
    #[error("the plan neither carries nor discards these {field} keys of the secondary: {keys}", field = .bag.field(), keys = .keys.join(", "))]
    Incomplete {
        /// Which bag.
        bag: Bag,
        /// First-level keys.
        keys: Vec<String>,
    },
    /// Values that neither account holds at that place, or more often than both together.
    #[error("the plan writes {field} values that neither account holds there, at: {places}", field = .bag.field(), places = .places.join(", "))]
    Invented {
        /// Which bag.
        bag: Bag,
        /// Paths, array indexes as `*`.
        places: Vec<String>,
    },
    /// Keys of the primary that would be gone.
    #[error("the plan removes these {field} keys of the primary: {keys}", field = .bag.field(), keys = .keys.join(", "))]
    Removes {
        /// Which bag.
        bag: Bag,
        /// Paths.
        keys: Vec<String>,
    },
}

impl Violation {
    /// Names the rule that was broken, for records and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Patch(_) => "patch",
            Self::DiscardPointer { .. } => "discard-pointer",
            Self::Incomplete { .. } => "incomplete",
            Self::Invented { .. } => "invented",
            Self::Removes { .. } => "removes",
        }
    }
}

/// Checks one bag's part of a policy's answer and takes out what the tenant locks and Auth0 cannot store.
///
/// # Errors
/// [`Violation`] when the answer goes beyond what any policy may do: then nothing is linked.
pub fn check(
    bag: Bag,
    primary: &Metadata,
    secondary: &Metadata,
    patch: &str,
    discards: &[String],
    guards: &Guards,
) -> Result<Guarded, Violation> {
    let Patched { mut result, touched } = patch::apply(bag, primary, patch)?;
    let mut discarded = discarded_keys(bag, discards)?;
    discarded.retain(|key| secondary.contains_key(key));
    drop_absent_nulls(primary, &mut result);
    let kept_out = keep_out(bag, primary, &mut result, &guards.locked);
    // Before the host itself takes anything out.
    refuse_removals(bag, primary, secondary, &result, guards)?;
    let unstorable: BTreeSet<String> = storable::strip(bag, primary, &mut result).into_iter().collect();
    refuse_inventions(bag, primary, secondary, &result, guards)?;
    refuse_incomplete(bag, secondary, &result, |key| {
        touched.contains(key) || discarded.contains(key) || names(&kept_out, key) || names(&unstorable, key)
    })?;
    let changes = changes(primary, &result);
    Ok(Guarded {
        result,
        changes,
        discarded,
        kept_out,
        unstorable,
    })
}

/// Whether one of these paths is the key or lies beneath it.
fn names(paths: &BTreeSet<String>, key: &str) -> bool {
    paths
        .iter()
        .any(|path| path == key || path.strip_prefix(key).is_some_and(|rest| rest.starts_with('/')))
}

fn discarded_keys(bag: Bag, pointers: &[String]) -> Result<BTreeSet<String>, Violation> {
    let key = |pointer: &String| {
        let key = pointer.strip_prefix('/').filter(|key| !key.contains('/'));
        key.map(|key| key.replace("~1", "/").replace("~0", "~"))
            .ok_or_else(|| Violation::DiscardPointer {
                bag,
                pointer: pointer.chars().take(64).collect(),
            })
    };
    pointers.iter().map(key).collect()
}

/// Auth0 stores no first-level `null`: for an absent key it stays absent. Over a present one it is a removal, and is judged as one.
fn drop_absent_nulls(primary: &Metadata, result: &mut Metadata) {
    result.retain(|key, value| !value.is_null() || primary.get(key).is_some_and(Value::is_null));
}

/// Puts every locked path back to what the primary has there.
fn keep_out(bag: Bag, primary: &Metadata, result: &mut Metadata, locked: &[GuardPath]) -> BTreeSet<String> {
    let mut kept_out = BTreeSet::new();
    for path in locked.iter().filter(|path| path.bag == bag) {
        if restore(&path.keys, primary, result) {
            kept_out.insert(path.keys.join("/"));
        }
    }
    kept_out
}

/// Gives `result` the value that `primary` has at `keys`. True when that changed anything.
fn restore(keys: &[String], primary: &Metadata, result: &mut Metadata) -> bool {
    let Some((key, rest)) = keys.split_first() else {
        return false;
    };
    let original = primary.get(key);
    if !rest.is_empty() {
        if let (Some(Value::Object(inner)), Some(Value::Object(original))) = (result.get_mut(key), original) {
            return restore(rest, original, inner);
        }
        if original.is_none() {
            return remove_path(key, rest, result);
        }
    }
    match (original, result.get(key)) {
        (Some(before), Some(after)) if same(before, after) => false,
        (None, None) => false,
        (Some(before), _) => {
            result.insert(key.clone(), before.clone());
            true
        }
        (None, Some(_)) => result.remove(key).is_some(),
    }
}

/// Removes a locked path that the primary does not have at all.
fn remove_path(key: &str, rest: &[String], result: &mut Metadata) -> bool {
    match (result.get_mut(key), rest.split_first()) {
        (Some(Value::Object(inner)), Some((last, []))) => inner.remove(last).is_some(),
        (Some(Value::Object(inner)), Some((next, rest))) => remove_path(next, rest, inner),
        _ => false,
    }
}

fn refuse_removals(
    bag: Bag,
    primary: &Metadata,
    secondary: &Metadata,
    result: &Metadata,
    guards: &Guards,
) -> Result<(), Violation> {
    if guards.allow_removals {
        return Ok(());
    }
    let keys = provenance::removed(primary, secondary, result);
    if keys.is_empty() {
        Ok(())
    } else {
        Err(Violation::Removes { bag, keys })
    }
}

fn refuse_inventions(
    bag: Bag,
    primary: &Metadata,
    secondary: &Metadata,
    result: &Metadata,
    guards: &Guards,
) -> Result<(), Violation> {
    let computed = |path: &[String]| {
        guards
            .computed
            .iter()
            .any(|allowed| allowed.bag == bag && path.starts_with(&allowed.keys))
    };
    let changed = result
        .iter()
        .filter(|(key, value)| !primary.get(*key).is_some_and(|old| same(old, value)));
    let places: Vec<String> = changed
        .flat_map(|(key, value)| provenance::invented(key, value, [primary.get(key), secondary.get(key)], &computed))
        .collect();
    if places.is_empty() {
        Ok(())
    } else {
        Err(Violation::Invented { bag, places })
    }
}

fn refuse_incomplete(
    bag: Bag,
    secondary: &Metadata,
    result: &Metadata,
    accounted: impl Fn(&str) -> bool,
) -> Result<(), Violation> {
    let missing = secondary.iter().filter(|(key, value)| {
        // A `null` cannot be stored at the first level, so it is carried by its absence.
        let equal = result.get(*key).map_or(value.is_null(), |kept| same(kept, value));
        !equal && !accounted(key)
    });
    let keys: Vec<String> = missing.map(|(key, _)| key.clone()).collect();
    if keys.is_empty() {
        Ok(())
    } else {
        Err(Violation::Incomplete { bag, keys })
    }
}
