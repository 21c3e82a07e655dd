//! What it costs to check settings against a schema, at most. A few hundred bytes of nested references can ask for more work than a host has: each level that names the
//! next one twice doubles it.

use std::collections::HashMap;

use serde_json::Value;

/// Values of the schema, references followed, times values of the settings.
const MOST: u64 = 1_000_000;

/// Keywords by which a schema can name another one in ways that are not followed here.
const UNSUPPORTED: [&str; 5] = ["$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor"];

/// Why a schema is not used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Costly {
    #[error("it names itself (`{0}`): settings are a value of bounded depth, so write that depth out")]
    Recursive(String),
    #[error("`{0}` is not supported: name parts of the schema by `$ref` with a pointer, such as `#/$defs/part`")]
    Unsupported(String),
    #[error("`{0}` points to nothing in it")]
    Nothing(String),
    #[error("checking these settings against it takes too long: use fewer nested references, or smaller settings")]
    TooMuch,
}

/// Refuses a schema that would take longer than it may.
pub(super) fn check(schema: &Value, settings: &Value) -> Result<(), Costly> {
    let mut count = Count {
        schema,
        known: HashMap::new(),
    };
    // The whole may have a name: what is in it is still found by pointers.
    let parts = schema.as_object().into_iter().flatten();
    let parts = parts.filter(|(key, _)| *key != "$id");
    let cost = count.of_all(parts)?.saturating_mul(values(settings));
    if cost > MOST { Err(Costly::TooMuch) } else { Ok(()) }
}

struct Count<'a> {
    schema: &'a Value,
    /// What a reference costs; none while it is being counted.
    known: HashMap<&'a str, Option<u64>>,
}

impl<'a> Count<'a> {
    /// Every value counts as a schema that is tried: more than it is, never less.
    fn of(&mut self, value: &'a Value) -> Result<u64, Costly> {
        match value {
            Value::Object(object) => self.of_all(object),
            Value::Array(array) => array
                .iter()
                .try_fold(1, |cost: u64, value| Ok(cost.saturating_add(self.of(value)?))),
            _ => Ok(1),
        }
    }

    fn of_all(&mut self, parts: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Result<u64, Costly> {
        let mut cost: u64 = 1;
        for (key, value) in parts {
            let more = match value {
                Value::String(_) if UNSUPPORTED.contains(&key.as_str()) => {
                    return Err(Costly::Unsupported(key.clone()));
                }
                Value::String(reference) if key == "$ref" => self.of_reference(reference)?,
                value => self.of(value)?,
            };
            cost = cost.saturating_add(more);
        }
        Ok(cost)
    }

    fn of_reference(&mut self, reference: &'a str) -> Result<u64, Costly> {
        match self.known.get(reference) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => return Err(Costly::Recursive(reference.to_owned())),
            None => {}
        }
        let pointer = reference.strip_prefix('#');
        let pointer = pointer.ok_or_else(|| Costly::Unsupported(reference.to_owned()))?;
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
        let target = self.schema.pointer(&pointer);
        let target = target.ok_or_else(|| Costly::Nothing(reference.to_owned()))?;
        self.known.insert(reference, None);
        let cost = self.of(target)?;
        self.known.insert(reference, Some(cost));
        Ok(cost)
    }
}

fn values(value: &Value) -> u64 {
    let parts: u64 = match value {
        Value::Object(object) => object.values().map(values).sum(),
        Value::Array(array) => array.iter().map(values).sum(),
        _ => 0,
    };
    parts + 1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_generator_writes_costs_little() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://acme.example/settings", "type": "object",
            "properties": {"arrays": {"$ref": "#/$defs/Arrays"}, "more": {"$ref": "#/$defs/Arrays"}},
            "$defs": {"Arrays": {"enum": ["union", "primary"]}},
        });
        assert_eq!(check(&schema, &json!({"arrays": "union"})), Ok(()));
        assert_eq!(check(&json!({}), &json!({"anything": [1, 2, 3]})), Ok(()));
    }

    #[test]
    fn a_few_bytes_that_double_at_every_level_are_refused() {
        let mut definitions = serde_json::Map::new();
        for level in 0..30 {
            let next = json!({"$ref": format!("#/$defs/{}", level + 1)});
            definitions.insert(level.to_string(), json!({"allOf": [next, next]}));
        }
        definitions.insert("30".to_owned(), json!({"type": "string"}));
        let schema = json!({"$ref": "#/$defs/0", "$defs": definitions});
        assert_eq!(check(&schema, &json!({})), Err(Costly::TooMuch));
    }

    #[test]
    fn a_schema_that_names_itself_or_others_is_refused() {
        let refused = |schema: Value| check(&schema, &json!({})).unwrap_err();
        assert!(matches!(refused(json!({"items": {"$ref": "#"}})), Costly::Recursive(_)));
        let around = json!({"$ref": "#/a", "a": {"$ref": "#/b"}, "b": {"items": {"$ref": "#/a"}}});
        assert!(matches!(refused(around), Costly::Recursive(_)));
        assert!(matches!(
            refused(json!({"$ref": "https://a.example/b"})),
            Costly::Unsupported(_)
        ));
        assert!(matches!(refused(json!({"$dynamicRef": "#x"})), Costly::Unsupported(_)));
        assert!(matches!(refused(json!({"$ref": "#/a"})), Costly::Nothing(_)));
    }
}
