use serde_json::{Value, json};

use super::guard::{Violation, check};
use super::patch::PatchError;
use crate::bag::{Bag, Changes, Metadata};
use crate::tenant::Guards;

fn bag(value: &Value) -> Metadata {
    value.as_object().cloned().unwrap()
}

/// Checks a patch of the primary's `app_metadata` under the guards of a tenant that allows nothing special.
fn guarded(primary: Value, secondary: Value, patch: Value, discards: &[&str]) -> Result<super::Guarded, Violation> {
    under(Guards::default(), primary, secondary, patch, discards)
}

fn under(
    guards: Guards,
    primary: Value,
    secondary: Value,
    patch: Value,
    discards: &[&str],
) -> Result<super::Guarded, Violation> {
    let discards: Vec<String> = discards.iter().map(ToString::to_string).collect();
    check(
        Bag::App,
        &bag(&primary),
        &bag(&secondary),
        &patch.to_string(),
        &discards,
        &guards,
    )
}

#[test]
fn a_new_key_of_the_secondary_is_added_and_only_it_is_sent() {
    let plan = guarded(
        json!({"a": 1}),
        json!({"b": {"c": 2}}),
        json!([{"op": "add", "path": "/b", "value": {"c": 2}}]),
        &[],
    )
    .unwrap();
    assert_eq!(plan.changes, Changes::from([("b".to_owned(), json!({"c": 2}))]));
}

#[test]
fn s18_an_empty_secondary_changes_nothing() {
    assert!(
        guarded(json!({"a": 1}), json!({}), json!([]), &[])
            .unwrap()
            .changes
            .is_empty()
    );
}

#[test]
fn a39_a_value_that_neither_account_holds_is_refused() {
    let refused = guarded(
        json!({}),
        json!({"role": "user"}),
        json!([{"op": "add", "path": "/role", "value": "admin"}]),
        &[],
    );
    assert_eq!(
        refused.err(),
        Some(Violation::Invented {
            bag: Bag::App,
            places: vec!["role".to_owned()]
        })
    );
}

#[test]
fn a39_a_value_moved_to_another_key_is_refused() {
    let patch = json!([{"op": "add", "path": "/role", "value": "admin"}]);
    let refused = guarded(json!({}), json!({"nickname": "admin"}), patch, &["/nickname"]);
    assert!(matches!(refused, Err(Violation::Invented { .. })));
}

#[test]
fn a39_values_cannot_be_multiplied() {
    let patch = json!([{"op": "replace", "path": "/list", "value": [1, 1, 1]}]);
    assert!(matches!(
        guarded(json!({"list": [1]}), json!({"list": [1]}), patch, &[]),
        Err(Violation::Invented { .. })
    ));
}

#[test]
fn s16_joined_arrays_are_not_inventions() {
    let patch = json!([{"op": "replace", "path": "/roles", "value": ["Admin", "AppAdmin"]}]);
    let plan = guarded(json!({"roles": ["Admin"]}), json!({"roles": ["AppAdmin"]}), patch, &[]).unwrap();
    assert_eq!(plan.result["roles"], json!(["Admin", "AppAdmin"]));
}

#[test]
fn a_key_that_nobody_names_is_refused() {
    let refused = guarded(
        json!({"plan": "gold"}),
        json!({"plan": "free", "x": 1}),
        json!([]),
        &["/plan"],
    );
    assert_eq!(
        refused.err(),
        Some(Violation::Incomplete {
            bag: Bag::App,
            keys: vec!["x".to_owned()]
        })
    );
}

#[test]
fn an_equal_key_needs_no_word() {
    assert!(
        guarded(json!({"n": 1.0}), json!({"n": 1}), json!([]), &[])
            .unwrap()
            .changes
            .is_empty()
    );
}

