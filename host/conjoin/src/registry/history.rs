//! What decided at a tenant, and which of it may decide again.

use std::collections::HashSet;

use conjoin_linking::policies::PolicyReference;

use crate::store::{Activation, ActivationKind};

/// A tenant's latest changes.
pub(super) struct History {
    /// The latest first.
    changes: Vec<Activation>,
    /// What decides before the first.
    default: PolicyReference,
}

impl History {
    pub(super) fn new(changes: Vec<Activation>, default: PolicyReference) -> Self {
        Self { changes, default }
    }

    /// The last change.
    pub(super) fn last(&self) -> Option<&Activation> {
        self.changes.first()
    }

    /// The number of the last change; 0 where there was none.
    pub(super) fn number(&self) -> i64 {
        self.last().map_or(0, |last| last.number)
    }

    /// What decides; none where nobody is offered anything.
    pub(super) fn decides(&self) -> Option<&PolicyReference> {
        match self.last() {
            Some(last) => last.facts.policy.as_ref(),
            None => Some(&self.default),
        }
    }

    /// What decided since the change numbered `number`; since before the first where that is 0.
    pub(super) fn at(&self, number: i64) -> Option<&PolicyReference> {
        if number == 0 {
            return Some(&self.default);
        }
        let change = self.changes.iter().find(|change| change.number == number);
        change.and_then(|change| change.facts.policy.as_ref())
    }

    /// What decided before what decides now and was good, the latest first. Not good is what somebody went back from, what was revoked and what the breaker took out,
    /// unless it was activated again after that: its last time counts.
    pub(super) fn good_before(&self) -> Vec<&PolicyReference> {
        let mut seen: HashSet<&PolicyReference> = self.decides().into_iter().collect();
        let earlier = self.changes.iter().skip(1).map(|change| change.facts.policy.as_ref());
        // What decided before the first change is told only where that one is among those that were read.
        let first = self.changes.last().is_some_and(|change| change.number == 1);
        let all = earlier.chain(first.then_some(Some(&self.default)));
        let mut good = Vec::new();
        for (reference, next) in all.zip(&self.changes) {
            let left = matches!(
                next.facts.kind,
                ActivationKind::Rollback | ActivationKind::Revoke | ActivationKind::Breaker
            );
            if let Some(reference) = reference
                && seen.insert(reference)
                && !left
            {
                good.push(reference);
            }
        }
        good
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::store::ActivationFacts;

    fn reference(policy: &str) -> PolicyReference {
        PolicyReference {
            policy: policy.to_owned(),
            settings: String::new(),
        }
    }

    /// Of changes in their order.
    fn history(changes: &[(ActivationKind, &str)]) -> History {
        let changes = changes.iter().zip(1..).map(|((kind, policy), number)| Activation {
            number,
            at: 0,
            facts: ActivationFacts {
                policy: (!policy.is_empty()).then(|| reference(policy)),
                settings: Map::new(),
                by: String::new(),
                kind: *kind,
            },
        });
        let mut changes: Vec<_> = changes.collect();
        changes.reverse();
        History::new(changes, reference("default"))
    }

    fn good(changes: &[(ActivationKind, &str)]) -> Vec<String> {
        let history = history(changes);
        history
            .good_before()
            .into_iter()
            .map(|one| one.policy.clone())
            .collect()
    }

    #[test]
    fn going_back_twice_does_not_lead_to_what_was_gone_back_from() {
        use ActivationKind::{Activate, Rollback};
        assert_eq!(good(&[(Activate, "a"), (Activate, "b")]), ["a", "default"]);
        assert_eq!(good(&[(Activate, "a"), (Activate, "b"), (Rollback, "a")]), ["default"]);
        assert!(good(&[(Activate, "a"), (Rollback, "default")]).is_empty());
        assert!(good(&[]).is_empty());
    }

    #[test]
    fn what_was_taken_out_is_good_again_once_somebody_activated_it_again() {
        use ActivationKind::{Activate, Breaker, Revoke};
        let out = [(Activate, "a"), (Activate, "b"), (Breaker, "a"), (Activate, "c")];
        assert_eq!(good(&out), ["a", "default"]);
        let again = [&out[..], &[(Activate, "b"), (Activate, "d")]].concat();
        assert_eq!(good(&again), ["b", "c", "a", "default"]);
        assert!(good(&[(Breaker, "")]).is_empty(), "the default too can be taken out");
        assert_eq!(
            good(&[(Activate, "a"), (Revoke, "b"), (Activate, "c")]),
            ["b", "default"]
        );
    }

    #[test]
    fn what_decided_before_the_first_change_that_was_read_is_not_known() {
        use ActivationKind::Activate;
        let mut history = history(&[(Activate, "a"), (Activate, "b"), (Activate, "c")]);
        history.changes.pop();
        assert_eq!(history.good_before().len(), 1);
        assert_eq!((history.number(), history.at(2).unwrap().policy.as_str()), (3, "b"));
        assert_eq!(history.at(0).unwrap().policy, "default");
        assert!(history.at(1).is_none());
    }
}
