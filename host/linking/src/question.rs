//! What a policy is asked, as a value: so that another version, or the same one later, can be asked the same, and its answer compared.

use std::collections::BTreeSet;

use conjoin_engine::{Account, Candidate, Decision, Ending, Event, Limits, Plan, Policy, Suggestion};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bag::{Bag, Bags, Metadata};
use crate::candidates::unknown_or_repeated;
use crate::plan::guard::Guarded;
use crate::plan::merge_bags;
use crate::tenant::Guards;

/// One question to a policy. It holds both accounts, so wherever it is kept it is sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "hook", rename_all = "kebab-case")]
pub enum Question {
    /// Which of `found` to offer.
    SelectCandidates {
        /// The context.
        event: Event,
        /// The account that is signed in.
        current: Account,
        /// What may be offered.
        found: Vec<Candidate>,
    },
    /// How the secondary's metadata goes into the primary's.
    Merge {
        /// The context.
        event: Event,
        /// The account that survives.
        primary: Account,
        /// The account that becomes part of it.
        secondary: Account,
    },
}

/// What a policy can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hook {
    /// Which accounts to offer.
    SelectCandidates,
    /// How to join two.
    Merge,
}

impl Hook {
    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelectCandidates => "select-candidates",
            Self::Merge => "merge",
        }
    }
}

/// What a policy answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To [`Question::SelectCandidates`].
    Suggestions(Vec<Suggestion>),
    /// To [`Question::Merge`].
    Plan(Plan),
}

/// How a question ended, as it is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Offers.
    Suggestions(Vec<Suggestion>),
    /// A plan.
    Plan(Plan),
    /// The policy's own no, by its code.
    Refused(String),
    /// No answer: the ending's code.
    Ended(String),
}

/// A question as it was asked of a version, and how it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// The version, as the SHA-256 of its component.
    pub policy: String,
    /// The question.
    pub question: Question,
    /// How it ended.
    pub answer: Answer,
}

impl Question {
    /// What is asked.
    pub fn hook(&self) -> Hook {
        match self {
            Self::SelectCandidates { .. } => Hook::SelectCandidates,
            Self::Merge { .. } => Hook::Merge,
        }
    }

    /// The ids of the accounts that it shows the policy.
    pub fn accounts(&self) -> Vec<String> {
        match self {
            Self::SelectCandidates { current, found, .. } => {
                let found = found.iter().map(|candidate| candidate.user_id.clone());
                std::iter::once(current.user_id.clone()).chain(found).collect()
            }
            Self::Merge { primary, secondary, .. } => vec![primary.user_id.clone(), secondary.user_id.clone()],
        }
    }

    /// The transaction that it belongs to.
    pub fn transaction(&self) -> &str {
        &self.event().transaction_id
    }

    fn event(&self) -> &Event {
        match self {
            Self::SelectCandidates { event, .. } | Self::Merge { event, .. } => event,
        }
    }

    /// The same, with other settings.
    #[must_use]
    pub fn under(mut self, settings: &Map<String, Value>) -> Self {
        let (Self::SelectCandidates { event, .. } | Self::Merge { event, .. }) = &mut self;
        event.settings = Value::Object(settings.clone()).to_string();
        self
    }

    /// Asks, on this thread.
    pub fn ask(&self, policy: &Policy, limits: &Limits) -> Decision<Reply> {
        match self {
            Self::SelectCandidates { event, current, found } => {
                let decision = policy.select_candidates(event, current, found, limits);
                with(decision, Reply::Suggestions)
            }
            Self::Merge {
                event,
                primary,
                secondary,
            } => with(policy.merge(event, primary, secondary, limits), Reply::Plan),
        }
    }

    /// In what an answer goes beyond what the guards let any policy do, in words that may quote it.
    pub fn violation(&self, guards: &Guards, reply: &Reply) -> Option<String> {
        match (self, reply) {
            (Self::Merge { primary, secondary, .. }, Reply::Plan(plan)) => {
                let violation = merge_bags(&bags(primary), &bags(secondary), plan, guards).err();
                violation.map(|violation| violation.to_string())
            }
            (Self::SelectCandidates { found, .. }, Reply::Suggestions(suggestions)) => {
                let is_found = |id: &str| found.iter().any(|one| one.user_id == id);
                unknown_or_repeated(is_found, suggestions)
            }
            _ => Some("it answers another question".to_owned()),
        }
    }

