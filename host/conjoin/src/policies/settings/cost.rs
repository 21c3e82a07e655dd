//! What it costs to check settings against a schema, at most. A few hundred bytes of nested references can ask for more work than a host has: each level that names the
//! next one twice doubles it.

use std::collections::HashMap;

use serde_json::Value;

/// Values of the schema, references followed, times values of the settings.
const MOST: u64 = 1_000_000;

/// The most levels of a schema, references followed: who checks goes as deep.
const MAX_DEPTH: u32 = 128;

/// A pattern counts as so many values: it is a program.
const PATTERN: u64 = 10_000;

/// Keywords by which a schema can name another one in ways that are not followed here.
const UNSUPPORTED: [&str; 5] = ["$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor"];

/// Why a schema is not used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Costly {
    #[error("it names itself (`{0}`): settings are a value of bounded depth, so write that depth out")]
    Recursive(String),
    #[error("`{0}` is not supported: name parts of the schema by `$ref` with a pointer, such as `#/$defs/part`")]
    Unsupported(String),
    #[error("it is written in draft 4, which is not supported: use `https://json-schema.org/draft/2020-12/schema`")]
    OldDraft,
    #[error("it is nested more than {MAX_DEPTH} levels deep, references followed")]
    TooDeep,
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
    let cost = count.of_all(parts, 0)?.cost.saturating_mul(values(settings));
    if cost > MOST { Err(Costly::TooMuch) } else { Ok(()) }
}

/// Of a part of a schema, references followed.
#[derive(Clone, Copy)]
struct Size {
    cost: u64,
    /// Levels below it, itself included.
    height: u32,
}

struct Count<'a> {
    schema: &'a Value,
    /// What a reference comes to; none while it is being counted.
    known: HashMap<&'a str, Option<Size>>,
}

impl<'a> Count<'a> {
    /// Every value counts as a schema that is tried: more than it is, never less.
    fn of(&mut self, value: &'a Value, depth: u32) -> Result<Size, Costly> {
        match value {
            Value::Object(object) => self.of_all(object, depth),
            Value::Array(array) => {
                let mut size = Size::one(depth)?;
                for value in array {
                    size.add(self.of(value, depth + 1)?);
                }
                Ok(size)
            }
            _ => Size::one(depth),
        }
    }

    fn of_all(&mut self, parts: impl IntoIterator<Item = (&'a String, &'a Value)>, depth: u32) -> Result<Size, Costly> {
        let mut size = Size::one(depth)?;
        for (key, value) in parts {
            size.add(match value {
                Value::String(_) if UNSUPPORTED.contains(&key.as_str()) => {
                    return Err(Costly::Unsupported(key.clone()));
                }
                // There, `id` names a part as `$id` does elsewhere, and so changes what references in it point to.
                Value::String(uri) if key == "$schema" && uri.contains("draft-04") => {
                    return Err(Costly::OldDraft);
                }
                Value::String(reference) if key == "$ref" => self.of_reference(reference, depth + 1)?,
                value => self.of(value, depth + 1)?,
            });
            match (key.as_str(), value) {
                ("pattern", Value::String(_)) => size.cost = size.cost.saturating_add(PATTERN),
                ("patternProperties", Value::Object(patterns)) => {
                    size.cost = size.cost.saturating_add(PATTERN.saturating_mul(patterns.len() as u64));
                }
                _ => {}
            }
        }
        Ok(size)
    }

    fn of_reference(&mut self, reference: &'a str, depth: u32) -> Result<Size, Costly> {
        match self.known.get(reference) {
            Some(Some(size)) if depth.saturating_add(size.height) > MAX_DEPTH => return Err(Costly::TooDeep),
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Costly::Recursive(reference.to_owned())),
            None => {}
        }
        let pointer = reference.strip_prefix('#');
        let pointer = pointer.ok_or_else(|| Costly::Unsupported(reference.to_owned()))?;
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
        let target = self.schema.pointer(&pointer);
        let target = target.ok_or_else(|| Costly::Nothing(reference.to_owned()))?;
        self.known.insert(reference, None);
        let size = self.of(target, depth)?;
        self.known.insert(reference, Some(size));
        Ok(size)
    }
}

impl Size {
    fn one(depth: u32) -> Result<Self, Costly> {
        if depth > MAX_DEPTH {
            return Err(Costly::TooDeep);
        }
        Ok(Self { cost: 1, height: 1 })
    }

    fn add(&mut self, part: Self) {
        self.cost = self.cost.saturating_add(part.cost);
        self.height = self.height.max(part.height.saturating_add(1));
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
    fn references_that_lead_ever_deeper_are_refused() {
        let nested = |inner: Value| (0..20).fold(inner, |inner, _| json!([inner]));
        let link = |level: usize| nested(json!({"$ref": format!("#/{}", level + 1)}));
        let mut schema: serde_json::Map<_, _> = (0..200).map(|level| (level.to_string(), link(level))).collect();
        schema.insert("200".to_owned(), json!({}));
        assert_eq!(check(&json!(schema), &json!({})), Err(Costly::TooDeep));
        // Also where the reference is known by then: the last of a chain is met first.
        let reference = |level: usize| json!({"$ref": format!("#/parts/{level}")});
        let chain: Vec<_> = (0..200).rev().map(reference).collect();
        let parts = (0..200).map(|level| (level.to_string(), reference(level + 1)));
        let parts: serde_json::Map<_, _> = parts.chain([("200".to_owned(), json!({}))]).collect();
        let schema = json!({"allOf": chain, "parts": parts});
        assert_eq!(check(&schema, &json!({})), Err(Costly::TooDeep));
    }

    #[test]
    fn patterns_cost_and_old_drafts_are_refused() {
        let one = json!({"properties": {"name": {"pattern": "^a+$"}}});
        assert_eq!(check(&one, &json!({"name": "a"})), Ok(()));
        let many: Vec<_> = (0..200)
            .map(|number| json!({"pattern": format!("\\w{{{number}}}")}))
            .collect();
        assert_eq!(check(&json!({"allOf": many}), &json!({})), Err(Costly::TooMuch));
        let old = json!({"$schema": "http://json-schema.org/draft-04/schema#"});
        assert_eq!(check(&old, &json!({})), Err(Costly::OldDraft));
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
