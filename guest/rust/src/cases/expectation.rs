//! What a case demands, and whether an answer meets it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::CaseError;
use crate::{Side, Suggestion, json};

/// What a hook must answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// Both bags of the primary after the plan, and the discard lists where the case names them.
    Merged {
        /// `user_metadata` after the plan.
        user_metadata: Map<String, Value>,
        /// `app_metadata` after the plan.
        app_metadata: Map<String, Value>,
        /// Pointers, sorted.
        discard_user_metadata: Option<Vec<String>>,
        /// Pointers, sorted.
        discard_app_metadata: Option<Vec<String>>,
    },
    /// These suggestions, in this order.
    Suggested(Vec<Suggestion>),
    /// The policy's own no, with this code.
    Refused(String),
    /// No answer. The ending's name, `broken` or one of the engine's.
    Ended(String),
}

/// What a hook answered, in the terms of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A plan, applied.
    Merged(Merged),
    /// Suggestions.
    Suggested(Vec<Suggestion>),
    /// A refusal's code.
    Refused(String),
    /// An ending's name.
    Ended(String),
}

/// Both bags of the primary after the plan, and what the plan discards.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// `user_metadata` after the plan.
    pub user_metadata: Map<String, Value>,
    /// `app_metadata` after the plan.
    pub app_metadata: Map<String, Value>,
    /// RFC 6901 pointers.
    pub discard_user_metadata: Vec<String>,
    /// RFC 6901 pointers.
    pub discard_app_metadata: Vec<String>,
}

/// An answer that is not what the case demands. Both sides as JSON text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected {expected}, got {got}")]
pub struct Mismatch {
    /// Which part of the answer differs.
    pub what: &'static str,
    /// From the case.
    pub expected: String,
    /// From the policy.
    pub got: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectationInput {
    result: Option<ResultInput>,
    discard_user_metadata: Option<Vec<String>>,
    discard_app_metadata: Option<Vec<String>>,
    suggestions: Option<Vec<SuggestionInput>>,
    refused: Option<RefusedInput>,
    ended: Option<String>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct ResultInput {
    user_metadata: Map<String, Value>,
    app_metadata: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuggestionInput {
    user_id: String,
    #[serde(default)]
    primary: SideInput,
    #[serde(default)]
    reason: String,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SideInput {
    #[default]
    Current,
    Found,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedInput {
    code: String,
}

impl Expectation {
    /// Whether an outcome is what this demands.
    ///
    /// # Errors
    /// [`Mismatch`] with the first part that differs.
    pub fn check(&self, outcome: &Outcome) -> Result<(), Mismatch> {
        match (self, outcome) {
            (
                Self::Merged {
                    user_metadata,
                    app_metadata,
                    discard_user_metadata,
                    discard_app_metadata,
                },
                Outcome::Merged(merged),
            ) => {
                same_bag("user_metadata", user_metadata, &merged.user_metadata)?;
                same_bag("app_metadata", app_metadata, &merged.app_metadata)?;
                same_list(
                    "discard_user_metadata",
                    discard_user_metadata.as_deref(),
                    &merged.discard_user_metadata,
                )?;
                same_list(
                    "discard_app_metadata",
                    discard_app_metadata.as_deref(),
                    &merged.discard_app_metadata,
                )
            }
            (Self::Suggested(expected), Outcome::Suggested(got)) => same("suggestions", expected, got),
            (Self::Refused(expected), Outcome::Refused(got)) => same("the refusal's code", expected, got),
            (Self::Ended(expected), Outcome::Ended(got)) => same("the ending", expected, got),
            _ => Err(mismatch("the answer", self, outcome)),
        }
    }
}

impl ExpectationInput {
    pub(super) fn read(self, hook: &'static str) -> Result<Expectation, CaseError> {
        let lists = self.discard_user_metadata.is_some() || self.discard_app_metadata.is_some();
        let expectation = match (self.result, self.suggestions, self.refused, self.ended) {
            (Some(result), None, None, None) => Expectation::Merged {
                user_metadata: result.user_metadata,
                app_metadata: result.app_metadata,
                discard_user_metadata: self.discard_user_metadata.map(sorted),
                discard_app_metadata: self.discard_app_metadata.map(sorted),
            },
            (None, Some(suggestions), None, None) if !lists => {
                Expectation::Suggested(suggestions.into_iter().map(SuggestionInput::read).collect())
            }
            (None, None, Some(refused), None) if !lists => Expectation::Refused(refused.code),
            (None, None, None, Some(ending)) if !lists => Expectation::Ended(ending),
            _ => return Err(CaseError::Expectation),
        };
        match (&expectation, hook) {
            (Expectation::Merged { .. }, "select-candidates") => Err(CaseError::WrongAnswer { hook, answer: "result" }),
            (Expectation::Suggested(_), "merge") => Err(CaseError::WrongAnswer {
                hook,
                answer: "suggestions",
            }),
            _ => Ok(expectation),
        }
    }
}

impl SuggestionInput {
    fn read(self) -> Suggestion {
        let primary = match self.primary {
            SideInput::Current => Side::Current,
            SideInput::Found => Side::Found,
        };
        Suggestion {
            user_id: self.user_id,
            primary,
            reason: self.reason,
        }
    }
}

fn same_bag(what: &'static str, expected: &Map<String, Value>, got: &Map<String, Value>) -> Result<(), Mismatch> {
    if json::equal_objects(expected, got) {
        return Ok(());
    }
    let text = |bag: &Map<String, Value>| Value::Object(bag.clone()).to_string();
    Err(Mismatch {
        what,
        expected: text(expected),
        got: text(got),
    })
}

fn same_list(what: &'static str, expected: Option<&[String]>, got: &[String]) -> Result<(), Mismatch> {
    expected.map_or(Ok(()), |expected| same(what, &expected.to_vec(), &sorted(got.to_vec())))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &'static str, expected: &T, got: &T) -> Result<(), Mismatch> {
    if expected == got {
        Ok(())
    } else {
        Err(mismatch(what, expected, got))
    }
}

fn mismatch(what: &'static str, expected: &impl std::fmt::Debug, got: &impl std::fmt::Debug) -> Mismatch {
    Mismatch {
        what,
        expected: format!("{expected:?}"),
        got: format!("{got:?}"),
    }
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort_unstable();
    list
}