    /// How what comes of `now` differs from what comes of `was`, under the tenant's guards: names of keys and ids, never a value. Empty where nothing does.
    pub fn differences(&self, guards: &Guards, was: &Answer, now: &Answer) -> Vec<String> {
        match (self, was, now) {
            (_, Answer::Suggestions(was), Answer::Suggestions(now)) => offers(was, now),
            (Self::Merge { primary, secondary, .. }, Answer::Plan(was), Answer::Plan(now)) => {
                let (primary, secondary) = (bags(primary), bags(secondary));
                let come_to = |plan: &Plan| merge_bags(&primary, &secondary, plan, guards);
                match (come_to(was), come_to(now)) {
                    (Ok(was), Ok(now)) => results(&was, &now),
                    (was, now) => {
                        let word = |outcome: Result<_, crate::plan::Violation>| {
                            outcome.map_or_else(
                                |violation| format!("not allowed: {}", violation.code()),
                                |_: [Guarded; 2]| "a plan".to_owned(),
                            )
                        };
                        changed(&word(was), &word(now))
                    }
                }
            }
            (_, was, now) => changed(&was.word(), &now.word()),
        }
    }
}

impl Answer {
    /// Of how a decision ended.
    pub fn of(outcome: &Result<Reply, Ending>) -> Self {
        match outcome {
            Ok(Reply::Suggestions(suggestions)) => Self::Suggestions(suggestions.clone()),
            Ok(Reply::Plan(plan)) => Self::Plan(plan.clone()),
            Err(Ending::Refused(refusal)) => Self::Refused(refusal.code.clone()),
            Err(ending) => Self::Ended(ending.code().to_owned()),
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Suggestions(_) => "offers".to_owned(),
            Self::Plan(_) => "a plan".to_owned(),
            Self::Refused(code) => format!("refused: {code}"),
            Self::Ended(code) => format!("ended: {code}"),
        }
    }
}

fn with<T>(decision: Decision<T>, reply: impl FnOnce(T) -> Reply) -> Decision<Reply> {
    Decision {
        outcome: decision.outcome.map(reply),
        usage: decision.usage,
        log: decision.log,
    }
}

fn changed(was: &str, now: &str) -> Vec<String> {
    if was == now {
        Vec::new()
    } else {
        vec![format!("{was} → {now}")]
    }
}

fn offers(was: &[Suggestion], now: &[Suggestion]) -> Vec<String> {
    let mut found = Vec::new();
    for suggestion in was {
        match now.iter().find(|other| other.user_id == suggestion.user_id) {
            None => found.push(format!("`{}` is not offered", suggestion.user_id)),
            Some(other) if other.primary != suggestion.primary => {
                found.push(format!("`{}`: the other account survives", suggestion.user_id));
            }
            Some(_) => {}
        }
    }
    let new = now
        .iter()
        .filter(|one| !was.iter().any(|other| other.user_id == one.user_id));
    found.extend(new.map(|one| format!("`{}` is offered", one.user_id)));
    let order = |offers: &[Suggestion]| offers.iter().map(|one| one.user_id.clone()).collect::<Vec<_>>();
    if found.is_empty() && order(was) != order(now) {
        found.push("in another order".to_owned());
    }
    found
}

fn results(was: &[Guarded; 2], now: &[Guarded; 2]) -> Vec<String> {
    let mut found = Vec::new();
    for ((bag, was), now) in [Bag::User, Bag::App].into_iter().zip(was).zip(now) {
        let keys: BTreeSet<&String> = was.result.keys().chain(now.result.keys()).collect();
        for key in keys {
            let path = format!("{}/{key}", bag.field());
            match (was.result.get(key), now.result.get(key)) {
                (was, now) if was == now => {}
                (None, _) => found.push(format!("{path} is added")),
                (_, None) => found.push(format!("{path} is missing")),
                _ => found.push(format!("{path} has another value")),
            }
        }
        let newly = now.discarded.difference(&was.discarded);
        found.extend(newly.map(|key| format!("{}/{key} is discarded", bag.field())));
    }
    found
}

/// The bags of an account as a policy sees them. The host wrote them, so they are objects.
fn bags(account: &Account) -> Bags {
    let bag = |text: &str| serde_json::from_str::<Metadata>(text).unwrap_or_default();
    Bags {
        user_metadata: bag(&account.user_metadata),
        app_metadata: bag(&account.app_metadata),
    }
}

#[cfg(test)]
mod tests {
    use conjoin_engine::Side;

    use super::*;

    fn suggestion(user_id: &str, primary: Side) -> Suggestion {
        Suggestion {
            user_id: user_id.to_owned(),
            primary,
            reason: String::new(),
        }
    }

    #[test]
    fn offers_differ_by_who_which_survives_and_order() {
        let (a, b) = (suggestion("a", Side::Current), suggestion("b", Side::Current));
        let other = suggestion("a", Side::Found);
        let differ = |was: &[&Suggestion], now: &[&Suggestion]| {
            let owned = |all: &[&Suggestion]| all.iter().map(|one| (*one).clone()).collect::<Vec<_>>();
            offers(&owned(was), &owned(now))
        };
        assert!(differ(&[&a, &b], &[&a, &b]).is_empty());
        assert_eq!(differ(&[&a, &b], &[&b, &a]), ["in another order"]);
        assert_eq!(differ(&[&a], &[&other]), ["`a`: the other account survives"]);
        assert_eq!(differ(&[&a], &[&b]), ["`a` is not offered", "`b` is offered"]);
    }
}
