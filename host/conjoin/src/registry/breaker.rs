//! When a policy fails again and again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use conjoin_linking::policies::{Outcome, PolicyReference};

/// Counts the people for whom a policy failed since it last worked. People and not failures: one odd account that is tried over and over must not take a tenant's policy
/// out for everyone.
#[derive(Default)]
pub(super) struct Breaker(Mutex<Count>);

#[derive(Default)]
struct Count {
    of: Option<PolicyReference>,
    failed_for: HashSet<String>,
}

impl Breaker {
    /// Whether the policy has failed for as many people in a row as it may. It says so once.
    pub(super) fn opens(&self, reference: &PolicyReference, subject: &str, outcome: Outcome, after: u32) -> bool {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if count.of.as_ref() != Some(reference) {
            *count = Count {
                of: Some(reference.clone()),
                failed_for: HashSet::new(),
            };
        }
        match outcome {
            Outcome::Decided => {
                count.failed_for.clear();
                false
            }
            Outcome::Failed => {
                let new = count.failed_for.insert(subject.to_owned());
                let opens = new && count.failed_for.len() >= usize::try_from(after).unwrap_or(usize::MAX);
                if opens {
                    count.failed_for.clear();
                }
                opens
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(policy: &str) -> PolicyReference {
        PolicyReference {
            policy: policy.to_owned(),
            settings: String::new(),
        }
    }

    #[test]
    fn as_many_people_in_a_row_as_it_may_fail_for() {
        let (breaker, policy) = (Breaker::default(), reference("a"));
        let fails = |subject: &str| breaker.opens(&policy, subject, Outcome::Failed, 2);
        assert!(!fails("ada") && !fails("ada"), "one person is one");
        assert!(fails("grace"));
        assert!(!fails("ada"), "said once, and counted anew");
        assert!(!breaker.opens(&policy, "eve", Outcome::Decided, 2) && !fails("grace"));
        assert!(
            !breaker.opens(&reference("b"), "eve", Outcome::Failed, 2),
            "another version"
        );
    }
}