#[test]
fn a_primary_key_cannot_be_removed_at_any_depth() {
    let remove = json!([{"op": "remove", "path": "/a"}]);
    assert!(matches!(
        guarded(json!({"a": 1}), json!({}), remove, &[]),
        Err(Violation::Removes { .. })
    ));
    let replace = json!([{"op": "replace", "path": "/a", "value": {"y": 2}}]);
    let refused = guarded(json!({"a": {"x": 1}}), json!({"a": {"y": 2}}), replace, &[]);
    assert_eq!(
        refused.err(),
        Some(Violation::Removes {
            bag: Bag::App,
            keys: vec!["a/x".to_owned()]
        })
    );
}

#[test]
fn s19_a_null_over_a_present_key_is_a_removal_and_over_an_absent_one_nothing() {
    let patch = |key: &str| json!([{"op": "add", "path": format!("/{key}"), "value": null}]);
    assert!(matches!(
        guarded(json!({"a": 1}), json!({"a": null}), patch("a"), &[]),
        Err(Violation::Removes { .. })
    ));
    assert!(
        guarded(json!({}), json!({"b": null}), patch("b"), &[])
            .unwrap()
            .changes
            .is_empty()
    );
}

#[test]
fn a_tenant_can_allow_removals_and_computed_values() {
    let guards = Guards {
        allow_removals: true,
        computed: vec!["app_metadata/joined".parse().unwrap()],
        ..Guards::default()
    };
    let patch = json!([{"op": "remove", "path": "/a"}, {"op": "add", "path": "/joined", "value": {"by": "policy"}}]);
    let plan = under(guards, json!({"a": 1}), json!({}), patch, &[]).unwrap();
    assert_eq!(
        plan.changes,
        Changes::from([
            ("a".to_owned(), Value::Null),
            ("joined".to_owned(), json!({"by": "policy"}))
        ])
    );
}

#[test]
fn a_locked_path_is_kept_out_and_not_a_reason_to_refuse() {
    let guards = Guards {
        locked: vec![
            "app_metadata/roles".parse().unwrap(),
            "app_metadata/a/b".parse().unwrap(),
        ],
        ..Guards::default()
    };
    let patch = json!([{"op": "add", "path": "/roles", "value": ["admin"]}, {"op": "add", "path": "/a", "value": {"b": 1, "c": 2}}]);
    let plan = under(
        guards,
        json!({}),
        json!({"roles": ["admin"], "a": {"b": 1, "c": 2}}),
        patch,
        &[],
    )
    .unwrap();
    assert_eq!(plan.changes, Changes::from([("a".to_owned(), json!({"c": 2}))]));
    assert_eq!(plan.kept_out.into_iter().collect::<Vec<_>>(), ["a/b", "roles"]);
}

#[test]
fn s21_keys_that_auth0_cannot_store_are_left_out_and_listed() {
    let secondary =
        json!({"a.b": 1, "$c": 2, "email_verified": true, "__proto__": {"x": 1}, "ok": {"in.ner": 1, "fine": 2}});
    let patch: Vec<Value> = bag(&secondary)
        .iter()
        .map(|(key, value)| json!({"op": "add", "path": format!("/{key}"), "value": value}))
        .collect();
    let plan = guarded(json!({}), secondary, json!(patch), &[]).unwrap();
    assert_eq!(plan.changes, Changes::from([("ok".to_owned(), json!({"fine": 2}))]));
    let listed: Vec<String> = plan.unstorable.into_iter().collect();
    assert_eq!(listed, ["$c", "__proto__", "a.b", "email_verified", "ok/in.ner"]);
}

#[test]
fn s21_keys_that_the_primary_already_has_are_not_judged_where_nothing_changes() {
    let patch = json!([{"op": "add", "path": "/c", "value": 3}]);
    let plan = guarded(json!({"a.b": [1]}), json!({"a.b": [1], "c": 3}), patch, &[]).unwrap();
    assert!(plan.unstorable.is_empty());
    assert_eq!(plan.result["a.b"], json!([1]));
}

