//! RFC 6902 JSON Patch, as far as the contract allows it: add, remove, replace, test, never the root.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::json;

/// At most so many operations may a patch have; the host refuses more.
pub const MOST_OPERATIONS: usize = 10_000;

/// Beyond so many changes below one first-level key, the key is replaced whole: the host writes first-level keys whole
/// in any case, and one value is shorter than many operations with their paths.
pub(crate) const MOST_OPERATIONS_PER_KEY: usize = 16;

/// An RFC 6901 JSON Pointer of at least one segment: the root, which no patch may touch, cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Pointer(String);

/// One step of a patch.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Operation<'a> {
    /// Sets a key, or inserts an item into an array (`-` as the last segment appends).
    Add {
        /// Where.
        path: Pointer,
        /// What.
        value: Cow<'a, Value>,
    },
    /// Removes what is there.
    Remove {
        /// Where.
        path: Pointer,
    },
    /// Sets what must already be there.
    Replace {
        /// Where.
        path: Pointer,
        /// What.
        value: Cow<'a, Value>,
    },
    /// Ends the patch unless the value there is this one.
    Test {
        /// Where.
        path: Pointer,
        /// What.
        value: Cow<'a, Value>,
    },
}

/// Operations against one metadata bag of the primary, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Patch<'a>(Vec<Operation<'a>>);

impl Pointer {
    /// Of a first-level key.
    #[must_use]
    pub fn key(key: &str) -> Self {
        Self(String::new()).child(key)
    }

    /// Of a key or an array index beneath this.
    #[must_use]
    pub fn child(&self, segment: &str) -> Self {
        Self(format!("{}/{}", self.0, Self::segment(segment)))
    }

    /// A key or an array index as it stands in a pointer.
    pub(crate) fn segment(key: &str) -> Cow<'_, str> {
        if key.contains(['~', '/']) {
            Cow::Owned(key.replace('~', "~0").replace('/', "~1"))
        } else {
            Cow::Borrowed(key)
        }
    }

    /// As RFC 6901 writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first segment, escaped.
    pub(crate) fn first(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> Self {
        pointer.0
    }
}

impl<'a> Patch<'a> {
    /// What turns `before` into `after`.
    ///
    /// Objects are compared key by key, everything else whole; values equal as JSON are left alone.
    #[must_use]
    pub fn between(before: &Map<String, Value>, after: &'a Map<String, Value>) -> Self {
        let patch = Self::between_within(before, after, MOST_OPERATIONS_PER_KEY);
        if patch.0.len() <= MOST_OPERATIONS {
            patch
        } else {
            Self::between_within(before, after, 1)
        }
    }

    /// Appends an operation.
    pub fn push(&mut self, operation: Operation<'a>) {
        self.0.push(operation);
    }

    /// The operations, in order.
    #[must_use]
    pub fn operations(&self) -> &[Operation<'a>] {
        &self.0
    }

    /// First segments, escaped, of the paths at or beneath which a value is written, and of those where one is only removed.
    pub(crate) fn written_and_removed(&self) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let mut written = BTreeSet::new();
        let mut removed = BTreeSet::new();
        for operation in &self.0 {
            match operation {
                Operation::Add { path, .. } | Operation::Replace { path, .. } => written.insert(path.first()),
                Operation::Remove { path } => removed.insert(path.first()),
                Operation::Test { .. } => false,
            };
        }
        (written, removed)
    }

    fn between_within(before: &Map<String, Value>, after: &'a Map<String, Value>, most_per_key: usize) -> Self {
        let mut patch = Self::default();
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            patch.push(Operation::Remove {
                path: Pointer::key(key),
            });
        }
        for (key, value) in after {
            patch.change_key(Pointer::key(key), before.get(key), value, most_per_key);
        }
        patch
    }

    fn change_key(&mut self, path: Pointer, before: Option<&Value>, after: &'a Value, most: usize) {
        let start = self.0.len();
        self.change(path.clone(), before, after);
        if self.0.len() - start > most {
            self.0.truncate(start);
            self.push(Operation::Replace {
                path,
                value: Cow::Borrowed(after),
            });
        }
    }

    fn change(&mut self, path: Pointer, before: Option<&Value>, after: &'a Value) {
        match (before, after) {
            (None, _) => self.push(Operation::Add {
                path,
                value: Cow::Borrowed(after),
            }),
            (Some(Value::Object(before)), Value::Object(after)) => self.change_object(&path, before, after),
            (Some(before), _) if json::equal(before, after) => {}
            (Some(_), _) => self.push(Operation::Replace {
                path,
                value: Cow::Borrowed(after),
            }),
        }
    }

    fn change_object(&mut self, path: &Pointer, before: &Map<String, Value>, after: &'a Map<String, Value>) {
        for key in before.keys().filter(|key| !after.contains_key(*key)) {
            self.push(Operation::Remove { path: path.child(key) });
        }
        for (key, value) in after {
            self.change(path.child(key), before.get(key), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn between(before: Value, after: Value) -> Value {
        let (before, after) = (object(before), object(after));
        serde_json::to_value(Patch::between(&before, &after)).unwrap()
    }

    #[test]
    fn only_what_changed_is_written_at_its_own_place() {
        assert_eq!(
            between(
                json!({"a": 1, "b": {"c": 1, "d": [1]}, "x": 0}),
                json!({"a": 1.0, "b": {"c": 1, "d": [1, 2], "e~/": null}})
            ),
            json!([
                {"op": "remove", "path": "/x"},
                {"op": "replace", "path": "/b/d", "value": [1, 2]},
                {"op": "add", "path": "/b/e~0~1", "value": null},
            ])
        );
    }

    #[test]
    fn a_key_with_many_changes_is_replaced_whole() {
        let after: Map<String, Value> = (0..=MOST_OPERATIONS_PER_KEY)
            .map(|n| (n.to_string(), json!(n)))
            .collect();
        assert_eq!(
            between(json!({"a": {}}), json!({"a": after})),
            json!([{"op": "replace", "path": "/a", "value": after}])
        );
    }

    #[test]
    fn many_keys_with_a_few_changes_each_stay_within_the_limit() {
        let bag = |value: Value| {
            (0..MOST_OPERATIONS)
                .map(|n| (n.to_string(), value.clone()))
                .collect::<Map<_, _>>()
        };
        let (before, after) = (bag(json!({})), bag(json!({"a": 1, "b": 2})));
        assert_eq!(Patch::between(&before, &after).operations().len(), MOST_OPERATIONS);
    }
}
