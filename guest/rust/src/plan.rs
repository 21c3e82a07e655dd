//! What `merge` answers. Auth0 drops the secondary's bags at linking, so every first-level key of theirs must be carried,
//! equal already, or named as discarded: these types work that out, and no plan can be built without.

use serde_json::{Map, Value};

use crate::bindings::exports::conjoin::policy::hooks;
use crate::json;
use crate::patch::MOST_OPERATIONS;
use crate::{Document, Failure, Node, Patch, Pointer};

/// How the secondary's metadata goes into the primary's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// For `user_metadata`.
    pub user_metadata: BagPlan,
    /// For `app_metadata`.
    pub app_metadata: BagPlan,
}

/// How one bag of the secondary goes into the primary's: a patch, and the keys that are left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BagPlan {
    patch: String,
    discard: Vec<String>,
}

impl BagPlan {
    /// Makes the primary's bag look like `result`. Keys of the secondary that leave no trace in it are named as discarded.
    ///
    /// # Errors
    /// [`Failure::Broken`] when more than 10,000 first-level keys change: no patch may say so much.
    pub fn to_result(
        primary: &Map<String, Value>,
        secondary: &Map<String, Value>,
        result: &Map<String, Value>,
    ) -> Result<Self, Failure> {
        Self::by_patch(primary, secondary, &Patch::between(primary, result))
    }

    /// Applies the author's own patch. Keys of the secondary at or beneath which it writes nothing, and which the primary
    /// does not hold with the same value, are named as discarded.
    ///
    /// # Errors
    /// [`Failure::Broken`] when the patch has more than 10,000 operations.
    pub fn by_patch(
        primary: &Map<String, Value>,
        secondary: &Map<String, Value>,
        patch: &Patch<'_>,
    ) -> Result<Self, Failure> {
        if patch.operations().len() > MOST_OPERATIONS {
            return Err(Failure::too_many_operations());
        }
        let text = serde_json::to_string(patch).map_err(|_| Failure::broken("the patch cannot be written as JSON"))?;
        Ok(Self {
            patch: text,
            discard: discarded(primary, secondary, patch),
        })
    }

    /// Leaves the primary's bag as it is and names every key of the secondary that differs as discarded.
    #[must_use]
    pub fn keep_primary(primary: &Document<'_>, secondary: &Document<'_>) -> Self {
        let mut ours = primary.root().lookup();
        let mut differs = |key: &str, theirs: Node<'_>| !ours.get(key).is_some_and(|ours| ours.equal(theirs));
        let entries = secondary.root().entries();
        let discard = entries
            .filter(|(key, theirs)| differs(key, *theirs))
            .map(|(key, _)| Pointer::key(&key).into());
        Self::new("[]".to_owned(), discard.collect())
    }

    /// Leaves the primary's bag as it is and names every key of the secondary as discarded, also those that the primary holds
    /// with the same value.
    #[must_use]
    pub fn discard_all(secondary: &Document<'_>) -> Self {
        let entries = secondary.root().entries();
        let discard = entries.map(|(key, _)| Pointer::key(&key).into());
        Self::new("[]".to_owned(), discard.collect())
    }

    pub(crate) fn new(patch: String, discard: Vec<String>) -> Self {
        Self { patch, discard }
    }

    /// The RFC 6902 patch, as JSON text.
    #[must_use]
    pub fn patch(&self) -> &str {
        &self.patch
    }

    /// RFC 6901 pointers to the secondary's first-level keys that are left behind.
    #[must_use]
    pub fn discard(&self) -> &[String] {
        &self.discard
    }
}

impl From<Plan> for hooks::Plan {
    fn from(plan: Plan) -> Self {
        Self {
            user_metadata: plan.user_metadata.patch,
            app_metadata: plan.app_metadata.patch,
            discard_user_metadata: plan.user_metadata.discard,
            discard_app_metadata: plan.app_metadata.discard,
        }
    }
}

fn discarded(primary: &Map<String, Value>, secondary: &Map<String, Value>, patch: &Patch<'_>) -> Vec<String> {
    let (written, removed) = patch.written_and_removed();
    let mut discarded = Vec::new();
    for (key, value) in secondary {
        let pointer = Pointer::key(key);
        let segment = pointer.first();
        let carried = written.contains(segment)
            || !removed.contains(segment) && primary.get(key).is_some_and(|primary| json::equal(primary, value));
        if !carried {
            discarded.push(pointer.into());
        }
    }
    discarded
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Operation;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn every_key_is_carried_equal_or_discarded() {
        let primary = object(json!({"same": 1, "conflict": "p", "part": {"a": 1}, "gone": 1}));
        let secondary = object(json!({"same": 1.0, "conflict": "s", "part": {"b": 2}, "new/~": 1, "gone": 1}));
        let result = object(json!({"same": 1, "conflict": "p", "part": {"a": 1, "b": 2}, "new/~": 1}));
        let plan = BagPlan::to_result(&primary, &secondary, &result).unwrap();
        assert_eq!(plan.discard(), ["/conflict", "/gone"]);
    }

    #[test]
    fn a_test_operation_carries_nothing() {
        let (primary, secondary) = (object(json!({"a": 1})), object(json!({"a": 2})));
        let mut patch = Patch::default();
        patch.push(Operation::Test {
            path: Pointer::key("a"),
            value: std::borrow::Cow::Owned(json!(1)),
        });
        assert_eq!(
            BagPlan::by_patch(&primary, &secondary, &patch).unwrap().discard(),
            ["/a"]
        );
    }

    #[test]
    fn the_empty_key_is_a_key() {
        let plan = BagPlan::keep_primary(&Document::read("{}").unwrap(), &Document::read(r#"{"": 1}"#).unwrap());
        assert_eq!((plan.patch(), plan.discard()), ("[]", &["/".to_owned()][..]));
    }

    #[test]
    fn more_changes_than_a_patch_may_hold_are_an_error() {
        let secondary: Map<String, Value> = (0..=MOST_OPERATIONS).map(|n| (n.to_string(), json!(n))).collect();
        assert!(matches!(
            BagPlan::to_result(&Map::new(), &secondary, &secondary),
            Err(Failure::Broken(_))
        ));
    }
}
