use tokio::sync::watch;

use super::rule::{FaultRule, LONGEST_HOLD};

/// The faults in force, in the order in which they are asked.
#[derive(Default)]
pub struct Faults {
    rules: Vec<Active>,
}

/// A rule at work.
struct Active {
    rule: FaultRule,
    /// Requests that matched since the last one it struck; only of use with `one_in`.
    passed: u32,
    /// Never sent to: that it is gone tells the requests that the rule holds to go on.
    held: watch::Sender<()>,
}

impl From<FaultRule> for Active {
    fn from(rule: FaultRule) -> Self {
        Self {
            rule,
            passed: 0,
            held: watch::Sender::new(()),
        }
    }
}

impl Faults {
    /// These rules.
    #[must_use]
    pub fn new(rules: Vec<FaultRule>) -> Self {
        let mut faults = Self::default();
        faults.append(rules);
        faults
    }

    /// Replaces all rules, and lets go of every request that the old ones hold.
    pub fn replace(&mut self, rules: Vec<FaultRule>) {
        *self = Self::new(rules);
    }

    /// Adds rules after those in force, which go on holding what they hold.
    pub fn append(&mut self, rules: Vec<FaultRule>) {
        self.rules.extend(rules.into_iter().map(Active::from));
    }

    /// Takes the rules of one name away, and lets go of the requests that they hold.
    pub fn remove(&mut self, name: &str) {
        self.rules.retain(|active| active.rule.name.as_deref() != Some(name));
    }

    /// What is left of the rules.
    #[must_use]
    pub fn rules(&self) -> Vec<FaultRule> {
        self.rules.iter().map(|active| active.rule.clone()).collect()
    }

    /// The rule that strikes a request, which is then used once more; and what tells when a held request may go.
    pub fn strike(&mut self, method: &str, path: &str) -> Option<(FaultRule, Release)> {
        let active = self
            .rules
            .iter_mut()
            .find_map(|active| active.strikes(method, path).then_some(&*active))?;
        Some((active.rule.clone(), Release(active.held.subscribe())))
    }
}

impl Active {
    /// Whether the rule strikes this request. One that matches and is let through, by `skip` or `one_in`, is counted.
    fn strikes(&mut self, method: &str, path: &str) -> bool {
        if self.rule.times == Some(0) || !self.rule.matches(method, path) {
            return false;
        }
        if self.rule.skip > 0 {
            self.rule.skip -= 1;
            return false;
        }
        if let Some(every) = self.rule.one_in {
            self.passed += 1;
            if self.passed < every.get() {
                return false;
            }
            self.passed = 0;
        }
        self.rule.times = self.rule.times.map(|times| times.saturating_sub(1));
        true
    }
}

/// Tells a held request when it may go on.
#[derive(Clone)]
pub struct Release(watch::Receiver<()>);

impl Release {
    /// Waits until the rule is taken away or replaced, by whatever means.
    pub async fn wait(mut self) {
        drop(tokio::time::timeout(LONGEST_HOLD, self.0.changed()).await);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn on(path: &str) -> FaultRule {
        FaultRule {
            path: path.to_owned(),
            ..FaultRule::default()
        }
    }

    fn named(name: &str, path: &str) -> FaultRule {
        FaultRule {
            name: Some(name.to_owned()),
            ..on(path)
        }
    }

    fn struck_by(faults: &mut Faults) -> Option<String> {
        faults.strike("GET", "/x").map(|(rule, _)| rule.name.unwrap())
    }

    #[test]
    fn a_rule_strikes_as_often_as_it_says_and_where_it_says() {
        let rule = FaultRule {
            method: Some("patch".to_owned()),
            times: Some(1),
            skip: 1,
            ..on("/api/v2/users/*")
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
        let mut faults = Faults::new(vec![on("/oauth/")]);
        assert!(faults.strike("POST", "/oauth/token").is_some());
        assert!(faults.strike("GET", "/userinfo").is_none());
    }

    #[test]
    fn every_nth_is_struck_and_the_others_go_on_to_the_next_rule() {
        let third = FaultRule {
            one_in: NonZeroU32::new(3),
            ..named("third", "/x")
        };
        let mut faults = Faults::new(vec![third, named("rest", "/x")]);
        let struck: Vec<_> = (0..6).filter_map(|_| struck_by(&mut faults)).collect();
        assert_eq!(struck, ["rest", "rest", "third", "rest", "rest", "third"]);
    }

    #[test]
    fn a_skipped_request_goes_on_to_the_next_rule_too() {
        let second = FaultRule {
            skip: 1,
            ..named("from the second", "/x")
        };
        let mut faults = Faults::new(vec![second, named("rest", "/x")]);
        assert_eq!(struck_by(&mut faults).as_deref(), Some("rest"));
        assert_eq!(struck_by(&mut faults).as_deref(), Some("from the second"));
    }

    #[test]
    fn appended_rules_are_asked_last_and_taken_away_by_name() {
        let mut faults = Faults::new(vec![named("a", "/x")]);
        faults.append(vec![named("b", "/x"), on("/x")]);
        assert_eq!(struck_by(&mut faults).as_deref(), Some("a"));
        faults.remove("a");
        assert_eq!(struck_by(&mut faults).as_deref(), Some("b"));
        faults.remove("b");
        assert_eq!(faults.rules(), [on("/x")], "a rule without a name stays");
    }
}
