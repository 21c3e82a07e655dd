//! Request bodies: JSON objects that hold known properties of known types, refused in Auth0's words.

use serde_json::{Map, Value};

use super::error::ApiError;

/// Reads a JSON object with nothing but these properties.
///
/// # Errors
/// 400 `invalid_body`.
pub fn object(body: &[u8], allowed: &[&str]) -> Result<Map<String, Value>, ApiError> {
    let value: Value = serde_json::from_slice(body).map_err(|_| ApiError {
        message: "Invalid request payload JSON format".to_owned(),
        ..ApiError::payload("")
    })?;
    let Value::Object(object) = value else {
        return Err(expected("object", "", &value));
    };
    let unknown: Vec<&str> = object
        .keys()
        .map(String::as_str)
        .filter(|key| !allowed.contains(key))
        .collect();
    if unknown.is_empty() {
        Ok(object)
    } else {
        Err(ApiError::payload(format!(
            "Additional properties not allowed: {}",
            unknown.join(", ")
        )))
    }
}

/// Takes a property that has to be a string.
///
/// # Errors
/// 400 `invalid_body`.
pub fn text(object: &mut Map<String, Value>, name: &str) -> Result<Option<String>, ApiError> {
    match object.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(expected("string", name, &other)),
    }
}

/// Takes a metadata bag.
///
/// # Errors
/// 400 `invalid_body`.
pub fn bag(object: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, ApiError> {
    match object.remove(name) {
        None => Ok(None),
        Some(Value::Object(bag)) => Ok(Some(bag)),
        Some(other) => Err(expected("object", name, &other)),
    }
}

/// "Expected type … but found type …".
pub fn expected(wanted: &str, property: &str, found: &Value) -> ApiError {
    let kind = match found {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let place = if property.is_empty() {
        String::new()
    } else {
        format!(" on property {property}")
    };
    let message = format!("Payload validation error: 'Expected type {wanted} but found type {kind}'{place}.");
    ApiError {
        message,
        ..ApiError::payload("")
    }
}

/// "… on property …".
pub fn invalid(problem: &str, property: &str) -> ApiError {
    ApiError {
        message: format!("Payload validation error: '{problem}' on property {property}."),
        ..ApiError::payload("")
    }
}
