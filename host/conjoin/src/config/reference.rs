//! The reference of all keys, written from the schema: what a key is for stands once, beside its type.

use std::fmt::Write;

use serde_json::Value;

use super::schema::resolved_schema;

const HEAD: &str = "\
# Configuration

Written from the program's own types; `conjoin config schema` prints them as JSON Schema, for editors. `conjoin config check --config FILE` tells every mistake in a file
at once, each with its line. [OPERATING.md](OPERATING.md) has an example and says how a host is run.
";

/// `CONFIGURATION.md`.
pub fn markdown() -> String {
    let schema = resolved_schema();
    let mut text = HEAD.to_owned();
    section(&schema, &schema, "The file", &mut text);
    text
}

fn section(root: &Value, object: &Value, title: &str, text: &mut String) {
    let description = object["description"].as_str().unwrap_or_default();
    let _ = write!(
        text,
        "\n## {title}\n\n{}\n\n| key | value | what it is |\n|---|---|---|\n",
        one_line(description)
    );
    let mut below = Vec::new();
    let required: Vec<&str> = object["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, key) in object["properties"].as_object().into_iter().flatten() {
        let (kind, inner) = kind(root, key);
        let needed = if required.contains(&name.as_str()) {
            ", required"
        } else {
            ""
        };
        // A reference to a type of its own says what it is there.
        let description = key["description"].as_str().unwrap_or_default();
        let _ = writeln!(text, "| `{name}` | {kind}{needed} | {} |", one_line(description));
        if let Some((suffix, inner)) = inner {
            below.push((format!("{name}{suffix}"), inner));
        }
    }
    for (name, inner) in below {
        let title = if title == "The file" {
            format!("`[{name}]`")
        } else {
            format!("`{}.{name}]`", title.trim_matches('`').trim_end_matches(']'))
        };
        section(root, inner, &title, text);
    }
}

/// In words what a value is; and the table that it leads to, with what its name continues with.
fn kind<'a>(root: &'a Value, key: &'a Value) -> (String, Option<(&'static str, &'a Value)>) {
    let key = resolved(root, key);
    if let Some(options) = key["enum"].as_array() {
        let options: Vec<_> = options
            .iter()
            .filter_map(Value::as_str)
            .map(|option| format!("`{option}`"))
            .collect();
        return (options.join(", "), None);
    }
    if key["properties"].is_object() {
        return ("table".to_owned(), Some(("", key)));
    }
    let entries = &key["additionalProperties"];
    if entries.is_object() {
        let inner = resolved(root, entries);
        if !inner["properties"].is_object() {
            return ("table of lists".to_owned(), None);
        }
        return ("table of tables".to_owned(), Some((".NAME", inner)));
    }
    let words = |kind: &str| match kind {
        "string" => "text",
        "integer" | "number" => "number",
        "boolean" => "`true` or `false`",
        "array" => "list of texts",
        _ => "table, as the policy's own schema says",
    };
    let kind = match &key["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        kind => kind.as_str().unwrap_or_default(),
    };
    let range = match (&key["minimum"], &key["maximum"]) {
        (Value::Null, _) | (_, Value::Null) => String::new(),
        (least, most) => format!(", {least} to {most}"),
    };
    (format!("{}{range}", words(kind)), None)
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}
