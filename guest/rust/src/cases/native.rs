//! Running cases in the test's own process. Fast and debuggable; limits and imports are tried by the host's engine.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Case, CaseError, Input, Merged, Outcome};
use crate::{Account, Bag, BagPlan, Failure, Policy};

/// The cases of a folder that a policy does not meet, or that cannot be run.
#[derive(Debug)]
pub struct Failed(Vec<(PathBuf, String)>);

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
pub fn run_native<P: Policy>(folder: impl AsRef<Path>) -> Result<usize, Failed> {
    let folder = folder.as_ref();
    let files = files(folder).map_err(|error| Failed(vec![(folder.to_owned(), error.to_string())]))?;
    if files.is_empty() {
        return Err(Failed(vec![(folder.to_owned(), "holds no case".to_owned())]));
    }
    let failed: Vec<_> = files
        .iter()
        .filter_map(|file| Some((file.clone(), run_file::<P>(file).err()?)))
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
        } => match P::merge(event, primary, secondary) {
            Ok(plan) => Ok(Outcome::Merged(Merged {
                user_metadata: apply(Bag::User, primary, &plan.user_metadata)?,
                app_metadata: apply(Bag::App, primary, &plan.app_metadata)?,
                discard_user_metadata: plan.user_metadata.discard().to_vec(),
                discard_app_metadata: plan.app_metadata.discard().to_vec(),
            })),
            Err(failure) => Err(failure),
        },
        Input::SelectCandidates { event, current, found } => {
            P::select_candidates(event, current, found).map(Outcome::Suggested)
        }
    };
    Ok(answer.unwrap_or_else(|failure| match failure {
        Failure::Refused(refusal) => Outcome::Refused(refusal.code),
        Failure::Broken(_) => Outcome::Ended("broken".to_owned()),
    }))
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, problem) in &self.0 {
            writeln!(formatter, "{}: {problem}", path.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Failed {}

fn files(folder: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let unreadable = |error| CaseError::Unreadable {
        path: folder.to_owned(),
        error,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn run_file<P: Policy>(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let case = Case::parse(&text).map_err(|error| error.to_string())?;
    let expect = case.expect.as_ref().ok_or("a case in a file needs `expect`")?;
    expect
        .check(&outcome::<P>(&case.input)?)
        .map_err(|mismatch| mismatch.to_string())
}

fn apply(bag: Bag, primary: &Account, plan: &BagPlan) -> Result<Map<String, Value>, String> {
    let mut document = Value::Object(primary.bag(bag).map_err(|failure| format!("{failure:?}"))?);
    let patch: json_patch::Patch = serde_json::from_str(plan.patch()).map_err(|error| error.to_string())?;
    json_patch::patch(&mut document, &patch).map_err(|error| error.to_string())?;
    match document {
        Value::Object(bag) => Ok(bag),
        _ => Err("the patch replaces the bag".to_owned()),
    }
}
