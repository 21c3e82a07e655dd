//! What every policy must do before it can be activated, whatever it decides.
//!
//! A policy's own cases say what it does with its own examples. This set says what no policy may get wrong: it offers nobody it was not given, accounts for
//! every key of the account that goes, invents nothing, and answers for the bags that people really have: empty, deep, large, in any script. The answers
//! are judged by the same guards that judge them in a link ([`plan::guard`](crate::plan::guard)), so a policy that passes is refused later only for
//! data that the set does not have.
//!
//! A refusal is an answer: a policy may say no to any pair, if it says it in form. An item of which the policy refuses every pair is not applicable.
//!
//! Bounded: each call by the limits given, all together by [`MAX_WALL`] and [`FUEL_CALLS`] times the fuel of one call.
//!
//! Reading order: `items` (the list), `offers` and `merges` (how an item is judged), `samples` and `bags` (what the policy is shown), `examiner` and
//! `budget` (how it is asked).

mod bags;
mod budget;
mod examiner;
mod items;
mod merges;
mod offers;
mod samples;

use std::time::Duration;

use conjoin_engine::{Limits, Policy};
use serde::Serialize;

use crate::bag::Metadata;
use crate::tenant::Guards;

use examiner::Examiner;

/// The whole set's time.
pub const MAX_WALL: Duration = Duration::from_secs(60);

/// The whole set's fuel, in calls that spend all they may.
pub const FUEL_CALLS: u64 = 20;

/// What a tenant gives every decision, for which the policy is tried.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Valid under the policy's schema: that is checked elsewhere.
    pub settings: &'a Metadata,
    /// A policy that computes values or removes keys needs a tenant that allows it.
    pub guards: &'a Guards,
    /// Of one call.
    pub limits: &'a Limits,
}

/// How a policy did, item by item, in the set's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Report {
    /// Every item, also those that could not be reached.
    pub items: Vec<ItemReport>,
}

/// How a policy did in one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemReport {
    /// Stable, lower case with hyphens.
    pub name: &'static str,
    /// What it checks, in a sentence.
    pub checks: &'static str,
    /// How it came out.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The dearest of its calls, figure by figure.
    #[serde(flatten)]
    pub cost: Cost,
}

/// How an item came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// As it must be.
    Passed,
    /// Not as it must be.
    Failed {
        /// For the policy's author: with what, and what was wrong. At most a few. Can quote the policy's own words.
        why: Vec<String>,
    },
    /// There was nothing to judge.
    NotApplicable {
        /// For the policy's author.
        why: String,
    },
}

/// What calls cost at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Of the calls whose fuel is known.
    pub fuel: u64,
    /// Microseconds.
    pub micros: u64,
    /// Bytes of all memories.
    pub memory_bytes: u64,
}

impl Report {
    /// Whether the policy may be activated: no item failed.
    pub fn passed(&self) -> bool {
        !self.items.iter().any(|item| item.verdict.is_failure())
    }
}

impl Verdict {
    /// Whether it keeps the policy from being activated.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

/// Tries a policy. Blocks, for at most [`MAX_WALL`] and the deadline of a call: run it where threads may block.
pub fn run(policy: &Policy, terms: Terms<'_>) -> Report {
    let mut examiner = Examiner::new(policy, terms);
    let report = |item: &items::Item| {
        let verdict = (item.examine)(&mut examiner);
        ItemReport {
            name: item.name,
            checks: item.checks,
            verdict,
            cost: examiner.take_cost(),
        }
    };
    Report {
        items: items::ITEMS.iter().map(report).collect(),
    }
}
