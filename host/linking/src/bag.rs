//! Metadata bags as JSON values: equality, depth, and the one PATCH body that turns one bag into another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The deepest nesting of a bag that a policy is given (the contract's `json`).
pub const MAX_DEPTH: usize = 100;

/// What Auth0 documents as a profile's limit, in bytes. Over it a write still succeeds "for now"; the person is told.
/// Source: "Metadata field names and data types", auth0.com/docs.
pub const AUTH0_PROFILE_LIMIT: usize = 10 * 1024;

/// The most that a merged bag may hold, in bytes of JSON. Auth0 indexes at most 1 MB a user.
pub const MAX_BYTES: usize = 1024 * 1024;

/// An account's metadata of one kind, an object.
pub type Metadata = Map<String, Value>;

/// First-level keys and the values to give them; `null` removes. What Auth0's `PATCH /users/{id}` merges at the first level.
pub type Changes = BTreeMap<String, Value>;

/// Which of an account's two bags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bag {
    /// `user_metadata`: preferences; the person can often edit it.
    #[serde(rename = "user_metadata")]
    User,
    /// `app_metadata`: what applications decide by.
    #[serde(rename = "app_metadata")]
    App,
}

/// Both bags of an account.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bags {
    /// `user_metadata`; empty where the tenant has none.
    pub user_metadata: Metadata,
    /// `app_metadata`; empty where the tenant has none.
    pub app_metadata: Metadata,
}

impl Bag {
    /// Both, in the order in which they are shown.
    pub const ALL: [Bag; 2] = [Bag::User, Bag::App];

    /// The field's name in Auth0's user.
    pub fn field(self) -> &'static str {
        match self {
            Self::User => "user_metadata",
            Self::App => "app_metadata",
        }
    }
}

impl Bags {
    /// One of the two.
    pub fn get(&self, bag: Bag) -> &Metadata {
        match bag {
            Bag::User => &self.user_metadata,
            Bag::App => &self.app_metadata,
        }
    }

    /// One of the two, to change.
    pub fn get_mut(&mut self, bag: Bag) -> &mut Metadata {
        match bag {
            Bag::User => &mut self.user_metadata,
            Bag::App => &mut self.app_metadata,
        }
    }
}

impl std::fmt::Debug for Bags {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Bags([redacted])")
    }
}

/// Equality of JSON values, with numbers compared as numbers: `1` is `1.0`. Tenants and guests in other languages do not keep the difference.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => same_bag(left, right),
        _ => left == right,
    }
}

/// [`same`], for whole bags.
pub fn same_bag(left: &Metadata, right: &Metadata) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
}

/// SHA-256 of a value in hexadecimal. The order of keys does not count: tenants give them in any, and whether it survives parsing depends on how
/// `serde_json` was built.
pub fn digest(mut value: Value) -> String {
    value.sort_all_objects();
    hex::encode(Sha256::digest(value.to_string()))
}

/// How deep a bag is nested: `{}` is 1, `{"a": []}` is 2. Never recurses deeper than `serde_json` parses (127).
pub fn depth(bag: &Metadata) -> usize {
    1 + bag.values().map(value_depth).max().unwrap_or(0)
}

fn value_depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(value_depth).max().unwrap_or(0),
        Value::Object(map) => depth(map),
        _ => 0,
    }
}

/// A bag's size as Auth0 would count it: bytes of compact JSON.
pub fn byte_size(bag: &Metadata) -> usize {
    serde_json::to_string(bag).map_or(usize::MAX, |text| text.len())
}

/// The first-level keys that differ, whole, `null` for one that is gone. Empty when nothing changed, and then the field must be left out of the
/// PATCH: Auth0 empties a bag that is sent as `{}`.
pub fn changes(before: &Metadata, after: &Metadata) -> Changes {
    let written = after
        .iter()
        .filter(|(key, value)| !before.get(*key).is_some_and(|old| same(old, value)))
        .map(|(key, value)| (key.clone(), value.clone()));
    let removed = before
        .keys()
        .filter(|key| !after.contains_key(*key))
        .map(|key| (key.clone(), Value::Null));
    written.chain(removed).collect()
}

/// What Auth0 makes of a bag and a PATCH: merged at the first level, `null` removes.
pub fn apply_changes(bag: &Metadata, changes: &Changes) -> Metadata {
    let mut result = bag.clone();
    for (key, value) in changes {
        if value.is_null() {
            result.remove(key);
        } else {
            result.insert(key.clone(), value.clone());
        }
    }
    result
}

