//! Asking the policy.

use super::answer::Answer;
use super::question::Question;
use super::start::Runner;

impl Runner {
    /// What the policy answers to a line. Every line has an answer.
    pub(super) fn answer(&self, line: &[u8]) -> Answer {
        match Question::parse(line, &self.settings) {
            Ok(question) => self.ask(question),
            Err(error) => Answer::error(error.to_string()),
        }
    }

    /// What the policy answers.
    pub(crate) fn ask(&self, question: Question) -> Answer {
        match question {
            Question::Describe => Answer::described(&self.policy),
            Question::Merge(merge) => {
                let decision = self
                    .policy
                    .merge(&merge.event, &merge.primary, &merge.secondary, &self.limits);
                Answer::merged(decision, &merge.primary_bags, &merge.secondary_bags, &self.guards)
            }
            Question::SelectCandidates(select) => {
                let decision =
                    self.policy
                        .select_candidates(&select.event, &select.current, &select.found, &self.limits);
                Answer::suggested(decision, &select.found)
            }
        }
    }
}
