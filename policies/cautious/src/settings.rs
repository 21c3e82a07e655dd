//! What a tenant can set.

use conjoin_guest::{Event, Failure, Primary};
use serde::Deserialize;

/// JSON Schema of [`Settings`]; the host checks a tenant's settings against it before they are used.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Which account survives. Unset, it depends on where the flow began.
    pub(crate) primary: Option<Primary>,
}

impl Settings {
    pub(crate) fn of(event: &Event) -> Result<Self, Failure> {
        event.settings()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_schema_and_the_type_agree() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        for value in schema["properties"]["primary"]["enum"].as_array().unwrap() {
            serde_json::from_value::<Settings>(json!({ "primary": value })).unwrap();
        }
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"].as_object().unwrap().len(), 1);
        serde_json::from_value::<Settings>(json!({"primary": "newest"})).unwrap_err();
        serde_json::from_value::<Settings>(json!({"arrays": "union"})).unwrap_err();
    }
}
