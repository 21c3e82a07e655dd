//! What a case demands, and whether an answer meets it.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::canonical::canonical;
use crate::keyed::Keyed;
use crate::{CaseError, Object, Suggestion};

/// What a hook must answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// Both bags of the primary after the plan, and the discard lists where the case names them.
    Merged {
        /// `user_metadata` after the plan.
        user_metadata: Object,
        /// `app_metadata` after the plan.
        app_metadata: Object,
        /// Pointers, in any order.
        discard_user_metadata: Option<Vec<String>>,
        /// Pointers, in any order.
        discard_app_metadata: Option<Vec<String>>,
    },
    /// These suggestions, in this order.
    Suggested(Vec<Suggestion>),
    /// The policy's own no, with this code, and with this message where the case names one.
    Refused {
        /// The refusal's code.
        code: String,
        /// For the person.
        message: Option<String>,
    },
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
    /// The policy's own no.
    Refused {
        /// For machines.
        code: String,
        /// For the person.
        message: String,
    },
    /// An ending's name.
    Ended(String),
}

/// Both bags of the primary after the plan, and what the plan discards.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// `user_metadata` after the plan.
    pub user_metadata: Object,
    /// `app_metadata` after the plan.
    pub app_metadata: Object,
    /// RFC 6901 pointers.
    pub discard_user_metadata: Vec<String>,
    /// RFC 6901 pointers.
    pub discard_app_metadata: Vec<String>,
}