/// The PATCH that takes `written` back: each value that still stands exactly as it was written gets its original, or goes. What someone else changed
/// since is left alone; its paths are returned second. Looks into objects, so that an edit of one setting does not keep its neighbours.
pub fn undo(original: &Metadata, written: &Changes, now: &Metadata) -> (Changes, Vec<String>) {
    let (mut undo, mut edited) = (Changes::new(), Vec::new());
    for (key, value) in written {
        let (before, current) = (original.get(key), now.get(key));
        let written = Some(value).filter(|value| !value.is_null());
        let restored = take_back(&mut vec![key.clone()], before, written, current, &mut edited);
        if !same_place(restored.as_ref(), current) {
            undo.insert(key.clone(), restored.unwrap_or(Value::Null));
        }
    }
    (undo, edited)
}

/// What stands at one place once the write is taken back: three-way, like a reverted commit.
fn take_back(
    path: &mut Vec<String>,
    before: Option<&Value>,
    written: Option<&Value>,
    now: Option<&Value>,
    edited: &mut Vec<String>,
) -> Option<Value> {
    if same_place(now, written) {
        return before.cloned();
    }
    // Back already, or never the link's.
    if same_place(now, before) || same_place(before, written) {
        return now.cloned();
    }
    let empty = Metadata::new();
    let old = before.map_or(Some(&empty), Value::as_object);
    let (Some(old), Some(Value::Object(wrote)), Some(Value::Object(current))) = (old, written, now) else {
        edited.push(path.join("/"));
        return now.cloned();
    };
    let mut keys: Vec<&String> = current.keys().chain(wrote.keys()).chain(old.keys()).collect();
    keys.sort();
    keys.dedup();
    let mut result = Metadata::new();
    for key in keys {
        path.push(key.clone());
        if let Some(value) = take_back(path, old.get(key), wrote.get(key), current.get(key), edited) {
            result.insert(key.clone(), value);
        }
        path.pop();
    }
    (before.is_some() || !result.is_empty()).then_some(Value::Object(result))
}

/// [`same`], for places where nothing may stand.
pub(crate) fn same_place(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => same(left, right),
        (left, right) => left.is_none() && right.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bag(value: Value) -> Metadata {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn s18_nothing_changed_means_nothing_to_send() {
        assert!(changes(&bag(json!({"a": {"n": 1}})), &bag(json!({"a": {"n": 1.0}}))).is_empty());
    }

    #[test]
    fn s20_a_nested_change_sends_the_whole_first_level_value() {
        let sent = changes(
            &bag(json!({"a": {"x": 1, "y": 2}, "b": 1})),
            &bag(json!({"a": {"x": 1, "y": 3}, "b": 1})),
        );
        assert_eq!(sent, Changes::from([("a".to_owned(), json!({"x": 1, "y": 3}))]));
    }

    #[test]
    fn undo_restores_what_stands_and_reports_what_was_edited() {
        let original = bag(json!({"a": 1, "c": 3}));
        let written = Changes::from([("a".into(), json!(2)), ("b".into(), json!(2)), ("c".into(), json!(4))]);
        let (undo, edited) = undo(&original, &written, &bag(json!({"a": 2, "b": 2, "c": 9})));
        assert_eq!(undo, Changes::from([("a".into(), json!(1)), ("b".into(), Value::Null)]));
        assert_eq!(edited, ["c"]);
    }

    #[test]
    fn s31_undo_looks_into_objects() {
        let original = bag(json!({"settings": {"theme": "dark"}}));
        let written = Changes::from([("settings".into(), json!({"theme": "dark", "font": 12}))]);
        let (taken_back, edited) = undo(
            &original,
            &written,
            &bag(json!({"settings": {"theme": "light", "font": 12}})),
        );
        assert_eq!(
            taken_back,
            Changes::from([("settings".into(), json!({"theme": "light"}))])
        );
        assert!(edited.is_empty(), "the theme was never the link's");
    }

    #[test]
    fn a_digest_does_not_depend_on_the_order_of_keys() {
        let digest_of = |text: &str| digest(serde_json::from_str(text).unwrap());
        assert_eq!(
            digest_of(r#"{"a":1,"b":[{"c":2,"d":3}]}"#),
            digest_of(r#"{"b":[{"d":3,"c":2}],"a":1}"#)
        );
        assert_ne!(digest_of(r#"{"a":[1,2]}"#), digest_of(r#"{"a":[2,1]}"#));
    }

    #[test]
    fn depth_counts_levels() {
        assert_eq!(depth(&bag(json!({}))), 1);
        assert_eq!(depth(&bag(json!({"a": [[1]]}))), 3);
    }
}
