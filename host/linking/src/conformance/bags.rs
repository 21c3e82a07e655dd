//! Bags at the edges of what people have.
//!
//! Of every kind there is at least one pair without a conflict, so that a policy that refuses conflicts is tried too.

use serde_json::{Value, json};

use super::samples::Pair;
use crate::bag::{MAX_DEPTH, Metadata};

pub(super) fn empty() -> Vec<Pair> {
    let full = || [json!({"theme": "dark", "tags": ["a"]}), json!({"plan": "pro"})];
    let none = || [json!({}), json!({})];
    vec![
        Pair::new("empty bags on both sides", none(), none()),
        Pair::new("an empty secondary", full(), none()),
        Pair::new("an empty primary", none(), full()),
        Pair::new(
            "empty objects and arrays",
            [json!({"a": {}, "b": []}), json!({})],
            [json!({"a": {}, "b": [], "c": {}, "d": []}), json!({"e": {}})],
        ),
    ]
}

pub(super) fn nulls() -> Vec<Pair> {
    let none = || json!({});
    vec![
        Pair::new(
            "nulls that only the secondary has",
            [json!({"a": {"x": 1}}), none()],
            [json!({"n": null, "a": {"y": null}, "l": [null, 1]}), json!({"n": null})],
        ),
        Pair::new(
            "nulls of the secondary against values",
            [json!({"n": 1, "a": {"x": 1}}), none()],
            [json!({"n": null, "a": {"x": null}}), none()],
        ),
        Pair::new(
            "nulls of the primary against values",
            [json!({"a": {"x": null}}), none()],
            [json!({"a": {"x": {"deep": 1}}}), none()],
        ),
    ]
}

pub(super) fn deep() -> Vec<Pair> {
    let none = || json!({});
    vec![
        Pair::new(
            "100 levels that only the secondary has",
            [json!({"theme": "dark"}), none()],
            [objects(json!("leaf")), arrays()],
        ),
        Pair::new(
            "100 levels that only the primary has",
            [objects(json!("leaf")), arrays()],
            [none(), none()],
        ),
        Pair::new(
            "100 levels on both sides, different at the bottom",
            [objects(json!("ours")), none()],
            [objects(json!("theirs")), none()],
        ),
    ]
}

pub(super) fn unicode() -> Vec<Pair> {
    let theirs = json!({
        "e\u{301}": "decomposed", "名前": "愛\u{fe0f}", "🦀🏳️‍🌈": ["\u{202e}abc", "\u{0}\u{1f}\u{7f}", "\u{2028}"],
        "ﬁ": "\u{fb01}", "K": "\u{212a}", "\u{feff}bom": "\u{feff}", "edge": "\u{d7ff}\u{e000}\u{ffff}\u{10ffff}", "quotes\"\\": "\\u0041 \"\n\t",
    });
    let ours = json!({"\u{e9}": "composed", "fi": "two letters", "k": "kelvin is not this"});
    vec![
        Pair::new(
            "keys and texts of many scripts",
            [ours.clone(), json!({})],
            [theirs.clone(), theirs.clone()],
        ),
        Pair::new(
            "the same the other way round",
            [theirs.clone(), json!({})],
            [ours, theirs],
        ),
        Pair::new(
            "texts that look alike and differ",
            [json!({"name": "\u{e9}"}), json!({})],
            [json!({"name": "e\u{301}"}), json!({})],
        ),
    ]
}

pub(super) fn escapes() -> Vec<Pair> {
    let theirs = json!({"a/b": 1, "a": {"b": 2}, "~": 3, "~0": 4, "~1": 5, "/": 6, "": 7, "0": 8, "-": 9, "a~1b": 10, "%2F": 11, "#": 12, "\"": 13});
    let ours = json!({"a/b": 100, "~": 300, "": 700, "o": {"x/y": 1, "~": {"": 1}}});
    vec![
        Pair::new(
            "keys that only the secondary has",
            [json!({"theme": "dark"}), json!({})],
            [theirs.clone(), theirs.clone()],
        ),
        Pair::new(
            "keys that only the primary has",
            [theirs.clone(), json!({})],
            [json!({"theme": "dark"}), json!({})],
        ),
        Pair::new(
            "such keys on both sides",
            [ours.clone(), ours],
            [theirs.clone(), theirs],
        ),
        Pair::new(
            "such keys below the first level",
            [json!({"o": {"x/y": 1, "~": {"": 1}}}), json!({})],
            [
                json!({"o": {"x": {"y": 2}, "~": {"~0": 2, "/": 3}, "0": [1]}}),
                json!({}),
            ],
        ),
    ]
}

