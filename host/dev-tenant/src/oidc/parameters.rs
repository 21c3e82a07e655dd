use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use serde_json::Value;
use url::form_urlencoded;

/// The parameters of an OAuth request, from a query, a form or a JSON object. Of a repeated one the first counts; an empty one counts as absent.
#[derive(Clone, Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// From a query or an `application/x-www-form-urlencoded` body.
    #[must_use]
    pub fn from_urlencoded(text: &[u8]) -> Self {
        let mut parameters = BTreeMap::new();
        for (key, value) in form_urlencoded::parse(text) {
            parameters.entry(key.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(parameters)
    }

    /// From a body of either kind that Auth0 takes; `None` when it is announced as JSON and is not an object.
    #[must_use]
    pub fn from_body(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !content_type.starts_with("application/json") {
            return Some(Self::from_urlencoded(body));
        }
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
            return None;
        };
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => Some(other.to_string()),
        };
        Some(Self(
            object
                .into_iter()
                .filter_map(|(key, value)| Some((key, text(value)?)))
                .collect(),
        ))
    }

    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a parameter was sent, if only by name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The value of a parameter, owned.
    #[must_use]
    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The words of a space-separated parameter.
    pub fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name).unwrap_or_default().split_ascii_whitespace()
    }

    /// All of them, for the log of calls.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Object(
            self.0
                .iter()
                .map(|(key, value)| (key.clone(), Value::String(value.clone())))
                .collect(),
        )
    }

    /// Sets a parameter.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Takes a parameter out.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }
}
