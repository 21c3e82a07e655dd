//! What the browser brings back from the tenant.

use std::fmt;

use url::{Url, form_urlencoded};

/// The most bytes of a query that are looked at; Auth0's are a few hundred.
const MAX_QUERY_BYTES: usize = 8 * 1024;

/// The most characters of a text from outside that are kept.
const MAX_TEXT_CHARACTERS: usize = 300;

/// The authorization response, before its state is compared with anything. `Debug` prints neither code nor state.
#[derive(Clone, PartialEq, Eq)]
pub enum CallbackOutcome {
    /// A code to exchange, once the state is found to be ours.
    Code {
        /// For [`crate::RelyingParty::exchange`].
        code: String,
        /// Names the pending authorization.
        state: String,
    },
    /// The tenant, or the person there, said no.
    Denied {
        /// RFC 6749 §4.1.2.1 or OpenID Connect Core 1.0 §3.1.2.6: `access_denied`, `login_required`.
        error: String,
        /// The tenant's text, one line. Anybody can write a callback URL: show it only when the state is ours.
        description: Option<String>,
        /// Names the pending authorization, where present.
        state: Option<String>,
    },
    /// No authorization response of this tenant: parameters missing, repeated, contradictory, or of another issuer.
    Malformed,
}

#[derive(Default)]
struct Parameters {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
    issuer: Option<String>,
}

/// Reads the query of a callback (without the `?`).
///
/// `iss`, where the response has it, must be `issuer` to the letter (RFC 9207 §2.4): an answer of another provider must
/// not be taken to this one's token endpoint.
pub fn callback_outcome(query: &str, issuer: &Url) -> CallbackOutcome {
    let Some(parameters) = Parameters::read(query) else {
        return CallbackOutcome::Malformed;
    };
    if parameters.issuer.is_some_and(|named| named != issuer.as_str()) {
        return CallbackOutcome::Malformed;
    }
    match (parameters.code, parameters.error, parameters.state) {
        (Some(code), None, Some(state)) => CallbackOutcome::Code { code, state },
        (None, Some(error), state) => CallbackOutcome::Denied {
            error: one_line(&error),
            description: parameters.error_description.map(|text| one_line(&text)),
            state,
        },
        _ => CallbackOutcome::Malformed,
    }
}

/// Cut, and without control characters: it ends up in logs and on a page.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(MAX_TEXT_CHARACTERS)
        .collect()
}

impl Parameters {
    /// `None` when a parameter that counts comes twice (RFC 6749 §3.1 forbids it) or the query is too long.
    fn read(query: &str) -> Option<Self> {
        if query.len() > MAX_QUERY_BYTES {
            return None;
        }
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "code" => &mut parameters.code,
                "state" => &mut parameters.state,
                "error" => &mut parameters.error,
                "error_description" => &mut parameters.error_description,
                "iss" => &mut parameters.issuer,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        parameters.code = parameters.code.filter(|code| !code.is_empty());
        parameters.state = parameters.state.filter(|state| !state.is_empty());
        Some(parameters)
    }
}

impl fmt::Debug for CallbackOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code { .. } => formatter.write_str("Code"),
            Self::Denied { error, .. } => write!(formatter, "Denied({error})"),
            Self::Malformed => formatter.write_str("Malformed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(query: &str) -> CallbackOutcome {
        callback_outcome(query, &"https://tenant.example/".parse().unwrap())
    }

    #[test]
    fn a_code_needs_its_state() {
        let expected = CallbackOutcome::Code {
            code: "a+b".to_owned(),
            state: "s1".to_owned(),
        };
        assert_eq!(outcome("code=a%2Bb&state=s1&unknown=1"), expected);
        assert_eq!(outcome("code=abc"), CallbackOutcome::Malformed);
        assert_eq!(outcome("code=&state=s1"), CallbackOutcome::Malformed);
        assert_eq!(outcome(""), CallbackOutcome::Malformed);
    }

    #[test]
    fn a22_the_issuer_is_compared_where_the_response_names_it() {
        let ours = "code=c&state=s&iss=https%3A%2F%2Ftenant.example%2F";
        assert!(matches!(outcome(ours), CallbackOutcome::Code { .. }));
        for other in ["https%3A%2F%2Ftenant.example", "https%3A%2F%2Fevil.example%2F", ""] {
            let query = format!("code=c&state=s&iss={other}");
            assert_eq!(outcome(&query), CallbackOutcome::Malformed, "{other}");
        }
    }

    #[test]
    fn repeated_or_contradictory_parameters_are_malformed() {
        for query in [
            "code=a&code=b&state=s",
            "code=a&state=s&state=t",
            "code=a&error=access_denied&state=s",
        ] {
            assert_eq!(outcome(query), CallbackOutcome::Malformed, "{query}");
        }
        assert_eq!(
            outcome(&format!("code={}&state=s", "x".repeat(9000))),
            CallbackOutcome::Malformed
        );
    }

    #[test]
    fn a_refusal_is_one_line_of_bounded_length() {
        let query = format!(
            "error=access_denied&error_description=a%0Ab{}&state=s",
            "x".repeat(1000)
        );
        let CallbackOutcome::Denied {
            error,
            description,
            state,
        } = outcome(&query)
        else {
            panic!("not denied");
        };
        assert_eq!((error.as_str(), state.as_deref()), ("access_denied", Some("s")));
        let description = description.unwrap();
        assert!(description.starts_with("a b") && description.chars().count() == MAX_TEXT_CHARACTERS);
    }

    #[test]
    fn debug_output_holds_no_code() {
        assert_eq!(format!("{:?}", outcome("code=secret&state=s")), "Code");
    }
}