/// An answer that is not what the case demands. Both as a case's `expect` would say it, with equal values spelled equally, so that
/// whatever differs between the two is a difference. Of the answer, what the case does not speak of is left out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("expected {expected}, got {actual}")]
pub struct Mismatch {
    /// From the case.
    pub expected: Value,
    /// From the policy.
    pub actual: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectationInput {
    result: Option<Keyed<ResultInput>>,
    discard_user_metadata: Option<Vec<String>>,
    discard_app_metadata: Option<Vec<String>>,
    suggestions: Option<Vec<Keyed<Suggestion>>>,
    refused: Option<Keyed<RefusedInput>>,
    ended: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ResultInput {
    user_metadata: Object,
    app_metadata: Object,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedInput {
    code: String,
    message: Option<String>,
}

impl Expectation {
    /// Whether an outcome is what this demands.
    ///
    /// # Errors
    /// [`Mismatch`] with both, when it is not.
    pub fn check(&self, outcome: &Outcome) -> Result<(), Box<Mismatch>> {
        let (expected, actual) = (canonical(self.to_json()), canonical(self.view(outcome)));
        if expected == actual {
            Ok(())
        } else {
            Err(Box::new(Mismatch { expected, actual }))
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Merged {
                user_metadata,
                app_metadata,
                discard_user_metadata,
                discard_app_metadata,
            } => merged(
                [user_metadata, app_metadata],
                [discard_user_metadata.as_deref(), discard_app_metadata.as_deref()],
            ),
            Self::Suggested(suggestions) => json!({ "suggestions": suggestions }),
            Self::Refused { code, message } => refused(code, message.as_deref()),
            Self::Ended(ending) => json!({ "ended": ending }),
        }
    }

    /// The outcome, as far as this speaks of it.
    fn view(&self, outcome: &Outcome) -> Value {
        match outcome {
            Outcome::Merged(answer) => merged([&answer.user_metadata, &answer.app_metadata], self.lists(answer)),
            Outcome::Suggested(suggestions) => json!({ "suggestions": suggestions }),
            Outcome::Refused { code, message } => {
                let unspoken = matches!(self, Self::Refused { message: None, .. });
                refused(code, (!unspoken).then_some(message))
            }
            Outcome::Ended(ending) => json!({ "ended": ending }),
        }
    }

    fn lists<'a>(&self, answer: &'a Merged) -> [Option<&'a [String]>; 2] {
        let (user, app) = match self {
            Self::Merged {
                discard_user_metadata,
                discard_app_metadata,
                ..
            } => (discard_user_metadata.is_some(), discard_app_metadata.is_some()),
            _ => (true, true),
        };
        [
            user.then_some(answer.discard_user_metadata.as_slice()),
            app.then_some(answer.discard_app_metadata.as_slice()),
        ]
    }
}

impl ExpectationInput {
    pub(crate) fn read(self, hook: &'static str) -> Result<Expectation, CaseError> {
        let lists = self.discard_user_metadata.is_some() || self.discard_app_metadata.is_some();
        let expectation = match (self.result, self.suggestions, self.refused, self.ended) {
            (Some(Keyed(result)), None, None, None) => Expectation::Merged {
                user_metadata: result.user_metadata,
                app_metadata: result.app_metadata,
                discard_user_metadata: self.discard_user_metadata,
                discard_app_metadata: self.discard_app_metadata,
            },
            (None, Some(suggestions), None, None) if !lists => {
                Expectation::Suggested(suggestions.into_iter().map(|Keyed(suggestion)| suggestion).collect())
            }
            (None, None, Some(Keyed(RefusedInput { code, message })), None) if !lists => {
                Expectation::Refused { code, message }
            }
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

fn merged(bags: [&Object; 2], lists: [Option<&[String]>; 2]) -> Value {
    let [user_metadata, app_metadata] = bags;
    let mut value = json!({ "result": { "user_metadata": user_metadata, "app_metadata": app_metadata } });
    for (name, list) in ["discard_user_metadata", "discard_app_metadata"].into_iter().zip(lists) {
        if let (Some(list), Value::Object(value)) = (list, &mut value) {
            let mut list = list.to_vec();
            list.sort_unstable();
            value.insert(name.to_owned(), json!(list));
        }
    }
    value
}

fn refused(code: &str, message: Option<&str>) -> Value {
    match message {
        Some(message) => json!({ "refused": { "code": code, "message": message } }),
        None => json!({ "refused": { "code": code } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expect(expectation: Value, hook: &'static str) -> Expectation {
        let input: ExpectationInput = serde_json::from_value(expectation).unwrap();
        input.read(hook).unwrap()
    }

    fn answer(user_metadata: Value) -> Outcome {
        Outcome::Merged(Merged {
            user_metadata: user_metadata.as_object().unwrap().clone(),
            app_metadata: Object::new(),
            discard_user_metadata: vec!["/b".into(), "/a".into()],
            discard_app_metadata: vec!["/c".into()],
        })
    }

    #[test]
    fn lists_count_in_any_order_and_only_where_they_are_named() {
        let answer = answer(json!({"n": 1.0}));
        let named = json!({"result": {"user_metadata": {"n": 1}}, "discard_user_metadata": ["/a", "/b"]});
        assert_eq!(expect(named, "merge").check(&answer), Ok(()));
        let other = json!({"result": {"user_metadata": {"n": 1}}, "discard_app_metadata": []});
        let mismatch = expect(other, "merge").check(&answer).unwrap_err();
        assert_eq!(mismatch.expected["discard_app_metadata"], json!([]));
        assert_eq!(mismatch.actual["discard_app_metadata"], json!(["/c"]));
        assert_eq!(mismatch.actual.get("discard_user_metadata"), None);
    }

    #[test]
    fn a_bag_that_is_left_out_must_come_out_empty() {
        let expectation = expect(json!({"result": {}}), "merge");
        assert!(expectation.check(&answer(json!({}))).is_ok());
        assert!(expectation.check(&answer(json!({"a": null}))).is_err());
    }

    #[test]
    fn a_message_counts_only_where_it_is_named() {
        let refused = |message: &str| Outcome::Refused {
            code: "no".into(),
            message: message.into(),
        };
        let code = expect(json!({"refused": {"code": "no"}}), "merge");
        let both = expect(json!({"refused": {"code": "no", "message": "No."}}), "merge");
        assert!(code.check(&refused("Never.")).is_ok());
        assert!(both.check(&refused("No.")).is_ok());
        let mismatch = both.check(&refused("Never.")).unwrap_err();
        assert_eq!(mismatch.actual, json!({"refused": {"code": "no", "message": "Never."}}));
    }

    #[test]
    fn another_kind_of_answer_is_a_mismatch_that_shows_it() {
        let expectation = expect(json!({"suggestions": []}), "select-candidates");
        let mismatch = expectation.check(&Outcome::Ended("trapped".into())).unwrap_err();
        assert_eq!(
            mismatch.to_string(),
            r#"expected {"suggestions":[]}, got {"ended":"trapped"}"#
        );
    }
}
