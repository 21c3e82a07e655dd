//! Every case of a folder against a [`Policy`].

use std::fmt;
use std::path::Path;

use conjoin_cases::{Case, CaseFile, Input, Merged, Object, Outcome, folder};
use serde_json::Value;

use crate::{Account, Bag, BagPlan, Candidate, Failure, Policy};

/// The cases of a folder that a policy does not meet, or that cannot be run: what, and why.
#[derive(Debug)]
pub struct Failed(Vec<(String, String)>);

/// Runs every `*.json` file of a folder, and answers how many there were.
///
/// ```no_run
/// # use conjoin_guest::{Account, Description, Event, Failure, Plan, Policy};
/// # struct MyPolicy;
/// # impl Policy for MyPolicy {
/// #     fn describe() -> Description { unimplemented!() }
/// #     fn merge(_: &Event, _: &Account, _: &Account) -> Result<Plan, Failure> { unimplemented!() }
/// # }
/// // In a `#[test]`:
/// conjoin_guest::cases::run_native::<MyPolicy>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")).unwrap();
/// ```
///
/// # Errors
/// [`Failed`] with each case that is not met. An empty folder is an error: it would prove nothing.
pub fn run_native<P: Policy>(path: impl AsRef<Path>) -> Result<usize, Failed> {
    let path = path.as_ref();
    let files = folder(path).map_err(|error| Failed(vec![(path.display().to_string(), error.to_string())]))?;
    let failed: Vec<_> = files
        .iter()
        .filter_map(|file| Some((file.name.clone(), run::<P>(file).err()?)))
        .collect();
    if failed.is_empty() {
        Ok(files.len())
    } else {
        Err(Failed(failed))
    }
}

/// What a policy answers to one input, its plan applied.
///
/// # Errors
/// Text that says how the answer breaks the contract.
pub fn outcome<P: Policy>(input: &Input) -> Result<Outcome, String> {
    let answer = match input {
        Input::Merge {
            event,
            primary,
            secondary,
        } => {
            let primary = Account::from(primary);
            match P::merge(&event.into(), &primary, &secondary.into()) {
                Ok(plan) => Ok(Outcome::Merged(Merged {
                    user_metadata: apply(Bag::User, &primary, &plan.user_metadata)?,
                    app_metadata: apply(Bag::App, &primary, &plan.app_metadata)?,
                    discard_user_metadata: plan.user_metadata.discard().to_vec(),
                    discard_app_metadata: plan.app_metadata.discard().to_vec(),
                })),
                Err(failure) => Err(failure),
            }
        }
        Input::SelectCandidates { event, current, found } => {
            let found: Vec<Candidate> = found.iter().map(Candidate::from).collect();
            let suggestions = P::select_candidates(&event.into(), &current.into(), &found);
            suggestions.map(|suggestions| Outcome::Suggested(suggestions.into_iter().map(Into::into).collect()))
        }
    };
    Ok(answer.unwrap_or_else(|failure| match failure {
        Failure::Refused(refusal) => Outcome::Refused {
            code: refusal.code,
            message: refusal.message,
        },
        Failure::Broken(_) => Outcome::Ended("broken".to_owned()),
    }))
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, problem) in &self.0 {
            writeln!(formatter, "{name}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failed {}

fn run<P: Policy>(file: &CaseFile) -> Result<(), String> {
    let case = Case::parse(&file.text).map_err(|error| error.to_string())?;
    let expect = case.expect.as_ref().ok_or("a case in a file needs `expect`")?;
    expect
        .check(&outcome::<P>(&case.input)?)
        .map_err(|mismatch| mismatch.to_string())
}

fn apply(bag: Bag, primary: &Account, plan: &BagPlan) -> Result<Object, String> {
    let mut document = Value::Object(primary.bag(bag).map_err(|failure| format!("{failure:?}"))?);
    let patch: json_patch::Patch = serde_json::from_str(plan.patch()).map_err(|error| error.to_string())?;
    json_patch::patch(&mut document, &patch).map_err(|error| error.to_string())?;
    match document {
        Value::Object(bag) => Ok(bag),
        _ => Err("the patch replaces the bag".to_owned()),
    }
}
