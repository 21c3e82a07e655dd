use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

/// Longest that a request is held, whatever a rule says: a forgotten rule must not hold a test for ever.
const LONGEST_HOLD: Duration = Duration::from_secs(120);

/// A fault: which requests it strikes, and how they end. Of several rules the first that matches counts.
///
/// In order: the request is held (`hold`, `delay_ms`); the work is done (when nothing else is asked for, or with `after_effect`); the answer is held
/// (`timeout_ms`); then the connection is reset (`reset`), or the answer is `status` with `body`. A rule with `timeout_ms` alone ends in 504.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultRule {
    /// An HTTP method; any by default.
    pub method: Option<String>,
    /// Compared with the decoded path: with `*` as a pattern of the whole, otherwise as its beginning.
    pub path: String,
    /// How many requests it strikes; all by default.
    pub times: Option<u32>,
    /// Requests that match and are let through first.
    pub skip: u32,
    /// Answer this status.
    pub status: Option<u16>,
    /// With this body; text is sent as it is. By default an error in the API's shape.
    pub body: Option<Value>,
    /// And with this `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// Hold the answer for so many milliseconds.
    pub timeout_ms: Option<u64>,
    /// Cut the connection instead of answering.
    pub reset: bool,
    /// Do the work first, then fail.
    pub after_effect: bool,
    /// Do the work so many milliseconds after the request came, whoever still waits: the effect that arrives late.
    pub late_effect_ms: Option<u64>,
    /// Hold the request for so many milliseconds before the work.
    pub delay_ms: Option<u64>,
    /// Hold the request until the rules are next replaced or cleared, two minutes at most: lets a test choose an order.
    pub hold: bool,
}

impl FaultRule {
    fn strikes(&self, method: &str, path: &str) -> bool {
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
        self.status.is_some() || self.reset || self.timeout_ms.is_some()
    }

    /// How long the request is held before the work.
    #[must_use]
    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or_default()).min(LONGEST_HOLD)
    }

    /// How long the answer is held.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.unwrap_or_default()).min(LONGEST_HOLD)
    }

    /// How long after the failure the work is done, if then.
    #[must_use]
    pub fn late_effect(&self) -> Option<Duration> {
        self.late_effect_ms
            .map(|after| Duration::from_millis(after).min(LONGEST_HOLD))
    }
}

/// The faults in force.
pub struct Faults {
    rules: Vec<FaultRule>,
    generation: watch::Sender<u64>,
}

impl Faults {
    /// These rules.
    #[must_use]
    pub fn new(rules: Vec<FaultRule>) -> Self {
        Self {
            rules,
            generation: watch::Sender::new(0),
        }
    }

    /// Replaces all rules, and lets go of every request that the old ones hold.
    pub fn replace(&mut self, rules: Vec<FaultRule>) {
        self.rules = rules;
        self.generation.send_modify(|generation| *generation += 1);
    }

    /// What is left of the rules.
    #[must_use]
    pub fn rules(&self) -> &[FaultRule] {
        &self.rules
    }

    /// The rule that strikes a request, which is then used once more; and what tells when a held request may go.
    pub fn strike(&mut self, method: &str, path: &str) -> Option<(FaultRule, Release)> {
        let rule = self
            .rules
            .iter_mut()
            .find(|rule| rule.times != Some(0) && rule.strikes(method, path))?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.times = rule.times.map(|times| times.saturating_sub(1));
        Some((rule.clone(), Release(self.generation.subscribe())))
    }
}

/// Tells a held request when it may go on.
pub struct Release(watch::Receiver<u64>);

impl Release {
    /// Waits until the rules are replaced.
    pub async fn wait(mut self) {
        // A closed channel means that the tenant was reset: the rules are gone too.
        drop(tokio::time::timeout(LONGEST_HOLD, self.0.changed()).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_strikes_as_often_as_it_says_and_where_it_says() {
        let rule = FaultRule {
            method: Some("patch".to_owned()),
            path: "/api/v2/users/*".to_owned(),
            times: Some(1),
            skip: 1,
            ..FaultRule::default()
        };
        let mut faults = Faults::new(vec![rule]);
        let mut strikes = |method, path| faults.strike(method, path).is_some();
        assert!(!strikes("GET", "/api/v2/users/auth0|ada"));
        assert!(!strikes("PATCH", "/api/v2/users-by-email"));
        assert!(!strikes("PATCH", "/api/v2/users/auth0|ada"), "the first is skipped");
        assert!(strikes("PATCH", "/api/v2/users/auth0|ada"));
        assert!(!strikes("PATCH", "/api/v2/users/auth0|ada"), "it strikes once");
    }

    #[test]
    fn a_path_without_a_star_is_a_beginning() {
        let mut faults = Faults::new(vec![FaultRule {
            path: "/oauth/".to_owned(),
            ..FaultRule::default()
        }]);
        assert!(faults.strike("POST", "/oauth/token").is_some());
        assert!(faults.strike("GET", "/userinfo").is_none());
    }
}
