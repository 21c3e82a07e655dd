use axum::extract::RawQuery;
use serde_json::Value;
use url::form_urlencoded;

use super::error::ApiError;

/// The query of a request of the Management API. Unknown parameters are ignored.
pub struct QueryParameters(Vec<(String, String)>);

impl From<RawQuery> for QueryParameters {
    fn from(RawQuery(query): RawQuery) -> Self {
        let query = query.unwrap_or_default();
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }
}

impl QueryParameters {
    /// The value of a parameter; of a repeated one the last.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// Every value of a parameter that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.0.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// A number within bounds, or its default.
    ///
    /// # Errors
    /// 400 `invalid_query_string`.
    pub fn number(&self, name: &str, default: usize, maximum: usize) -> Result<usize, ApiError> {
        match self.get(name).map(str::parse::<usize>) {
            None => Ok(default),
            Some(Ok(number)) if number <= maximum => Ok(number),
            Some(Ok(number)) => Err(ApiError::query(format!(
                "Value {number} is greater than maximum {maximum}' on property '{name}"
            ))),
            Some(Err(_)) => Err(ApiError::query(format!("Expected type integer on property '{name}"))),
        }
    }

    /// A boolean, or its default.
    ///
    /// # Errors
    /// 400 `invalid_query_string`.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(ApiError::query(format!("Expected type boolean on property '{name}"))),
        }
    }

    /// Leaves the fields of a user that `fields` and `include_fields` ask for.
    ///
    /// # Errors
    /// 400 `invalid_query_string`.
    pub fn select(&self, mut user: Value) -> Result<Value, ApiError> {
        let include = self.flag("include_fields", true)?;
        if let (Some(fields), Value::Object(object)) =
            (self.get("fields").filter(|fields| !fields.is_empty()), &mut user)
        {
            let named: Vec<&str> = fields.split(',').map(str::trim).collect();
            object.retain(|key, _| named.contains(&key.as_str()) == include);
        }
        Ok(user)
    }
}
