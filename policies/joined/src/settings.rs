//! What a tenant can set.

use conjoin_guest::{Arrays, Event, Failure, Primary};
use serde::Deserialize;

/// JSON Schema of [`Settings`]; the host checks a tenant's settings against it before they are used.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(crate) arrays: Arrays,
    pub(crate) app_metadata: AppMetadata,
    /// Which account survives. Unset, it depends on where the flow began.
    pub(crate) primary: Option<Primary>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AppMetadata {
    #[default]
    Merge,
    KeepPrimary,
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
        let properties = schema["properties"].as_object().unwrap();
        for (name, property) in properties {
            for value in property["enum"].as_array().unwrap() {
                serde_json::from_value::<Settings>(json!({ name: value })).unwrap();
            }
            serde_json::from_value::<Settings>(json!({ name: "something else" })).unwrap_err();
        }
        assert_eq!(schema["additionalProperties"], json!(false));
        assert!(
            serde_json::from_value::<Settings>(json!({"unknown": 1}))
                .unwrap_err()
                .to_string()
                .contains("arrays")
        );
    }
}
