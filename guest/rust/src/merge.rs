//! Merge strategies: what a bag becomes. [`crate::BagPlan::to_result`] turns the answer into a plan.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::json;

/// What two arrays at the same place become. Their items are never looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrays {
    /// The primary's items, then the secondary's. Duplicates stay.
    #[default]
    Concat,
    /// The primary's items, then the secondary's, each value where it occurs first and nowhere else.
    Union,
    /// The primary's array, as it is.
    Primary,
}

/// Both bags in one: keys that only one side has are kept, objects on both sides are merged key by key, arrays on both
/// sides become what `arrays` says, and in every other conflict the primary's value stands, `null` included.
#[must_use]
pub fn recursive(primary: &Map<String, Value>, secondary: &Map<String, Value>, arrays: Arrays) -> Map<String, Value> {
    let mut merged = primary.clone();
    merge_into(&mut merged, secondary, arrays);
    merged
}

fn merge_into(target: &mut Map<String, Value>, secondary: &Map<String, Value>, arrays: Arrays) {
    for (key, value) in secondary {
        match (target.get_mut(key), value) {
            (None, _) => {
                target.insert(key.clone(), value.clone());
            }
            (Some(Value::Object(target)), Value::Object(secondary)) => merge_into(target, secondary, arrays),
            (Some(Value::Array(target)), Value::Array(secondary)) => join(target, secondary, arrays),
            (Some(_), _) => {}
        }
    }
}

fn join(target: &mut Vec<Value>, secondary: &[Value], arrays: Arrays) {
    match arrays {
        Arrays::Concat => target.extend_from_slice(secondary),
        Arrays::Union => *target = union(target, secondary),
        Arrays::Primary => {}
    }
}

fn union(primary: &[Value], secondary: &[Value]) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    primary
        .iter()
        .chain(secondary)
        .filter(|item| seen.insert(Ordered(item)))
        .cloned()
        .collect()
}

/// A value in a set: a search per item instead of a comparison with every other keeps long arrays within the budget.
struct Ordered<'a>(&'a Value);

impl Ord for Ordered<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        json::compare(self.0, other.0)
    }
}

impl PartialOrd for Ordered<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered<'_> {}
