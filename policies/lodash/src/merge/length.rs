//! What JavaScript takes for a length, in its two places: `isArrayLike` of lodash, and assigning to an array's `length`.

use serde_json::{Map, Value};

/// 2^53 - 1.
const LARGEST_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// lodash's `isArrayLikeObject`, for an object from JSON, with the length it found.
pub(super) fn array_like_length(object: &Map<String, Value>) -> Option<u64> {
    let length = object.get("length")?.as_f64()?;
    whole(length, LARGEST_SAFE_INTEGER)
}

/// What an array's `length` is after `array.length = value`; nothing where that throws a `RangeError` (or, for an object
/// that hides `toString`, a `TypeError`, which ends the merge all the same).
pub(super) fn array_length(value: &Value) -> Option<usize> {
    let length = match value {
        Value::Null | Value::Bool(false) => 0.0,
        Value::Bool(true) => 1.0,
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => string_to_number(text)?,
        Value::Array(items) => array_to_number(items)?,
        Value::Object(_) => return None,
    };
    whole(length, f64::from(u32::MAX)).and_then(|length| usize::try_from(length).ok())
}

fn whole(number: f64, largest: f64) -> Option<u64> {
    (number > -1.0 && number <= largest && number.fract() == 0.0).then_some(number as u64)
}

/// An array becomes a number by way of its text, in which `null` and the empty array are empty: `[]` is 0, `[[3]]` is 3.
/// `[true]` is the text `true`, which is no number.
fn array_to_number(items: &[Value]) -> Option<f64> {
    match items {
        [] | [Value::Null] => Some(0.0),
        [Value::Number(number)] => number.as_f64(),
        [Value::String(text)] => string_to_number(text),
        [Value::Array(items)] => array_to_number(items),
        _ => None,
    }
}

/// `Number(text)` where that is a finite number.
fn string_to_number(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_javascript_space);
    let radix = match text.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => return decimal(text),
    };
    let digits = text.get(2..)?;
    // `from_str_radix` takes a sign, which JavaScript does not; lengths end at 2^32, so u64 loses nothing.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    if digits.is_empty() {
        return None;
    }
    if significant.is_empty() {
        return Some(0.0);
    }
    u32::from_str_radix(significant, radix).ok().map(f64::from)
}

fn decimal(text: &str) -> Option<f64> {
    if text.is_empty() {
        return Some(0.0);
    }
    // Rust reads all that JavaScript does, and words such as `inf` besides.
    let plain = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    text.parse().ok().filter(|_| plain)
}

/// `WhiteSpace` and `LineTerminator` of ECMAScript: Unicode's space separators, and U+FEFF, but not U+0085.
fn is_javascript_space(character: char) -> bool {
    character == '\u{feff}' || (character.is_whitespace() && character != '\u{85}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Each line was tried in Node 20: `const a = [1]; a.length = value; a.length`.
    #[test]
    fn assigning_a_length_converts_as_javascript_does() {
        let lengths = [
            (json!(null), Some(0)),
            (json!(true), Some(1)),
            (json!(2.0), Some(2)),
            (json!(-0.0), Some(0)),
            (json!(1.5), None),
            (json!(-1), None),
            (json!(4_294_967_296_u64), None),
            (json!(""), Some(0)),
            (json!(" \u{feff}3\n"), Some(3)),
            (json!("\u{85}3"), None),
            (json!("0x10"), Some(16)),
            (json!("0X"), None),
            (json!("0x-1"), None),
            (json!("0b00000000000000000000000000000000011"), Some(3)),
            (json!("-0"), Some(0)),
            (json!("+1e1"), Some(10)),
            (json!("1."), Some(1)),
            (json!("."), None),
            (json!("inf"), None),
            (json!("Infinity"), None),
            (json!("1_0"), None),
            (json!([]), Some(0)),
            (json!([null]), Some(0)),
            (json!([[["7"]]]), Some(7)),
            (json!([true]), None),
            (json!([1, 2]), None),
            (json!({}), None),
        ];
        for (value, length) in lengths {
            assert_eq!(array_length(&value), length, "{value}");
        }
    }
}
