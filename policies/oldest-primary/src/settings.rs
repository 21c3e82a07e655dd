//! What a tenant can set.

use conjoin_guest::{Event, Failure};
use serde::Deserialize;

/// JSON Schema of [`Settings`]; the host checks a tenant's settings against it before they are used.
pub(crate) const SCHEMA: &str = include_str!("settings.schema.json");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    pub(crate) app_metadata: AppMetadata,
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
        for value in schema["properties"]["app_metadata"]["enum"].as_array().unwrap() {
            serde_json::from_value::<Settings>(json!({ "app_metadata": value })).unwrap();
        }
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"].as_object().unwrap().len(), 1);
        serde_json::from_value::<Settings>(json!({"app_metadata": "discard"})).unwrap_err();
        serde_json::from_value::<Settings>(json!({"primary": "oldest"})).unwrap_err();
    }
}
