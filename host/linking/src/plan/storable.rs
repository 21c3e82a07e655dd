//! Which metadata keys Auth0 can store.
//!
//! Source: "Metadata field names and data types", auth0.com/docs. That the API answers 400 for them is UNCONFIRMED; leaving them out is the safe
//! reading, since a refused PATCH would make the accounts impossible to join.

use serde_json::Value;

use crate::bag::{Bag, Metadata, same};

/// Names that Auth0 keeps for itself in `app_metadata`.
const RESERVED: [&str; 18] = [
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email",
    "email_verified",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor",
    "multifactor_last_modified",
    "updated_at",
    "user_id",
];

/// Takes out of `result` every key that is not in `primary` and that Auth0 cannot store, at any depth, and returns their paths. A first-level key of that
/// kind that the primary has is put back to what the primary has there: it stays stored as long as it is not sent. Below the first level, what the primary
/// already has is not judged.
pub fn strip(bag: Bag, primary: &Metadata, result: &mut Metadata) -> Vec<String> {
    let mut removed = Vec::new();
    let unstorable = |key: &str| has_forbidden_name(key) || (bag == Bag::App && RESERVED.contains(&key));
    result.retain(|key, _| {
        let keep = primary.contains_key(key) || !unstorable(key);
        if !keep {
            removed.push(key.clone());
        }
        keep
    });
    for (key, before) in primary.iter().filter(|(key, _)| unstorable(key)) {
        if !result.get(key).is_some_and(|after| same(before, after)) {
            result.insert(key.clone(), before.clone());
            removed.push(key.clone());
        }
    }
    for (key, value) in result.iter_mut() {
        strip_below(&mut vec![key.clone()], primary.get(key), value, &mut removed);
    }
    removed
}

/// `.` and `$` have a meaning in Auth0's store; `__proto__` in every JavaScript that reads the bag.
fn has_forbidden_name(key: &str) -> bool {
    key.contains(['.', '$']) || key == "__proto__"
}

fn strip_below(path: &mut Vec<String>, primary: Option<&Value>, value: &mut Value, removed: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let known = primary.and_then(Value::as_object);
            map.retain(|key, _| {
                let keep = known.is_some_and(|known| known.contains_key(key)) || !has_forbidden_name(key);
                if !keep {
                    removed.push(format!("{}/{key}", path.join("/")));
                }
                keep
            });
            for (key, value) in map.iter_mut() {
                path.push(key.clone());
                strip_below(path, known.and_then(|known| known.get(key)), value, removed);
                path.pop();
            }
        }
        // Items move when arrays are merged, so an item is compared with the primary's equal one.
        Value::Array(items) => {
            let known = primary.and_then(Value::as_array);
            for item in items.iter_mut() {
                let twin = known.and_then(|known| known.iter().find(|other| *other == item));
                let twin = twin.cloned();
                strip_below(path, twin.as_ref(), item, removed);
            }
        }
        _ => {}
    }
}
