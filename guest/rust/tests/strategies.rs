//! What holds of every merge strategy and every plan, whatever the bags: the host's guards, stated once more and without
//! its code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::collections::BTreeMap;

use conjoin_guest::{Arrays, BagPlan, Document, Scalars, json, merge};
use proptest::prelude::*;
use serde_json::{Map, Number, Value};

type Object = Map<String, Value>;

/// Few keys and few scalars, so that two bags meet often.
fn bag() -> impl Strategy<Value = Object> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![
            Just("0"),
            Just("1"),
            Just("1.0"),
            Just("-0"),
            Just("9007199254740993"),
            Just("1e300")
        ]
        .prop_map(|number| Value::Number(number.parse::<Number>().unwrap())),
        prop_oneof![Just(""), Just("a"), Just("é"), Just("🦀")].prop_map(Value::from),
    ];
    let value = scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object(inner).prop_map(Value::Object),
        ]
    });
    // Enough of them for an index.
    prop::collection::btree_map(key(), value, 0..13).prop_map(|map| map.into_iter().collect())
}

fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Object> {
    prop::collection::btree_map(key(), value, 0..5).prop_map(|map| map.into_iter().collect())
}

fn key() -> impl Strategy<Value = String> {
    const ODD: [&str; 7] = ["a", "b", "0", "", "a/b", "~1", "__proto__"];
    prop_oneof![prop::sample::select(&ODD[..]).prop_map(str::to_owned), "[c-k]"]
}

fn arrays() -> impl Strategy<Value = Arrays> {
    prop_oneof![Just(Arrays::Concat), Just(Arrays::Union), Just(Arrays::Primary)]
}

fn scalars() -> impl Strategy<Value = Scalars> {
    prop_oneof![Just(Scalars::Primary), Just(Scalars::Secondary)]
}

/// How a text is written: one value has many spellings.
#[derive(Clone, Copy, Debug, Default)]
struct Spelling {
    backwards: bool,
    escaped: bool,
    spaced: bool,
}

fn spelling() -> impl Strategy<Value = Spelling> {
    any::<(bool, bool, bool)>().prop_map(|(backwards, escaped, spaced)| Spelling {
        backwards,
        escaped,
        spaced,
    })
}

impl Spelling {
    fn text(self, bag: &Object) -> String {
        let mut text = String::new();
        self.write(&Value::Object(bag.clone()), &mut text);
        text
    }

    fn write(self, value: &Value, out: &mut String) {
        let blank = if self.spaced { " \t\r\n" } else { "" };
        out.push_str(blank);
        match value {
            Value::Object(object) => {
                let mut entries: Vec<_> = object.iter().collect();
                if self.backwards {
                    entries.reverse();
                }
                for (number, (key, value)) in entries.into_iter().enumerate() {
                    out.push(if number == 0 { '{' } else { ',' });
                    self.write(&Value::from(key.as_str()), out);
                    out.push(':');
                    self.write(value, out);
                }
                out.push_str(if object.is_empty() { "{ }" } else { "}" });
            }
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    out.push(if number == 0 { '[' } else { ',' });
                    self.write(item, out);
                }
                out.push_str(if items.is_empty() { "[ ]" } else { "]" });
            }
            Value::String(string) if self.escaped => {
                let units = string.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
                out.push_str(&format!("\"{}\"", units.collect::<String>()));
            }
            other => out.push_str(&other.to_string()),
        }
        out.push_str(blank);
    }
}

fn text(bag: &Object) -> String {
    Spelling::default().text(bag)
}

/// Both bags in one, and the plan that says so.
fn merged(primary: &str, secondary: &str, arrays: Arrays, scalars: Scalars) -> (Object, BagPlan) {
    let (primary, secondary) = (Document::read(primary).unwrap(), Document::read(secondary).unwrap());
    let merged = merge::recursive_with(&primary, &secondary, arrays, scalars);
    (merged.bag().unwrap(), merged.plan().unwrap())
}

fn recursive(primary: &Object, secondary: &Object, arrays: Arrays) -> Object {
    merged(&text(primary), &text(secondary), arrays, Scalars::Primary).0
}

fn keep_primary(primary: &Object, secondary: &Object) -> BagPlan {
    let (primary, secondary) = (text(primary), text(secondary));
    BagPlan::keep_primary(&Document::read(&primary).unwrap(), &Document::read(&secondary).unwrap())
}