/// The primary's bags have no `__proto__`: lodash cannot see one, so the policy of that name would take it out, and a link would end there.
pub(super) fn meanings() -> Vec<Pair> {
    let keys = json!({
        "constructor": {"prototype": {"admin": true}}, "toString": "text", "hasOwnProperty": 1, "valueOf": {"a": 1}, "then": "now",
        "__class__": "type", "__init__": [1], "self": 1, "None": null, "true": false, "o": {"keys": 1},
    });
    let theme = || [json!({"theme": "dark"}), json!({})];
    let proto = || json!({"__proto__": {"admin": true}});
    vec![
        Pair::new(
            "keys that only the secondary has",
            theme(),
            [keys.clone(), keys.clone()],
        ),
        Pair::new("`__proto__` as a key", theme(), [proto(), proto()]),
        Pair::new(
            "`__proto__` below the first level",
            theme(),
            [json!({"o": proto(), "l": [proto()]}), json!({})],
        ),
        Pair::new(
            "such keys on both sides",
            [keys.clone(), json!({})],
            [keys, json!({"toString": 1})],
        ),
    ]
}

pub(super) fn unstorable() -> Vec<Pair> {
    let theirs = json!({"x.y": 1, "$set": {"a": 1}, "o": {"p.q": 1, "fine": 2}, "l": [{"$c": 1}]});
    let reserved =
        json!({"user_id": "auth0|x", "email": "e@example.com", "identities": [], "blocked": false, "fine": 1});
    vec![
        Pair::new(
            "names with `.` and `$`",
            [json!({"theme": "dark"}), json!({})],
            [theirs, json!({})],
        ),
        Pair::new(
            "names that Auth0 reserves",
            [json!({}), json!({"plan": "pro"})],
            [json!({}), reserved],
        ),
    ]
}

pub(super) fn numbers() -> Vec<Pair> {
    let theirs = json!({
        "most": u64::MAX, "least": i64::MIN, "odd": 9_007_199_254_740_993_i64, "safe": 9_007_199_254_740_991_i64, "huge": f64::MAX,
        "tiny": 5e-324, "tenth": 0.1, "exponent": 1e21, "minus_zero": -0.0, "whole": 1.0, "list": [4_294_967_296_i64, 2_147_483_648_i64, -1, 0],
    });
    vec![
        Pair::new(
            "numbers that only the secondary has",
            [json!({"theme": "dark"}), json!({})],
            [theirs.clone(), theirs.clone()],
        ),
        Pair::new(
            "numbers that only the primary has",
            [theirs, json!({})],
            [json!({"theme": "dark"}), json!({})],
        ),
        Pair::new(
            "numbers spelled differently",
            [json!({"a": 1, "o": {"n": 100}}), json!({})],
            [json!({"a": 1.0, "o": {"n": 1e2, "m": 1}}), json!({})],
        ),
    ]
}

pub(super) fn many_keys() -> Vec<Pair> {
    let keys = |value: u32| -> Value {
        (0..5_000)
            .map(|number| (format!("key-{number:04}"), json!(value)))
            .collect::<Metadata>()
            .into()
    };
    vec![
        Pair::new(
            "5,000 keys that only the secondary has",
            [json!({"theme": "dark"}), json!({})],
            [keys(1), json!({})],
        ),
        Pair::new("5,000 keys that differ", [keys(1), json!({})], [keys(2), json!({})]),
    ]
}

/// Merged, each bag stays below what the host takes: the secondary's keys are the primary's, or the other bag's.
pub(super) fn large() -> Vec<Pair> {
    vec![
        Pair::new(
            "a megabyte in another bag on each side",
            [megabyte("ours"), json!({})],
            [json!({}), megabyte("them")],
        ),
        Pair::new(
            "a megabyte on both sides, different everywhere",
            [megabyte("ours"), json!({})],
            [megabyte("them"), json!({})],
        ),
    ]
}

fn objects(leaf: Value) -> Value {
    let mut value = leaf;
    for _ in 0..MAX_DEPTH {
        value = json!({ "n": value });
    }
    value
}

/// The bag itself is the first level.
fn arrays() -> Value {
    let mut value = json!("leaf");
    for _ in 1..MAX_DEPTH {
        value = json!([value]);
    }
    json!({ "n": value })
}

/// About 1,000,000 bytes in 10,000 small objects below 200 keys.
fn megabyte(word: &str) -> Value {
    let note = word.repeat(80 / word.len());
    let entry = |number: u32| (format!("e{number:02}"), json!({"id": number, "note": note}));
    let entries: Metadata = (0..48).map(entry).collect();
    let keys = (0..200).map(|number: u32| (format!("k{number:03}"), Value::Object(entries.clone())));
    keys.collect::<Metadata>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bag::{Bag, MAX_BYTES, byte_size, depth};

    #[test]
    fn the_deep_bags_are_as_deep_as_the_contract_allows() {
        for pair in deep() {
            let bags = [&pair.primary_bags, &pair.secondary_bags];
            let deepest = bags
                .into_iter()
                .flat_map(|bags| Bag::ALL.map(|bag| depth(bags.get(bag))))
                .max();
            assert_eq!(deepest, Some(MAX_DEPTH), "{}", pair.about);
        }
    }

    #[test]
    fn the_large_bags_are_a_megabyte_and_no_more_than_the_host_takes() {
        for pair in large() {
            for bags in [&pair.primary_bags, &pair.secondary_bags] {
                let largest = Bag::ALL.map(|bag| byte_size(bags.get(bag))).into_iter().max().unwrap();
                assert!((1_000_000..MAX_BYTES).contains(&largest), "{}: {largest}", pair.about);
            }
        }
    }
}
