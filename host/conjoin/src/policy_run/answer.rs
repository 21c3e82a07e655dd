//! What is written for a line. The protocol of `conjoin policy run`:
//!
//! - `{"plan":{…},"result":{"user_metadata":{…},"app_metadata":{…}},"fuel":N,"micros":N}` for `merge`: the patches and discard lists, and the primary's
//!   bags with the patches applied, before the host takes out what Auth0 cannot store;
//! - `{"suggestions":[{"user_id":…,"primary":"current"|"found","reason":…}],"fuel":N,"micros":N}` for `select-candidates`;
//! - `{"description":{…},"digest":…}` for `describe`;
//! - `{"refused":{"code":…,"message":…},"fuel":N,"micros":N}`: the policy's own no;
//! - `{"ended":…,"detail":…,"micros":N}`: no answer, by the name of its ending, or `not-allowed` where the answer goes beyond what a policy may do.
//!   With `fuel` where that is known: a call that traps or is interrupted has no exact count. What is not allowed has its `plan` and `result` beside it
//!   where the patches can be applied at all, since that is what its author needs to see;
//! - `{"error":…}`: the line asks nothing.
//!
//! With `log` (a list of `{"level":…,"message":…}`) where the policy said something, and `"log_truncated":true` where that was cut.

use std::collections::BTreeSet;

use conjoin_cases::{Side, Suggestion};
use conjoin_engine::{Candidate, Decision, DecisionLog, Ending, LogEntry, Plan, Policy, Usage};
use conjoin_linking::bag::{Bag, Bags};
use conjoin_linking::plan::{merge_bags, patch};
use conjoin_linking::tenant::Guards;
use serde::Serialize;
use serde_json::Value;

/// The longest error text. It can quote the line, which may be long.
const MAX_ERROR_CHARACTERS: usize = 600;

/// The name, beside those of [`Ending::code`], for an answer that the host does not allow.
const NOT_ALLOWED: &str = "not-allowed";

/// One line of output.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Merged {
        #[serde(flatten)]
        merged: Box<Merged>,
        #[serde(flatten)]
        cost: Cost,
    },
    Suggested {
        suggestions: Vec<Suggestion>,
        #[serde(flatten)]
        cost: Cost,
    },
    Described {
        description: DescriptionAnswer,
        digest: String,
    },
    Refused {
        refused: RefusalAnswer,
        #[serde(flatten)]
        cost: Cost,
    },
    Ended {
        ended: &'static str,
        detail: String,
        #[serde(flatten)]
        merged: Option<Box<Merged>>,
        #[serde(flatten)]
        cost: Cost,
    },
    Error {
        error: String,
    },
}

#[derive(Serialize)]
pub(crate) struct Merged {
    pub(super) plan: PlanAnswer,
    pub(super) result: Bags,
}

#[derive(Serialize)]
pub(super) struct PlanAnswer {
    user_metadata: Value,
    app_metadata: Value,
    pub(super) discard_user_metadata: Vec<String>,
    pub(super) discard_app_metadata: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct DescriptionAnswer {
    name: String,
    version: String,
    summary: String,
    settings_schema: Value,
    reasons: Vec<ReasonAnswer>,
}

#[derive(Serialize)]
struct ReasonAnswer {
    code: String,
    locale: String,
    text: String,
}

#[derive(Serialize)]
pub(crate) struct RefusalAnswer {
    pub(super) code: String,
    pub(super) message: String,
}

/// What the call cost and what the policy said in it.
#[derive(Serialize)]
pub(crate) struct Cost {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fuel: Option<u64>,
    pub(crate) micros: u64,
    /// Not part of the protocol.
    #[serde(skip)]
    pub(crate) memory_bytes: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) log: Vec<LogEntry>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    log_truncated: bool,
}

impl Answer {
    /// For a line that asks nothing.
    pub(super) fn error(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let mut error: String = text.chars().take(MAX_ERROR_CHARACTERS).collect();
        if error.len() < text.len() {
            error.push('…');
        }
        Self::Error { error }
    }

