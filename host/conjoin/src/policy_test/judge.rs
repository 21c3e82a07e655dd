//! One case after another.

use std::time::{Duration, Instant};

use conjoin_cases::{Case, CaseFile};
use serde_json::Value;

use super::report::{CaseReport, Cost, Problem};
use crate::policy_run::question::Question;
use crate::policy_run::start::Runner;
use crate::policy_run::trial::Trial;

/// All cases together. Each is bounded by the limits; a thousand that loop would take hours.
pub(crate) const MAX_WALL: Duration = Duration::from_secs(300);

pub(super) fn all(runner: &Runner, files: &[CaseFile]) -> Vec<CaseReport> {
    let ends = Instant::now() + MAX_WALL;
    files
        .iter()
        .map(|file| {
            if Instant::now() < ends {
                one(runner, file)
            } else {
                let seconds = MAX_WALL.as_secs();
                wrong(
                    file,
                    None,
                    format!("not tried: the cases before it took {seconds} seconds"),
                )
            }
        })
        .collect()
}

fn one(runner: &Runner, file: &CaseFile) -> CaseReport {
    let case = match Case::parse(&file.text) {
        Ok(case) => case,
        Err(error) => return wrong(file, None, error.to_string()),
    };
    let about = case.about;
    let Some(expect) = case.expect else {
        return wrong(file, about, "a case in a file needs `expect`".to_owned());
    };
    let question = match Question::of(case.input, &runner.settings) {
        Ok(question) => question,
        Err(error) => return wrong(file, about, error.to_string()),
    };
    let Some(trial) = runner.ask(question).into_trial() else {
        return wrong(file, about, "it asks for no decision".to_owned());
    };
    let mismatch = expect.check(&trial.outcome).err();
    let problem = mismatch.map(|mismatch| (mismatch.expected, mismatch.actual));
    met_or_not(file, about, trial, problem)
}

fn met_or_not(file: &CaseFile, about: Option<String>, trial: Trial, problem: Option<(Value, Value)>) -> CaseReport {
    let cost = Cost {
        fuel: trial.cost.fuel,
        micros: trial.cost.micros,
        memory_bytes: trial.cost.memory_bytes,
    };
    CaseReport {
        name: file.name.clone(),
        about,
        passed: problem.is_none(),
        cost: Some(cost),
        log: if problem.is_none() { Vec::new() } else { trial.cost.log },
        problem: problem.map(|(expected, actual)| Problem::Mismatch {
            expected,
            actual,
            detail: trial.detail,
        }),
    }
}

fn wrong(file: &CaseFile, about: Option<String>, error: String) -> CaseReport {
    CaseReport {
        name: file.name.clone(),
        about,
        passed: false,
        cost: None,
        problem: Some(Problem::Error { error }),
        log: Vec::new(),
    }
}
