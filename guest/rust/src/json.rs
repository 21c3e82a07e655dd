//! JSON values compared as values: numbers by what they are worth, object keys in any order.
//!
//! `serde_json`'s own `==` tells `1` from `1.0`. The same number is written both ways by different producers, and a policy
//! must not see a conflict there.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

/// Whether two values are the same JSON value.
#[must_use]
pub fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => compare_numbers(one, other).is_eq(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => equal_objects(one, other),
        _ => one == other,
    }
}

/// [`equal`] for two objects.
#[must_use]
pub fn equal_objects(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .all(|(key, value)| other.get(key).is_some_and(|other| equal(value, other)))
}

/// A total order that agrees with [`equal`], so that values can be kept in a set. Kinds first, then values.
#[must_use]
pub fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Number(one), Value::Number(other)) => compare_numbers(one, other),
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Array(one), Value::Array(other)) => compare_arrays(one, other),
        (Value::Object(one), Value::Object(other)) => compare_objects(one, other),
        _ => kind(one).cmp(&kind(other)),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

fn compare_arrays(one: &[Value], other: &[Value]) -> Ordering {
    let items = one.iter().zip(other).map(|(one, other)| compare(one, other));
    items
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or_else(|| one.len().cmp(&other.len()))
}

fn compare_objects(one: &Map<String, Value>, other: &Map<String, Value>) -> Ordering {
    let (one, other) = (sorted(one), sorted(other));
    let entries = one
        .iter()
        .zip(&other)
        .map(|(one, other)| one.0.cmp(other.0).then_with(|| compare(one.1, other.1)));
    entries
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or_else(|| one.len().cmp(&other.len()))
}

/// A map keeps insertion order where some other crate of the program asks `serde_json` for it.
fn sorted(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = object.iter().collect();
    entries.sort_unstable_by_key(|entry| entry.0);
    entries
}

fn compare_numbers(one: &Number, other: &Number) -> Ordering {
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(one), None) => compare_integer(one, float(other)),
        (None, Some(other)) => compare_integer(other, float(one)).reverse(),
        (None, None) => float(one).partial_cmp(&float(other)).unwrap_or(Ordering::Equal),
    }
}

fn integer(number: &Number) -> Option<i128> {
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
}

/// JSON has no number that is not one, so the default is never taken.
fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}

/// Exact, since rounding the integer to a double would make the order intransitive above 2^53. The cast saturates,
/// which keeps doubles beyond every `i64` and `u64` beyond them.
fn compare_integer(integer: i128, float: f64) -> Ordering {
    let whole = float.trunc();
    let fraction = float - whole;
    integer
        .cmp(&(whole as i128))
        .then_with(|| 0.0.partial_cmp(&fraction).unwrap_or(Ordering::Equal))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_equal_by_value() {
        assert!(equal(&json!({"a": [1, 0]}), &json!({"a": [1.0, -0.0]})));
        assert!(!equal(
            &json!(9_007_199_254_740_993_i64),
            &json!(9_007_199_254_740_992.0)
        ));
        assert!(equal(&json!(u64::MAX), &json!(u64::MAX)));
        assert!(!equal(&json!(1), &json!("1")));
    }

    #[test]
    fn the_order_is_total_around_the_edge_of_doubles() {
        let ascending = [
            json!(-1e300),
            json!(i64::MIN),
            json!(-1.5),
            json!(-1),
            json!(0.5),
            json!(9_007_199_254_740_992.0),
            json!(9_007_199_254_740_993_i64),
            json!(u64::MAX),
            json!(1e300),
        ];
        for (at, one) in ascending.iter().enumerate() {
            for (beyond, other) in ascending.iter().enumerate() {
                assert_eq!(compare(one, other), at.cmp(&beyond), "{one} and {other}");
            }
        }
    }
}
