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

/// Which of two different scalars at the same place stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scalars {
    /// The primary's.
    #[default]
    Primary,
    /// The secondary's, unless it is `null`: that would remove what the primary has, and no plan may.
    Secondary,
}

/// Both bags in one: keys that only one side has are kept, objects on both sides are merged key by key, arrays on both
/// sides become what `arrays` says, and in every other conflict the primary's value stands, `null` included.
#[must_use]
pub fn recursive(primary: &Map<String, Value>, secondary: &Map<String, Value>, arrays: Arrays) -> Map<String, Value> {
    recursive_with(primary, secondary, arrays, Scalars::Primary)
}

/// [`recursive`], with a say in conflicts between two scalars. Where one side is an object or an array and the other is not, the
/// primary's value stands all the same.
#[must_use]
pub fn recursive_with(
    primary: &Map<String, Value>,
    secondary: &Map<String, Value>,
    arrays: Arrays,
    scalars: Scalars,
) -> Map<String, Value> {
    let mut merged = primary.clone();
    merge_into(&mut merged, secondary, arrays, scalars);
    merged
}

fn merge_into(target: &mut Map<String, Value>, secondary: &Map<String, Value>, arrays: Arrays, scalars: Scalars) {
    for (key, value) in secondary {
        match (target.get_mut(key), value) {
            (None, _) => {
                target.insert(key.clone(), value.clone());
            }
            (Some(Value::Object(target)), Value::Object(secondary)) => {
                merge_into(target, secondary, arrays, scalars);
            }
            (Some(Value::Array(target)), Value::Array(secondary)) => join(target, secondary, arrays),
            (Some(target), value) if scalars == Scalars::Secondary && yields(target, value) => *target = value.clone(),
            (Some(_), _) => {}
        }
    }
}

/// Whether a scalar of the secondary may stand in the place of the primary's value.
fn yields(primary: &Value, secondary: &Value) -> bool {
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    scalar(primary) && scalar(secondary) && !secondary.is_null() && !json::equal(primary, secondary)
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
