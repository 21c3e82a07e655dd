//! A form that was refused, to be sent again: with what was typed, and not from memory.

use super::actions::Chosen;
use crate::admin::problem::Problem;

/// The form of a version and its settings.
#[derive(Debug)]
pub(super) struct Again {
    /// Where it goes.
    pub(super) action: &'static str,
    /// The version.
    pub(super) policy: String,
    /// As they were typed.
    pub(super) settings: String,
    /// The number of the change that whoever sends it has seen.
    pub(super) seen: String,
}

impl Again {
    /// The form that was sent to `action`, where the same form, typed differently or sent after another look, could be taken.
    pub(super) fn after(problem: &Problem, action: &'static str, chosen: &Chosen) -> Option<Self> {
        let details = problem.details();
        ["bad-request", "changed", "settings"]
            .contains(&details.code())
            .then(|| Self {
                action,
                policy: chosen.policy.clone(),
                settings: chosen.settings.clone(),
                seen: details
                    .number()
                    .map_or_else(|| chosen.seen.clone(), |now| now.to_string()),
            })
    }
}
