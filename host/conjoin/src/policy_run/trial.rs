//! An answer in the terms of a case.

use conjoin_cases as cases;
use conjoin_cases::Outcome;

use super::answer::{Answer, Cost};

/// What came of asking a policy what a case asks.
pub(crate) struct Trial {
    pub(crate) outcome: Outcome,
    /// Why there was no answer, or why it is not allowed.
    pub(crate) detail: Option<String>,
    pub(crate) cost: Cost,
}

impl Answer {
    /// None for an answer to what no case asks.
    pub(crate) fn into_trial(self) -> Option<Trial> {
        let trial = |outcome, detail, cost| Some(Trial { outcome, detail, cost });
        match self {
            Self::Merged { merged, cost } => {
                let merged = cases::Merged {
                    user_metadata: merged.result.user_metadata,
                    app_metadata: merged.result.app_metadata,
                    discard_user_metadata: merged.plan.discard_user_metadata,
                    discard_app_metadata: merged.plan.discard_app_metadata,
                };
                trial(Outcome::Merged(merged), None, cost)
            }
            Self::Suggested { suggestions, cost } => trial(Outcome::Suggested(suggestions), None, cost),
            Self::Refused { refused, cost } => {
                let (code, message) = (refused.code, refused.message);
                trial(Outcome::Refused { code, message }, None, cost)
            }
            Self::Ended {
                ended, detail, cost, ..
            } => trial(Outcome::Ended(ended.to_owned()), Some(detail), cost),
            Self::Described { .. } | Self::Error { .. } => None,
        }
    }
}
