//! How a policy did. With `--json`, as it is.

use conjoin_engine::{Limits, LogEntry};
use conjoin_linking::conformance::Report;
use serde::Serialize;
use serde_json::Value;

use crate::policy_run::start::Runner;

/// How a policy did.
#[derive(Debug, Serialize)]
pub struct TestReport {
    /// Its own name.
    pub policy: String,
    /// Its author's version.
    pub version: String,
    /// The SHA-256 of its component.
    pub digest: String,
    /// Whether every case is met and no item failed.
    pub passed: bool,
    /// What one call may cost.
    pub limits: Most,
    /// By name.
    pub cases: Vec<CaseReport>,
    /// What every policy must do.
    pub conformance: Report,
}

/// The limits that figures are read against.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Most {
    /// See [`Limits::fuel`].
    pub fuel: u64,
    /// Microseconds. See [`Limits::deadline`].
    pub micros: u64,
    /// See [`Limits::memory_bytes`].
    pub memory_bytes: u64,
}

/// How a policy did in one of its cases.
#[derive(Debug, Serialize)]
pub struct CaseReport {
    /// The file's name without `.json`.
    pub name: String,
    /// The case's own sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Whether it is met.
    pub passed: bool,
    /// What the call cost; nothing where there was none.
    #[serde(flatten)]
    pub cost: Option<Cost>,
    /// Why it is not met.
    #[serde(flatten)]
    pub problem: Option<Problem>,
    /// What the policy said, where the case is not met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogEntry>,
}

/// What a call cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// None where it is not known: the call trapped or was interrupted.
    pub fuel: Option<u64>,
    /// Microseconds.
    pub micros: u64,
    /// Bytes of all memories.
    pub memory_bytes: u64,
}

/// Why a case is not met.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Problem {
    /// It is no case, or was not tried.
    Error {
        /// In words.
        error: String,
    },
    /// The policy answers otherwise.
    Mismatch {
        /// From the case.
        expected: Value,
        /// From the policy, as far as the case speaks of it.
        actual: Value,
        /// Why there was no answer, or why it is not allowed.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
}

impl TestReport {
    pub(super) fn new(runner: &Runner, cases: Vec<CaseReport>, conformance: Report) -> Self {
        let description = runner.policy.description();
        Self {
            policy: description.name.clone(),
            version: description.version.clone(),
            digest: runner.policy.digest().to_string(),
            passed: conformance.passed() && cases.iter().all(|case| case.passed),
            limits: Most::from(&runner.limits),
            cases,
            conformance,
        }
    }
}

impl From<&Limits> for Most {
    fn from(limits: &Limits) -> Self {
        Self {
            fuel: limits.fuel(),
            micros: u64::try_from(limits.deadline().as_micros()).unwrap_or(u64::MAX),
            memory_bytes: limits.memory_bytes() as u64,
        }
    }
}