#[test]
fn patches_that_escape_or_grow_are_refused() {
    let refused = |patch: Value| guarded(json!({"a": [1]}), json!({}), patch, &[]).err();
    assert_eq!(
        refused(json!([{"op": "replace", "path": "", "value": {}}])),
        Some(Violation::Patch(PatchError::RootPath(Bag::App)))
    );
    let copy = json!([{"op": "copy", "from": "/a", "path": "/b"}]);
    assert_eq!(
        refused(copy),
        Some(Violation::Patch(PatchError::Operation(Bag::App, "copy")))
    );
    let relocate = json!([{"op": "move", "from": "/a", "path": "/b"}]);
    assert_eq!(
        refused(relocate),
        Some(Violation::Patch(PatchError::Operation(Bag::App, "move")))
    );
    let many: Vec<Value> = (0..10_001)
        .map(|_| json!({"op": "test", "path": "/a", "value": [1]}))
        .collect();
    assert_eq!(
        refused(json!(many)),
        Some(Violation::Patch(PatchError::TooManyOperations(Bag::App, 10_001)))
    );
    assert!(matches!(
        refused(json!([{"op": "test", "path": "/a", "value": 2}])),
        Some(Violation::Patch(PatchError::DoesNotApply(..)))
    ));
    assert!(matches!(
        refused(json!("nonsense")),
        Some(Violation::Patch(PatchError::Malformed(..)))
    ));
}

#[test]
fn a_patch_error_does_not_quote_values() {
    let patch = json!([{"op": "test", "path": "/secret", "value": "hunter2"}]);
    let error = guarded(json!({"secret": "swordfish"}), json!({}), patch, &[])
        .err()
        .unwrap()
        .to_string();
    assert!(!error.contains("hunter2") && !error.contains("swordfish"), "{error}");
}

#[test]
fn a_primary_value_cannot_be_emptied_but_by_the_secondarys_own_emptiness() {
    let empty = |value: Value| json!([{"op": "replace", "path": "/a", "value": value}]);
    for (value, container) in [
        (json!([1]), json!([])),
        (json!({"x": 1}), json!([])),
        (json!("text"), json!({})),
    ] {
        let refused = guarded(json!({"a": value}), json!({}), empty(container.clone()), &[]);
        assert!(matches!(refused, Err(Violation::Removes { .. })));
        assert!(guarded(json!({"a": value}), json!({"a": container}), empty(container), &[]).is_ok());
    }
}

#[test]
fn s19_a_null_over_a_value_beneath_a_key_is_a_removal_as_well() {
    let before = json!({"address": {"city": "London", "note": null}});
    let patch = |key: &str| json!([{"op": "add", "path": format!("/address/{key}"), "value": null}]);
    let refused = guarded(before.clone(), json!({}), patch("city"), &[]);
    assert!(matches!(refused, Err(Violation::Removes { keys, .. }) if keys == ["address/city"]));
    for key in ["note", "street"] {
        assert!(guarded(before.clone(), json!({}), patch(key), &[]).is_ok(), "{key}");
    }
}

#[test]
fn a_discard_must_name_a_first_level_key() {
    let refused = guarded(json!({}), json!({"a/b": 1}), json!([]), &["/a/b"]);
    assert!(matches!(refused, Err(Violation::DiscardPointer { .. })));
    assert!(guarded(json!({}), json!({"a/b": 1}), json!([]), &["/a~1b"]).is_ok());
}

#[test]
fn s21_a_key_of_the_primary_that_cannot_be_stored_is_left_as_it_is_and_not_sent() {
    let patch = json!([{"op": "replace", "path": "/a.b", "value": [1, 2]}, {"op": "add", "path": "/c", "value": 3}]);
    let plan = guarded(json!({"a.b": [1]}), json!({"a.b": [2], "c": 3}), patch, &[]).unwrap();
    assert_eq!(plan.changes, Changes::from([("c".to_owned(), json!(3))]));
    assert_eq!(plan.result["a.b"], json!([1]));
    assert!(plan.unstorable.contains("a.b"));
}