    /// For `describe`.
    pub(super) fn described(policy: &Policy) -> Self {
        let description = policy.description();
        let reasons = description.reasons.iter().map(|reason| ReasonAnswer {
            code: reason.code.clone(),
            locale: reason.locale.clone(),
            text: reason.text.clone(),
        });
        Self::Described {
            digest: policy.digest().to_string(),
            description: DescriptionAnswer {
                name: description.name.clone(),
                version: description.version.clone(),
                summary: description.summary.clone(),
                // The engine has checked that it is an object.
                settings_schema: serde_json::from_str(&description.settings_schema).unwrap_or_default(),
                reasons: reasons.collect(),
            },
        }
    }

    /// For `merge`, held to the guards.
    pub(super) fn merged(decision: Decision<Plan>, primary: &Bags, secondary: &Bags, guards: &Guards) -> Self {
        let cost = Cost::of(decision.usage, decision.log);
        match decision.outcome {
            Ok(plan) => {
                let allowed = merge_bags(primary, secondary, &plan, guards);
                match (allowed, patched(plan, primary)) {
                    (Ok(_), Ok(merged)) => Self::Merged { merged, cost },
                    (Err(violation), merged) => Self::not_allowed(violation.to_string(), merged.ok(), cost),
                    (Ok(_), Err(detail)) => Self::not_allowed(detail, None, cost),
                }
            }
            Err(ending) => Self::ended(ending, cost),
        }
    }

    /// For `select-candidates`: of those found, each at most once.
    pub(super) fn suggested(decision: Decision<Vec<conjoin_engine::Suggestion>>, found: &[Candidate]) -> Self {
        let cost = Cost::of(decision.usage, decision.log);
        let suggestions = match decision.outcome {
            Ok(suggestions) => suggestions,
            Err(ending) => return Self::ended(ending, cost),
        };
        let mut left: BTreeSet<&str> = found.iter().map(|candidate| candidate.user_id.as_str()).collect();
        if let Some(wrong) = suggestions
            .iter()
            .find(|suggestion| !left.remove(suggestion.user_id.as_str()))
        {
            let user_id: String = wrong.user_id.chars().take(80).collect();
            return Self::not_allowed(
                format!("`{user_id}` is not one of the candidates, or is suggested twice"),
                None,
                cost,
            );
        }
        let suggestions = suggestions.into_iter().map(in_terms_of_a_case).collect();
        Self::Suggested { suggestions, cost }
    }

    fn not_allowed(detail: String, merged: Option<Box<Merged>>, cost: Cost) -> Self {
        Self::Ended {
            ended: NOT_ALLOWED,
            detail,
            merged,
            cost,
        }
    }

    fn ended(ending: Ending, cost: Cost) -> Self {
        match ending {
            Ending::Refused(refusal) => Self::Refused {
                refused: RefusalAnswer {
                    code: refusal.code,
                    message: refusal.message,
                },
                cost,
            },
            other => Self::Ended {
                ended: other.code(),
                detail: other.to_string(),
                merged: None,
                cost,
            },
        }
    }
}

impl Cost {
    fn of(usage: Usage, log: DecisionLog) -> Self {
        Self {
            fuel: usage.fuel,
            micros: usage.micros,
            memory_bytes: usage.peak_memory_bytes,
            log: log.entries,
            log_truncated: log.truncated,
        }
    }
}

fn in_terms_of_a_case(suggestion: conjoin_engine::Suggestion) -> Suggestion {
    Suggestion {
        user_id: suggestion.user_id,
        primary: match suggestion.primary {
            conjoin_engine::Side::Current => Side::Current,
            conjoin_engine::Side::Found => Side::Found,
        },
        reason: suggestion.reason,
    }
}

/// The plan as JSON and the policy's own result.
fn patched(plan: Plan, primary: &Bags) -> Result<Box<Merged>, String> {
    let apply = |bag: Bag, patch: &str| {
        let applied = patch::apply(bag, primary.get(bag), patch).map_err(|error| error.to_string())?;
        Ok::<_, String>(applied.result)
    };
    let result = Bags {
        user_metadata: apply(Bag::User, &plan.user_metadata)?,
        app_metadata: apply(Bag::App, &plan.app_metadata)?,
    };
    let plan = PlanAnswer {
        user_metadata: json(&plan.user_metadata)?,
        app_metadata: json(&plan.app_metadata)?,
        discard_user_metadata: plan.discard_user_metadata,
        discard_app_metadata: plan.discard_app_metadata,
    };
    Ok(Box::new(Merged { plan, result }))
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