/// The strategy once more, as one writes it with trees.
fn with_trees(target: &mut Object, secondary: &Object, arrays: Arrays, scalars: Scalars) {
    for (key, theirs) in secondary {
        match (target.get_mut(key), theirs) {
            (None, _) => drop(target.insert(key.clone(), theirs.clone())),
            (Some(Value::Object(target)), Value::Object(secondary)) => with_trees(target, secondary, arrays, scalars),
            (Some(Value::Array(items)), Value::Array(theirs)) => {
                if arrays != Arrays::Primary {
                    items.extend_from_slice(theirs);
                }
                if arrays == Arrays::Union {
                    let mut seen: Vec<Value> = Vec::new();
                    items.retain(|item| {
                        let is_new = !seen.iter().any(|seen| json::equal(seen, item));
                        seen.push(item.clone());
                        is_new
                    });
                }
            }
            (Some(Value::Object(_) | Value::Array(_)), _)
            | (Some(_), Value::Object(_) | Value::Array(_) | Value::Null) => {}
            (Some(ours), theirs) if scalars == Scalars::Secondary && !json::equal(ours, theirs) => {
                *ours = theirs.clone()
            }
            (Some(_), _) => {}
        }
    }
}

fn apply(before: &Object, plan: &BagPlan) -> Object {
    let mut document = Value::Object(before.clone());
    json_patch::patch(
        &mut document,
        &serde_json::from_str::<json_patch::Patch>(plan.patch()).unwrap(),
    )
    .unwrap();
    document.as_object().unwrap().clone()
}

/// The first-level keys at or beneath which the patch writes, unescaped.
fn written(plan: &BagPlan) -> Vec<String> {
    let operations: Vec<Object> = serde_json::from_str(plan.patch()).unwrap();
    let segment = |operation: Object| {
        let (op, path) = (operation["op"].as_str().unwrap(), operation["path"].as_str().unwrap());
        assert!(matches!(op, "add" | "remove" | "replace"), "{op}");
        let first = path
            .strip_prefix('/')
            .expect("never the root")
            .split('/')
            .next()
            .unwrap();
        first.replace("~1", "/").replace("~0", "~")
    };
    operations.into_iter().map(segment).collect()
}

/// Scalars by place, array indexes and the numeric key as one.
fn leaves(path: &str, value: &Value, count: &mut BTreeMap<String, usize>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items
            .iter()
            .for_each(|item| leaves(&format!("{path}\u{1}*"), item, count)),
        Value::Object(object) => {
            for (key, value) in object {
                leaves(
                    &format!("{path}\u{1}{}", if key == "0" { "*" } else { key }),
                    value,
                    count,
                );
            }
        }
        Value::Number(number) => {
            *count
                .entry(format!("{path} {}", number.as_f64().unwrap() + 0.0))
                .or_default() += 1
        }
        scalar => *count.entry(format!("{path} {scalar}")).or_default() += 1,
    }
}

fn census(bags: &[&Object]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    bags.iter()
        .for_each(|bag| leaves("", &Value::Object((*bag).clone()), &mut count));
    count
}

fn keys_stand(before: &Object, after: &Object) -> bool {
    before.iter().all(|(key, old)| match (old, after.get(key)) {
        (_, None) => false,
        (Value::Object(old), Some(Value::Object(new))) => keys_stand(old, new),
        _ => true,
    })
}

fn unescaped(pointer: &str) -> String {
    pointer.strip_prefix('/').unwrap().replace("~1", "/").replace("~0", "~")
}

