//! What may be written to an account's metadata.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The metadata of one `PATCH /api/v2/users/{id}`: first-level keys with their whole new values, `null` to remove one.
///
/// Auth0 merges at the first level only, and an empty object *wipes* the bag. So a bag that is not changed is left out,
/// and neither an empty bag nor an empty patch can be built. Source: Auth0, "Update user metadata"; auth0/rules#206.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Bags")]
pub struct MetadataPatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_metadata: Option<NonEmptyBag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_metadata: Option<NonEmptyBag>,
}

/// First-level keys of one bag, at least one. `Debug` prints the keys, not the values.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct NonEmptyBag(Map<String, Value>);

/// A patch that would change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a metadata patch names at least one key")]
pub struct EmptyPatch;

/// A patch in JSON before it is known to hold anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bags {
    #[serde(default)]
    user_metadata: Map<String, Value>,
    #[serde(default)]
    app_metadata: Map<String, Value>,
}

impl MetadataPatch {
    /// A patch of the keys given; `None` when there are none, since then there is nothing to send.
    pub fn new(user_metadata: Map<String, Value>, app_metadata: Map<String, Value>) -> Option<Self> {
        let user_metadata = NonEmptyBag::new(user_metadata);
        let app_metadata = NonEmptyBag::new(app_metadata);
        (user_metadata.is_some() || app_metadata.is_some()).then_some(Self {
            user_metadata,
            app_metadata,
        })
    }

    /// The keys of `user_metadata` to write, if any.
    pub fn user_metadata(&self) -> Option<&NonEmptyBag> {
        self.user_metadata.as_ref()
    }

    /// The keys of `app_metadata` to write, if any.
    pub fn app_metadata(&self) -> Option<&NonEmptyBag> {
        self.app_metadata.as_ref()
    }
}

impl NonEmptyBag {
    /// `None` for an empty map.
    pub fn new(keys: Map<String, Value>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The keys and their new values.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl TryFrom<Bags> for MetadataPatch {
    type Error = EmptyPatch;

    fn try_from(bags: Bags) -> Result<Self, EmptyPatch> {
        Self::new(bags.user_metadata, bags.app_metadata).ok_or(EmptyPatch)
    }
}

impl fmt::Debug for MetadataPatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MetadataPatch")
            .field("user_metadata", &self.user_metadata)
            .field("app_metadata", &self.app_metadata)
            .finish()
    }
}

impl fmt::Debug for NonEmptyBag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bag(json: Value) -> Map<String, Value> {
        json.as_object().unwrap().clone()
    }

    #[test]
    fn a_bag_that_does_not_change_is_left_out() {
        let patch = MetadataPatch::new(bag(json!({"theme": "dark", "old": null})), Map::new()).unwrap();
        let body = serde_json::to_value(&patch).unwrap();
        assert_eq!(body, json!({"user_metadata": {"theme": "dark", "old": null}}));
        assert_eq!(serde_json::from_value::<MetadataPatch>(body).unwrap(), patch);
    }

    #[test]
    fn an_empty_patch_cannot_be_built_or_read() {
        assert!(MetadataPatch::new(Map::new(), Map::new()).is_none());
        assert!(serde_json::from_value::<MetadataPatch>(json!({"user_metadata": {}})).is_err());
    }

    #[test]
    fn debug_output_names_keys_and_no_values() {
        let patch = MetadataPatch::new(bag(json!({"phone": "555-0100"})), Map::new()).unwrap();
        let text = format!("{patch:?}");
        assert!(text.contains("phone") && !text.contains("555"), "{text}");
    }
}
