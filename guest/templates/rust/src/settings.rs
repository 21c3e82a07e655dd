//! What a tenant can set.

use serde::Deserialize;

/// JSON Schema of [`Settings`]; the host checks a tenant's settings against it before they are used.
pub(crate) const SCHEMA: &str = include_str!("../settings.schema.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Keys of `app_metadata` in which the two accounts must not differ.
    pub(crate) must_agree: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            must_agree: vec!["contract".to_owned()],
        }
    }
}
