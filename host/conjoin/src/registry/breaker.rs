//! When a policy fails again and again.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use conjoin_linking::policies::{Heard, Outcome, PolicyReference};
use conjoin_linking::question::Hook;

/// Counts the people for whom a policy failed since it last worked, for each hook: one that still offers accounts may fail at joining every pair of them. People and
/// not failures: one odd account that is tried over and over must not take a tenant's policy out for everyone.
#[derive(Default)]
pub(super) struct Breaker(Mutex<Count>);

#[derive(Default)]
struct Count {
    of: Option<PolicyReference>,
    failed_for: HashMap<Hook, HashSet<String>>,
    opened: bool,
}

impl Breaker {
    /// Whether the policy has failed for as many people in a row as it may. It says so once, until [`Breaker::close`].
    pub(super) fn opens(&self, heard: Heard<'_>, after: u32) -> bool {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let mut count = self.count();
        if count.of.as_ref() != Some(heard.policy) {
            *count = Count {
                of: Some(heard.policy.clone()),
                ..Count::default()
            };
        }
        match heard.outcome {
            Outcome::Decided => {
                count.failed_for.remove(&heard.hook);
                false
            }
            Outcome::Unknown => false,
            Outcome::Failed => {
                let failed_for = count.failed_for.entry(heard.hook).or_default();
                if failed_for.len() < after {
                    failed_for.insert(heard.subject.to_string());
                }
                let opens = failed_for.len() >= after && !count.opened;
                count.opened |= opens;
                opens
            }
        }
    }

    /// Something else decides, or is tried: also the same version once more.
    pub(super) fn reset(&self) {
        *self.count() = Count::default();
    }

    /// The policy could not be taken out: the next failure says so again.
    pub(super) fn close(&self) {
        self.count().opened = false;
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use conjoin_auth0::UserId;

    use super::*;

    /// Whether the breaker opens after somebody heard of `policy`, where two may be failed for.
    fn opens(breaker: &Breaker, policy: &str, hook: Hook, subject: &str, outcome: Outcome) -> bool {
        let policy = PolicyReference {
            policy: policy.to_owned(),
            settings: String::new(),
        };
        let subject: UserId = format!("auth0|{subject}").parse().unwrap();
        let heard = Heard {
            policy: &policy,
            hook,
            subject: &subject,
            outcome,
        };
        breaker.opens(heard, 2)
    }

    #[test]
    fn it_opens_once_when_it_failed_for_as_many_people_in_a_row_as_it_may() {
        let breaker = Breaker::default();
        let fails = |subject: &str| opens(&breaker, "a", Hook::Merge, subject, Outcome::Failed);
        assert!(!fails("ada") && !fails("ada"), "one person is one");
        assert!(fails("grace") && !fails("eve"), "said once");
        breaker.close();
        assert!(fails("ada"), "and again where it could not be taken out");
    }

    #[test]
    fn only_an_answer_of_the_same_hook_shows_that_it_works() {
        let breaker = Breaker::default();
        let heard = |hook, subject: &str, outcome| opens(&breaker, "a", hook, subject, outcome);
        heard(Hook::Merge, "ada", Outcome::Failed);
        heard(Hook::SelectCandidates, "eve", Outcome::Decided);
        heard(Hook::Merge, "eve", Outcome::Unknown);
        assert!(
            heard(Hook::Merge, "grace", Outcome::Failed),
            "offers, and merges nothing"
        );
        breaker.close();
        heard(Hook::Merge, "eve", Outcome::Decided);
        assert!(!heard(Hook::Merge, "grace", Outcome::Failed), "it works again");
    }

    #[test]
    fn another_version_is_counted_anew_and_so_is_the_same_one_again() {
        let breaker = Breaker::default();
        let fails = |policy: &str, subject: &str| opens(&breaker, policy, Hook::Merge, subject, Outcome::Failed);
        fails("a", "ada");
        assert!(!fails("b", "grace") && fails("b", "ada"));
        breaker.reset();
        assert!(!fails("b", "grace") && fails("b", "ada"), "it was activated again");
    }
}
