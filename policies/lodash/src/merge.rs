//! `_.merge({}, secondary, primary)` of lodash 4.17.21, for two objects that came from JSON, as `JSON.stringify` writes
//! the result.
//!
//! lodash's `baseMerge` walks the keys of a source: an object or array goes to `baseMergeDeep`, anything else is assigned.
//! JSON has no `undefined`, functions, typed arrays, `arguments` or shared references, so most branches never run. What is
//! left has corners of its own, named where they are modelled:
//!
//! - **Q1** `__proto__` as a key. `safeGet` answers `undefined` for it, so an object or array under it is not seen, and
//!   nothing is assigned; a scalar is defined as an ordinary property.
//! - **Q2** Keys every object inherits (`toString`, `constructor`...). The inherited functions count as no value.
//! - **Q3** Array into array: by index, beyond its end the target's items stand.
//! - **Q4** Array into an *array-like* object, one whose `length` is a whole number from 0 to 2^53-1: the object is
//!   copied into an array first, and its other keys are lost. Array into anything else: the array replaces it.
//! - **Q5** Object into array: the array stays. Keys that are array indexes set items, `length` sets the length, and any
//!   other key becomes a property of the array, which `JSON.stringify` leaves out.
//! - **Q6** Holes in an array are written as `null`.

mod length;

use std::fmt;

use serde_json::{Map, Value};

use length::{array_length, array_like_length};

/// The longest array this model makes from an index or a length. Real lodash goes on until memory or the longest string
/// ends it, around 10^8 items; a bag that asks for more holes than this is an attack or a mistake.
const LONGEST_ARRAY: usize = 100_000;

/// The largest array index of JavaScript, 2^32 - 2. Larger numbers are ordinary property names.
const LARGEST_INDEX: u32 = u32::MAX - 1;

/// What lodash throws, or would run out of memory over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thrown {
    /// `RangeError: Invalid array length`: the primary sets an array's `length` to what is no length.
    InvalidArrayLength,
    /// An array would get more items than this model makes.
    ArrayTooLong,
}

impl fmt::Display for Thrown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidArrayLength => formatter.write_str("RangeError: Invalid array length"),
            Self::ArrayTooLong => write!(formatter, "a key would make an array longer than {LONGEST_ARRAY} items"),
        }
    }
}

impl std::error::Error for Thrown {}

/// `_.merge({}, secondary, primary)`.
///
/// # Errors
/// [`Thrown`] where lodash throws, and where it would make an array of more than 100,000 items out of a number.
pub fn merge(secondary: &Map<String, Value>, primary: &Map<String, Value>) -> Result<Map<String, Value>, Thrown> {
    let mut object = copy_object(secondary);
    merge_object(&mut object, primary)?;
    Ok(object)
}

/// `baseMerge` of an object into a fresh `{}`: nothing is there yet, so all that differs from a copy is Q1.
fn copy_object(source: &Map<String, Value>) -> Map<String, Value> {
    let seen = source.iter().filter(|(key, value)| !is_hidden(key, value));
    seen.map(|(key, value)| (key.clone(), copy(value))).collect()
}

fn copy(source: &Value) -> Value {
    match source {
        Value::Object(source) => Value::Object(copy_object(source)),
        Value::Array(source) => Value::Array(source.iter().map(copy).collect()),
        scalar => scalar.clone(),
    }
}

/// Q1.
fn is_hidden(key: &str, value: &Value) -> bool {
    key == "__proto__" && (value.is_object() || value.is_array())
}

/// `baseMerge` of an object into an object. Q2 needs no code: a `Map` inherits nothing.
fn merge_object(object: &mut Map<String, Value>, source: &Map<String, Value>) -> Result<(), Thrown> {
    for (key, value) in source {
        if is_hidden(key, value) {
            continue;
        }
        match object.get_mut(key) {
            Some(target) => merge_value(target, value)?,
            None => {
                object.insert(key.clone(), copy(value));
            }
        }
    }
    Ok(())
}

/// One key of `baseMerge`: `baseMergeDeep` where the source has an object or array, an assignment where it does not.
fn merge_value(target: &mut Value, source: &Value) -> Result<(), Thrown> {
    match (&mut *target, source) {
        (Value::Object(target), Value::Object(source)) => merge_object(target, source),
        (Value::Array(target), Value::Object(source)) => merge_object_into_array(target, source),
        (Value::Array(target), Value::Array(source)) => merge_array(target, source),
        (Value::Object(object), Value::Array(source)) if let Some(length) = array_like_length(object) => {
            let mut array = copy_array(object, length)?;
            merge_array(&mut array, source)?;
            *target = Value::Array(array);
            Ok(())
        }
        _ => {
            *target = copy(source);
            Ok(())
        }
    }
}

/// Q3.
fn merge_array(target: &mut Vec<Value>, source: &[Value]) -> Result<(), Thrown> {
    for (item, value) in target.iter_mut().zip(source) {
        merge_value(item, value)?;
    }
    target.extend(source.iter().skip(target.len()).map(copy));
    Ok(())
}

/// Q4, `copyArray`. Items the object does not have are `undefined`, which is written as `null` and merged as if absent.
fn copy_array(object: &mut Map<String, Value>, length: u64) -> Result<Vec<Value>, Thrown> {
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= LONGEST_ARRAY)
        .ok_or(Thrown::ArrayTooLong)?;
    Ok((0..length)
        .map(|index| object.remove(&index.to_string()).unwrap_or_default())
        .collect())
}

/// Q5. JavaScript visits array indexes before other keys, so `length` has the last word.
fn merge_object_into_array(array: &mut Vec<Value>, source: &Map<String, Value>) -> Result<(), Thrown> {
    let mut beyond = Vec::new();
    for (index, value) in source
        .iter()
        .filter_map(|(key, value)| Some((array_index(key)?, value)))
    {
        match array.get_mut(index) {
            Some(item) => merge_value(item, value)?,
            None => beyond.push((index, value)),
        }
    }
    let furthest = beyond.iter().map(|(index, _)| index + 1).max().unwrap_or_default();
    let length = match source.get("length") {
        Some(length) => array_length(length).ok_or(Thrown::InvalidArrayLength)?,
        None => furthest.max(array.len()),
    };
    if length > LONGEST_ARRAY.max(array.len()) {
        return Err(Thrown::ArrayTooLong);
    }
    array.resize(length, Value::Null);
    for (index, value) in beyond {
        if let Some(item) = array.get_mut(index) {
            *item = copy(value);
        }
    }
    Ok(())
}

/// An index as JavaScript writes it: `10`, but neither `010` nor `1e1` nor 2^32 - 1.
fn array_index(key: &str) -> Option<usize> {
    let index: u32 = key.parse().ok()?;
    let canonical = key == "0" || key.starts_with(|first: char| matches!(first, '1'..='9'));
    (canonical && index <= LARGEST_INDEX)
        .then_some(index)
        .and_then(|index| usize::try_from(index).ok())
}