fn without_arrays(value: &Value) -> bool {
    match value {
        Value::Array(_) => false,
        Value::Object(object) => object.values().all(without_arrays),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1024) })]

    #[test]
    fn a_plan_applied_is_the_result_it_was_made_for(before in bag(), secondary in bag(), after in bag()) {
        let plan = BagPlan::to_result(&before, &secondary, &after).unwrap();
        prop_assert!(json::equal_objects(&apply(&before, &plan), &after));
    }

    #[test]
    fn every_key_of_the_secondary_is_carried_equal_or_discarded(
        primary in bag(), secondary in bag(), result in prop::option::of(bag()), arrays in arrays(),
    ) {
        let plan = match result {
            Some(result) => BagPlan::to_result(&primary, &secondary, &result).unwrap(),
            None => merged(&text(&primary), &text(&secondary), arrays, Scalars::Primary).1,
        };
        for plan in [plan, keep_primary(&primary, &secondary)] {
            let after = apply(&primary, &plan);
            let (written, discarded) = (written(&plan), plan.discard().iter().map(|it| unescaped(it)).collect::<Vec<_>>());
            for (key, value) in &secondary {
                let equal = after.get(key).is_some_and(|after| json::equal(after, value));
                prop_assert!(equal || written.contains(key) || discarded.contains(key), "{key}");
            }
            prop_assert!(discarded.iter().all(|key| secondary.contains_key(key)));
        }
    }

    #[test]
    fn the_strategy_is_the_one_that_trees_have(
        primary in bag(), secondary in bag(), spellings in (spelling(), spelling()), arrays in arrays(), scalars in scalars(),
    ) {
        let mut expected = primary.clone();
        with_trees(&mut expected, &secondary, arrays, scalars);
        let (ours, theirs) = (spellings.0.text(&primary), spellings.1.text(&secondary));
        let (merged, plan) = merged(&ours, &theirs, arrays, scalars);
        prop_assert!(json::equal_objects(&merged, &expected), "{}", text(&merged));
        prop_assert!(json::equal_objects(&apply(&primary, &plan), &expected), "{}", plan.patch());
        let of_trees = BagPlan::to_result(&primary, &secondary, &expected).unwrap();
        // Trees may keep their keys in another order.
        let sorted = |mut keys: Vec<String>| {
            keys.sort();
            keys
        };
        prop_assert_eq!(sorted(plan.discard().to_vec()), sorted(of_trees.discard().to_vec()));
        prop_assert_eq!(sorted(written(&plan)), sorted(written(&of_trees)));
    }

    #[test]
    fn two_documents_are_equal_where_their_values_are(
        one in bag(), other in prop::option::of(bag()), spellings in (spelling(), spelling()),
    ) {
        let other = other.unwrap_or_else(|| one.clone());
        let (left, right) = (spellings.0.text(&one), spellings.1.text(&other));
        let (left, right) = (Document::read(&left).unwrap(), Document::read(&right).unwrap());
        prop_assert_eq!(left.root().equal(right.root()), json::equal_objects(&one, &other));
        for (key, value) in left.root().entries() {
            prop_assert_eq!(&value.value(), &one[&*key]);
        }
    }

    #[test]
    fn nothing_is_invented_multiplied_or_lost(primary in bag(), secondary in bag(), arrays in arrays()) {
        let merged = recursive(&primary, &secondary, arrays);
        let available = census(&[&primary, &secondary]);
        for (leaf, count) in census(&[&merged]) {
            prop_assert!(count <= available.get(&leaf).copied().unwrap_or_default(), "{leaf}");
        }
        prop_assert!(keys_stand(&primary, &merged));
        prop_assert!(secondary.keys().all(|key| merged.contains_key(key)));
    }

    #[test]
    fn an_empty_side_changes_nothing(one in bag(), arrays in arrays()) {
        prop_assert_eq!(&recursive(&one, &Object::new(), arrays), &one);
        prop_assert_eq!(&recursive(&Object::new(), &one, arrays), &one);
    }

    /// An array that only the secondary has is added with its duplicates, so a union settles at the second merge.
    #[test]
    fn merging_again_changes_nothing_but_concatenated_arrays(primary in bag(), secondary in bag(), arrays in arrays()) {
        prop_assume!(arrays != Arrays::Concat || without_arrays(&Value::Object(secondary.clone())));
        let once = recursive(&primary, &secondary, arrays);
        let twice = recursive(&once, &secondary, arrays);
        prop_assert!(arrays == Arrays::Union || json::equal_objects(&twice, &once));
        prop_assert!(json::equal_objects(&recursive(&twice, &secondary, arrays), &twice));
    }

    #[test]
    fn the_order_of_values_agrees_with_their_equality(one in bag(), other in bag(), third in bag()) {
        let [one, other, third] = [one, other, third].map(Value::Object);
        prop_assert_eq!(json::compare(&one, &other).is_eq(), json::equal(&one, &other));
        prop_assert_eq!(json::compare(&one, &other), json::compare(&other, &one).reverse());
        if json::compare(&one, &other).is_le() && json::compare(&other, &third).is_le() {
            prop_assert!(json::compare(&one, &third).is_le());
        }
    }
}
