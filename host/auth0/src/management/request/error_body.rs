//! The body of a refusal.

use serde::Deserialize;

/// The most characters of a tenant's text that are kept.
const MAX_CHARACTERS: usize = 300;

/// What can be told from an error body: JSON as Auth0 describes it, JSON as others send it, or no JSON at all.
pub(in crate::management) struct ErrorBody {
    /// Whether it is an error of the API itself and not of something before it.
    pub(in crate::management) is_api_error: bool,
    /// Auth0's `errorCode`; often absent.
    pub(in crate::management) error_code: Option<String>,
    /// One line of text. A body that is not JSON is not repeated.
    pub(in crate::management) message: String,
}

/// `{"statusCode", "error", "message", "errorCode"}` of the API, `{"error", "error_description"}` of RFC 6749 §5.2.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    #[serde(rename = "statusCode")]
    status_code: Option<u16>,
    error: Option<String>,
    message: Option<String>,
    error_description: Option<String>,
    #[serde(rename = "errorCode")]
    error_code: Option<String>,
}

impl ErrorBody {
    pub(in crate::management) fn read(body: &[u8]) -> Self {
        let fields: Fields = serde_json::from_slice(body).unwrap_or_default();
        let message = fields.message.or(fields.error_description).or(fields.error);
        Self {
            is_api_error: fields.status_code.is_some(),
            error_code: fields.error_code.as_deref().map(one_line),
            message: message.map_or_else(|| "(no text)".to_owned(), |text| one_line(&text)),
        }
    }
}

/// Cut, and without control characters: it ends up in logs.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(MAX_CHARACTERS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_error_body_gives_a_text() {
        let api = ErrorBody::read(
            br#"{"statusCode":404,"error":"Not Found","message":"gone","errorCode":"inexistent_user"}"#,
        );
        assert!(api.is_api_error);
        assert_eq!(
            (api.message.as_str(), api.error_code.as_deref()),
            ("gone", Some("inexistent_user"))
        );

        let oauth = ErrorBody::read(br#"{"error":"access_denied","error_description":"Unauthorized"}"#);
        assert_eq!((oauth.is_api_error, oauth.message.as_str()), (false, "Unauthorized"));

        let bare = ErrorBody::read(br#"{"statusCode":429,"error":"Too Many Requests"}"#);
        assert_eq!((bare.error_code, bare.message.as_str()), (None, "Too Many Requests"));

        assert_eq!(ErrorBody::read(b"<html>Bad gateway</html>").message, "(no text)");
    }

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        let body = format!(r#"{{"message":"a\nb{}"}}"#, "x".repeat(1000));
        let message = ErrorBody::read(body.as_bytes()).message;
        assert!(message.starts_with("a b") && message.chars().count() == MAX_CHARACTERS);
    }
}
