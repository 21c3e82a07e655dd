//! A parsed file as a value of JSON, which is what the schema is about.

use serde_json::{Map, Number, Value};
use toml::de::{DeInteger, DeTable, DeValue};

use super::indirect::is_free;
use super::problems::Found;

/// What cannot be one is found wrong at its place, and null.
pub(super) fn of(table: &DeTable<'_>, found: &mut Found<'_>) -> Value {
    Value::Object(fields(table, &mut Vec::new(), found))
}

fn fields(table: &DeTable<'_>, path: &mut Vec<String>, found: &mut Found<'_>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        fields.insert(key.get_ref().to_string(), one(value.get_ref(), path, found));
        path.pop();
    }
    fields
}

fn one(value: &DeValue<'_>, path: &mut Vec<String>, found: &mut Found<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(truth) => Value::Bool(*truth),
        DeValue::Integer(number) => integer(number).unwrap_or_else(|| wrong(path, found, "is too large a number")),
        // Of our own keys none takes a fraction; a policy's settings may.
        DeValue::Float(number) if is_free(path) => {
            let number = number.as_str().parse().ok().and_then(Number::from_f64);
            number.map_or_else(|| wrong(path, found, "is no number that JSON has"), Value::Number)
        }
        DeValue::Float(_) => wrong(path, found, "must be without a decimal point or an exponent"),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Table(table) => Value::Object(fields(table, path, found)),
        DeValue::Array(items) => {
            let items = items.iter().enumerate().map(|(index, item)| {
                path.push(index.to_string());
                let item = one(item.get_ref(), path, found);
                path.pop();
                item
            });
            Value::Array(items.collect())
        }
    }
}

fn integer(number: &DeInteger<'_>) -> Option<Value> {
    let signed = i64::from_str_radix(number.as_str(), number.radix()).map(Value::from);
    signed
        .or_else(|_| u64::from_str_radix(number.as_str(), number.radix()).map(Value::from))
        .ok()
}

fn wrong(path: &[String], found: &mut Found<'_>, text: &str) -> Value {
    found.add(&path.iter().map(String::as_str).collect::<Vec<_>>(), text);
    Value::Null
}
