//! Asking the policy, and keeping count.

use conjoin_engine::{Account, Candidate, Decision, Ending, Event, Limits, Plan, Policy, Refusal, Suggestion, Usage};
use serde_json::{Value, json};

use super::budget::Budget;
use super::samples::Pair;
use super::{Cost, FUEL_CALLS, MAX_WALL, Terms, Verdict};

/// So many findings an item names; the first say what is wrong.
const MAX_FINDINGS: usize = 5;

/// A finding quotes the policy, which may say much.
const MAX_FINDING: usize = 400;

pub(super) struct Examiner<'a> {
    policy: &'a Policy,
    settings: String,
    pub(super) terms: Terms<'a>,
    budget: Budget,
    cost: Cost,
    refusals: Vec<Refusal>,
}

/// Why there is no answer to judge.
pub(super) enum Silence {
    /// The policy's own no.
    Refused(Refusal),
    /// How it ended instead, in words.
    Ended(String),
    /// The whole set has spent what it may.
    Spent,
}

/// What an item found.
#[derive(Default)]
pub(super) struct Findings {
    why: Vec<String>,
    judged: usize,
    refused: Option<String>,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(policy: &'a Policy, terms: Terms<'a>) -> Self {
        Self {
            policy,
            settings: Value::Object(terms.settings.clone()).to_string(),
            budget: Budget::new(terms.limits),
            terms,
            cost: Cost::default(),
            refusals: Vec::new(),
        }
    }

    /// The codes that the policy has declared.
    pub(super) fn declared_reasons(&self) -> Vec<&str> {
        let reasons = &self.policy.description().reasons;
        reasons.iter().map(|reason| reason.code.as_str()).collect()
    }

    /// Every refusal so far.
    pub(super) fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// What the calls since the last time cost at most.
    pub(super) fn take_cost(&mut self) -> Cost {
        std::mem::take(&mut self.cost)
    }

    pub(super) fn select(&mut self, current: &Account, found: &[Candidate]) -> Result<Vec<Suggestion>, Silence> {
        let event = self.event(current);
        self.ask(|policy, limits| policy.select_candidates(&event, current, found, limits))
    }

    pub(super) fn merge(&mut self, pair: &Pair) -> Result<Plan, Silence> {
        let event = self.event(&pair.primary);
        self.ask(|policy, limits| policy.merge(&event, &pair.primary, &pair.secondary, limits))
    }

    fn ask<T>(&mut self, call: impl FnOnce(&Policy, &Limits) -> Decision<T>) -> Result<T, Silence> {
        let Some(limits) = self.budget.next(self.terms.limits) else {
            return Err(Silence::Spent);
        };
        let decision = call(self.policy, &limits);
        self.count(decision.usage);
        decision.outcome.map_err(|ending| match ending {
            Ending::Refused(refusal) => {
                self.refusals.push(refusal.clone());
                Silence::Refused(refusal)
            }
            ending if Budget::ended(self.terms.limits, &limits, &ending) => Silence::Spent,
            ending => Silence::Ended(format!("{} ({ending})", ending.code())),
        })
    }

    fn count(&mut self, usage: Usage) {
        self.budget.spend(usage.fuel);
        self.cost = Cost {
            fuel: self.cost.fuel.max(usage.fuel.unwrap_or_default()),
            micros: self.cost.micros.max(usage.micros),
            memory_bytes: self.cost.memory_bytes.max(usage.peak_memory_bytes),
        };
    }

    fn event(&self, current: &Account) -> Event {
        Event {
            transaction_id: "conformance".to_owned(),
            tenant: "conformance".to_owned(),
            client_id: "conformance".to_owned(),
            organization: None,
            now: "2026-01-01T00:00:00Z".to_owned(),
            seed: "000102030405060708090a0b0c0d0e0f".to_owned(),
            settings: self.settings.clone(),
            context: json!({ "locale": "en", "begun_by": "page", "current": current.user_id }).to_string(),
        }
    }
}

impl Findings {
    /// Something was judged, and this is what was wrong with it, if anything.
    pub(super) fn judge(&mut self, with: &str, problem: Option<String>) {
        self.judged += 1;
        if let Some(problem) = problem {
            self.add(format!("with {with}: {problem}"));
        }
    }

    /// A silence where an answer or a refusal is due.
    pub(super) fn silent(&mut self, with: &str, silence: Silence) {
        match silence {
            Silence::Refused(refusal) => self.refused = Some(refusal.code),
            Silence::Ended(how) => self.add(format!("with {with}: no answer, {how}")),
            Silence::Spent => self.spent(),
        }
    }

    /// A silence that another item judges.
    pub(super) fn skip(&mut self, silence: Silence) {
        match silence {
            Silence::Refused(refusal) => self.refused = Some(refusal.code),
            Silence::Ended(_) => {}
            Silence::Spent => self.spent(),
        }
    }

    pub(super) fn verdict(self) -> Verdict {
        if !self.why.is_empty() {
            return Verdict::Failed { why: self.why };
        }
        if self.judged > 0 {
            return Verdict::Passed;
        }
        let why = match self.refused {
            Some(code) => format!("the policy refused every time, last as `{}`", cut(&code)),
            None => "there was no answer to judge; see the item `answers`".to_owned(),
        };
        Verdict::NotApplicable { why }
    }

    fn spent(&mut self) {
        let seconds = MAX_WALL.as_secs();
        let why = format!(
            "the whole set may take {seconds} seconds and {FUEL_CALLS} times the fuel of one call, and has; make the policy cheaper or its limits higher"
        );
        if self.why.last() != Some(&why) {
            self.add(why);
        }
    }

    fn add(&mut self, finding: String) {
        if self.why.len() < MAX_FINDINGS {
            self.why.push(cut(&finding));
        }
    }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_FINDING).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
