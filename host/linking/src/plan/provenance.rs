//! Where the values of a merge come from: nothing is invented, nothing is multiplied, no key is lost.
//!
//! A leaf is a scalar; an empty container holds nothing that could come from anywhere. Leaves are counted by their *place*: the path with every array index, and every key that looks like
//! one, replaced by `*`, since merging moves items within an array. A result may hold a leaf at a place as often as both accounts together do.

use std::collections::HashMap;

use serde_json::Value;

use crate::bag::Metadata;

/// The limit on how many findings are collected; one is enough to refuse, a few help the policy's author.
const MAX_FINDINGS: usize = 10;

/// Leaves by place.
type Census = HashMap<(String, Leaf), usize>;

/// A value that cannot be looked into. Numbers are compared as numbers, so `1` and `1.0` are one leaf.
#[derive(PartialEq, Eq, Hash)]
enum Leaf {
    Bool(bool),
    Number(u64),
    Text(String),
}

/// The places below `key` at which the result holds a value that neither account has there, or more often than both. `computed` says of
/// a path (keys below the bag) whether the tenant lets policies write values of their own there.
pub fn invented(
    key: &str,
    result: &Value,
    sources: [Option<&Value>; 2],
    computed: &dyn Fn(&[String]) -> bool,
) -> Vec<String> {
    let mut available = Census::new();
    for source in sources.into_iter().flatten() {
        walk(&mut vec![key.to_owned()], source, &mut |place, leaf| {
            *available.entry((place_name(place), leaf)).or_default() += 1;
        });
    }
    let mut findings = Vec::new();
    walk(&mut vec![key.to_owned()], result, &mut |place, leaf| {
        if computed(place) {
            return;
        }
        let name = place_name(place);
        match available.get_mut(&(name.clone(), leaf)) {
            Some(left) if *left > 0 => *left -= 1,
            _ if findings.len() < MAX_FINDINGS => findings.push(name),
            _ => {}
        }
    });
    findings
}

/// The paths of keys that `before` has and `after` lacks, looking into objects that both have. A value of another type in a key's place is a
/// change, which the preview shows; a key that is gone, `null` by now, or emptied without `other` being empty there, is a removal.
pub fn removed(before: &Metadata, other: &Metadata, after: &Metadata) -> Vec<String> {
    let mut findings = Vec::new();
    collect_removed(&mut Vec::new(), before, Some(other), after, &mut findings);
    findings
}

fn collect_removed(
    path: &mut Vec<String>,
    before: &Metadata,
    other: Option<&Metadata>,
    after: &Metadata,
    findings: &mut Vec<String>,
) {
    for (key, old) in before {
        if findings.len() >= MAX_FINDINGS {
            return;
        }
        path.push(key.clone());
        let other = other.and_then(|other| other.get(key));
        match (old, after.get(key)) {
            (_, None) => findings.push(path.join("/")),
            (old, Some(Value::Null)) if !old.is_null() => findings.push(path.join("/")),
            (Value::Object(old), Some(Value::Object(new))) => {
                collect_removed(path, old, other.and_then(Value::as_object), new, findings);
            }
            (old, Some(new)) if is_empty(new) && !is_empty(old) && other != Some(new) => findings.push(path.join("/")),
            _ => {}
        }
        path.pop();
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Visits every leaf with its path. `null` says nothing, so it is never a finding.
fn walk(path: &mut Vec<String>, value: &Value, visit: &mut dyn FnMut(&[String], Leaf)) {
    let leaf = match value {
        Value::Null => return,
        Value::Bool(flag) => Leaf::Bool(*flag),
        // Negative zero is zero to every reader of JSON numbers; adding zero makes it so.
        Value::Number(number) => Leaf::Number((number.as_f64().unwrap_or(f64::NAN) + 0.0).to_bits()),
        Value::String(text) => Leaf::Text(text.clone()),
        Value::Array(items) => {
            path.push("*".to_owned());
            items.iter().for_each(|item| walk(path, item, visit));
            path.pop();
            return;
        }
        Value::Object(map) => {
            for (key, value) in map {
                path.push(key.clone());
                walk(path, value, visit);
                path.pop();
            }
            return;
        }
    };
    visit(path, leaf);
}

fn place_name(path: &[String]) -> String {
    let generalised = path.iter().enumerate().map(|(level, key)| {
        let index = level > 0 && !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
        if index { "*" } else { key.as_str() }
    });
    generalised.collect::<Vec<_>>().join("/")
}
