//! One spelling for equal JSON values, so that they can be compared, and shown beside each other, as they are.

use serde_json::{Number, Value};

/// The same value with whole numbers as integers (`1.0` is `1`, `-0.0` is `0`) and keys in order. Exact: no integer is rounded, so values beyond 2^53 that
/// differ stay different.
pub(crate) fn canonical(mut value: Value) -> Value {
    whole_numbers(&mut value);
    value.sort_all_objects();
    value
}

fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
                *number = whole;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(object) => object.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

/// None where there is a fraction, and where no 64-bit integer holds the number: 2^63 and 2^64 are the first doubles beyond.
fn whole(float: f64) -> Option<Number> {
    const BEYOND_I64: f64 = 9_223_372_036_854_775_808.0;
    const BEYOND_U64: f64 = 18_446_744_073_709_551_616.0;
    if float.fract() != 0.0 {
        None
    } else if (-BEYOND_I64..BEYOND_I64).contains(&float) {
        Some(Number::from(float as i64))
    } else if (BEYOND_I64..BEYOND_U64).contains(&float) {
        Some(Number::from(float as u64))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_have_one_spelling() {
        let one = json!({"b": [1.0, -0.0, 1e3], "a": {"x": 9_223_372_036_854_775_808.0}});
        let other = json!({"a": {"x": 9_223_372_036_854_775_808_u64}, "b": [1, 0, 1000]});
        assert_eq!(canonical(one).to_string(), canonical(other).to_string());
    }

    #[test]
    fn different_values_stay_different() {
        for (one, other) in [
            (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0)),
            (json!(u64::MAX), json!(18_446_744_073_709_551_616.0)),
            (json!(0.5), json!(0)),
            (json!(1), json!("1")),
            (json!(1e300), json!(1e301)),
        ] {
            assert_ne!(canonical(one), canonical(other));
        }
    }
}
