use serde_json::{Map, Value};

/// Names that `app_metadata` may not use (Auth0, "Metadata field names and data types").
const RESERVED: [&str; 19] = [
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email_verified",
    "email",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor_last_modified",
    "multifactor",
    "updated_at",
    "user_id",
    "clientId",
];

/// What is left of a bag that was patched with `{}`: the recorded asymmetry of the two bags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptied {
    /// `user_metadata` stays as `{}`.
    StaysEmpty,
    /// `app_metadata` disappears.
    Vanishes,
}

/// Auth0's metadata update: first-level keys replace, `null` deletes, and an empty object wipes the whole bag.
///
/// A key deleted from an absent bag leaves it absent; a bag whose last key is deleted stays as `{}`. Both are unconfirmed for a live tenant.
pub fn merge_first_level(bag: &mut Option<Map<String, Value>>, patch: Map<String, Value>, emptied: Emptied) {
    if patch.is_empty() {
        *bag = (emptied == Emptied::StaysEmpty).then(Map::new);
        return;
    }
    let was_absent = bag.is_none();
    let merged = bag.get_or_insert_default();
    for (key, value) in patch {
        if value.is_null() {
            merged.remove(&key);
        } else {
            merged.insert(key, value);
        }
    }
    if was_absent && merged.is_empty() {
        *bag = None;
    }
}

/// Says what is wrong with a first-level key. Auth0 documents these limits; that the API refuses rather than accepts such a key is unconfirmed, and
/// refusing is the safe reading for whoever tests against this tenant.
///
/// # Errors
/// The reason, for the error message.
pub fn check_key(key: &str, reserved_names: bool) -> Result<(), String> {
    if key.contains(['.', '$']) {
        return Err(format!("Property names must not contain '.' or '$': {key}"));
    }
    if reserved_names && RESERVED.contains(&key) {
        return Err(format!("Property name is reserved: {key}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(bag: Value, patch: Value, emptied: Emptied) -> Option<Value> {
        let mut bag = bag.as_object().cloned();
        merge_first_level(&mut bag, patch.as_object().cloned().unwrap(), emptied);
        bag.map(Value::Object)
    }

    #[test]
    fn replaces_at_the_first_level_only() {
        let bag = json!({"keep": 1, "nested": {"a": 1, "b": 2}, "list": [1, 2]});
        let result = merged(bag, json!({"nested": {"a": 9}, "list": [3]}), Emptied::StaysEmpty);
        assert_eq!(result, Some(json!({"keep": 1, "nested": {"a": 9}, "list": [3]})));
    }

    #[test]
    fn null_deletes_a_key_and_nested_null_is_data() {
        let result = merged(
            json!({"baz": 1, "foo": 2}),
            json!({"baz": null, "foo": {"x": null}}),
            Emptied::StaysEmpty,
        );
        assert_eq!(result, Some(json!({"foo": {"x": null}})));
    }

    #[test]
    fn an_empty_object_wipes_one_bag_and_removes_the_other() {
        assert_eq!(merged(json!({"a": 1}), json!({}), Emptied::StaysEmpty), Some(json!({})));
        assert_eq!(merged(json!({"a": 1}), json!({}), Emptied::Vanishes), None);
    }

    #[test]
    fn deleting_from_an_absent_bag_leaves_it_absent() {
        assert_eq!(merged(Value::Null, json!({"a": null}), Emptied::StaysEmpty), None);
    }

    #[test]
    fn reserved_names_count_only_where_they_are_reserved() {
        assert!(check_key("email_verified", true).is_err());
        assert!(check_key("email_verified", false).is_ok());
        assert!(check_key("a.b", false).is_err());
        assert!(check_key("$set", false).is_err());
    }
}
