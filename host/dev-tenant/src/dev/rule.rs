use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Longest that a request is held, whatever a rule says: a forgotten rule must not hold a test for ever.
pub const LONGEST_HOLD: Duration = Duration::from_secs(120);

/// A fault: which requests it strikes, and how they end. Of several rules the first that strikes counts; a rule that matches and lets a request through, by
/// `skip` or `one_in`, leaves it to the rules after it.
///
/// In order: the request is held (`hold`, `delay_ms`); the work is done (when nothing else is asked for, or with `after_effect` or `malformed`); the answer
/// is held (`timeout_ms`); then the connection is reset (`reset`), or the real answer is cut in half (`malformed`), or the answer is `status` with `body`. A
/// rule with no more than `timeout_ms` or a late effect ends in 504. `headers` are added to whatever is answered.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultRule {
    /// What `DELETE /_dev/faults?name=…` and the log of calls know it by. Rules may share one.
    pub name: Option<String>,
    /// An HTTP method; any by default.
    pub method: Option<String>,
    /// Compared with the decoded path: with `*` as a pattern of the whole, otherwise as its beginning.
    pub path: String,
    /// How many requests it strikes; all by default.
    pub times: Option<u32>,
    /// Requests that match and are let through first.
    pub skip: u32,
    /// Of the requests that match, strike the N-th, the 2N-th and so on: by count, never by chance.
    pub one_in: Option<NonZeroU32>,
    /// Answer this status. 429 brings Auth0's `X-RateLimit-` headers.
    #[serde(deserialize_with = "status")]
    pub status: Option<u16>,
    /// With this body; text is sent as it is. By default an error in the API's shape, for 429 Auth0's own.
    pub body: Option<Value>,
    /// And with these headers, in place of any of the same name.
    #[serde(deserialize_with = "headers")]
    pub headers: BTreeMap<String, String>,
    /// And with this `Retry-After`, in seconds. With 429 `X-RateLimit-Reset` agrees with it.
    pub retry_after: Option<u64>,
    /// Do the work, and answer with the real status and the first half of the real body: JSON that ends in the middle. `status` replaces the status, `body`
    /// is not looked at; an answer without a body has nothing to cut.
    pub malformed: bool,
    /// Hold the answer for so many milliseconds.
    pub timeout_ms: Option<u64>,
    /// Cut the connection instead of answering.
    pub reset: bool,
    /// Do the work first, then fail.
    pub after_effect: bool,
    /// Fail, and do the work so many milliseconds after the request came, whoever still waits: the effect that arrives late.
    pub late_effect_ms: Option<u64>,
    /// Fail, and do the work when the rule is taken away, two minutes later at most: the late effect for tests that choose when.
    pub late_effect_on_release: bool,
    /// Hold the request for so many milliseconds before the work.
    pub delay_ms: Option<u64>,
    /// Hold the request until the rule is taken away, two minutes at most: lets a test choose an order.
    pub hold: bool,
}

impl FaultRule {
    /// Whether a request is one of those that the rule is about.
    #[must_use]
    pub fn matches(&self, method: &str, path: &str) -> bool {
        let method_fits = self.method.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(method));
        method_fits
            && if self.path.contains('*') {
                crate::store::wildcard(&self.path, path)
            } else {
                path.starts_with(&self.path)
            }
    }

    /// Whether the request ends otherwise than it would have.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.status.is_some() || self.reset || self.malformed || self.timeout_ms.is_some() || self.has_late_effect()
    }

    /// Whether the work is done after the request has failed.
    #[must_use]
    pub fn has_late_effect(&self) -> bool {
        self.late_effect_on_release || self.late_effect_ms.is_some()
    }

    /// The status that the rule asks for.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status.and_then(|status| StatusCode::from_u16(status).ok())
    }

    /// How long the request is held before the work.
    #[must_use]
    pub fn delay(&self) -> Duration {
        bounded(self.delay_ms)
    }

    /// How long the answer is held.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        bounded(self.timeout_ms)
    }

    /// How long after the request came the work is done, with `late_effect_ms`.
    #[must_use]
    pub fn late_effect(&self) -> Duration {
        bounded(self.late_effect_ms)
    }
}

fn bounded(milliseconds: Option<u64>) -> Duration {
    Duration::from_millis(milliseconds.unwrap_or_default()).min(LONGEST_HOLD)
}

/// Refused at the door: a rule that cannot be answered with is better found where it is written.
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    let status = Option::<u16>::deserialize(deserializer)?;
    match status.map(StatusCode::from_u16) {
        Some(Err(error)) => Err(D::Error::custom(format!("status: {error}"))),
        _ => Ok(status),
    }
}

fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let headers = BTreeMap::<String, String>::deserialize(deserializer)?;
    for (name, value) in &headers {
        HeaderName::try_from(name).map_err(|error| D::Error::custom(format!("header {name:?}: {error}")))?;
        HeaderValue::try_from(value).map_err(|error| D::Error::custom(format!("header {name:?}: {error}")))?;
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_that_cannot_be_answered_with_is_refused() {
        for (rule, named) in [
            (json!({"status": 42}), "status"),
            (json!({"one_in": 0}), "nonzero"),
            (json!({"headers": {"not a name": "x"}}), "not a name"),
            (json!({"headers": {"x-value": "a\nb"}}), "x-value"),
            (json!({"statsu": 500}), "statsu"),
        ] {
            let error = serde_json::from_value::<FaultRule>(rule).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
    }
}
