//! Texts that stand elsewhere: `{ env = "NAME" }` and `{ file = "PATH" }`.

use std::env::VarError;
use std::io::Read;

use serde_json::{Map, Value};

use super::problems::Found;

/// The longest file that is read for a value: a private key or a list of secrets, not a disk.
const MAX_BYTES: u64 = 64 << 10;

/// What a policy is set to is its own: nothing in there is a reference, or a key of ours.
pub(super) fn is_free(path: &[String]) -> bool {
    matches!(path, [tenants, _, policy, settings, ..] if tenants == "tenants" && policy == "policy" && settings == "settings")
}

/// Puts each text in the place of what refers to it.
pub(super) fn resolve(value: &mut Value, found: &mut Found<'_>) {
    walk(value, &mut Vec::new(), found);
}

fn walk(value: &mut Value, path: &mut Vec<String>, found: &mut Found<'_>) {
    if is_free(path) {
        return;
    }
    if let Some(referred) = value.as_object().and_then(reference) {
        match referred {
            Ok(text) => *value = Value::String(text),
            Err(problem) => {
                let path: Vec<_> = path.iter().map(String::as_str).collect();
                found.add(&path, problem);
                // Of the right kind, so that the same place is not found wrong once more.
                *value = Value::Null;
            }
        }
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                path.push(name.clone());
                walk(field, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(index.to_string());
                walk(item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// None for what refers to nothing.
fn reference(fields: &Map<String, Value>) -> Option<Result<String, String>> {
    let mut all = fields.iter();
    let (Some((key, Value::String(name))), None) = (all.next(), all.next()) else {
        return None;
    };
    match key.as_str() {
        "env" => Some(variable(name).map_err(|problem| format!("is the environment variable `{name}`: {problem}"))),
        "file" => Some(read(name).map_err(|error| format!("is the file {name}: {error}"))),
        _ => None,
    }
}

/// The standard library's own words quote what it is.
fn variable(name: &str) -> Result<String, &'static str> {
    std::env::var(name).map_err(|error| match error {
        VarError::NotPresent => "environment variable not found",
        VarError::NotUnicode(_) => "it is no UTF-8",
    })
}

fn read(path: &str) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
