//! `conjoin policy test`: a policy's cases, and the set that every policy must pass before it can be activated, in the engine that decides links and under the
//! same limits and guards.
//!
//! The cases are those beside a shipped policy or of the project that the command is called in, or a folder of files in the format of [`conjoin_cases`]; the set is
//! [`conjoin_linking::conformance`]. `--settings` are for cases that name none, and for the set.
//!
//! Reading order: `report` (what comes out), `judge` (how a case is judged), `print` and `diff` (what a person reads).

mod diff;
mod judge;
mod print;
mod report;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use conjoin_cases::{CaseFile, FolderError, folder};
use conjoin_engine::{Limits, Policy};
use conjoin_linking::conformance::{self, Terms};
use conjoin_linking::tenant::Guards;
use serde_json::{Map, Value};

pub(crate) use judge::MAX_WALL as MAX_CASES_WALL;
pub use report::{CaseReport, Cost, Problem, TestReport};

use crate::operate::print::unless_gone;
use crate::policies::settings;
use crate::policy_build::COMPONENT;
use crate::policy_run::PolicyRunError;
use crate::policy_run::start::Runner;

/// For `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  every case is met and every item passed or does not apply
  1  a case or an item failed, or the component is none that the engine runs
  2  the command line is wrong, or something that it names cannot be read";

/// Where the cases of a project are.
const PROJECT_CASES: &str = "cases";

/// The command line, or what it names, is wrong.
const USAGE: u8 = 2;

/// Arguments of `conjoin policy test`.
#[derive(Clone, Debug, Args)]
pub struct PolicyTestArguments {
    /// The name of a shipped policy (`joined`, `lodash`, `oldest-primary`, `cautious`), or a component file [default: policy.wasm, which `conjoin policy build`
    /// makes, with the cases in the folder `cases` beside it].
    #[arg(value_name = "NAME|FILE.wasm")]
    pub policy: Option<String>,
    /// A folder of cases, one in each `.json` file [default: those of the shipped policy; a file that is named has none].
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// The tenant's settings, a JSON object: for cases that name none, and for the conformance set.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub settings: String,
    /// What one call may cost, as for `conjoin policy run`.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub limits: String,
    /// Answer one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Why a policy cannot be tried.
#[derive(Debug, thiserror::Error)]
enum PolicyTestError {
    /// Neither a name nor what `conjoin policy build` makes.
    #[error("there is no {COMPONENT} here; run `conjoin policy build` first, or name a policy")]
    NotBuilt,
    /// The policy, its settings or its limits.
    #[error(transparent)]
    Start(#[from] PolicyRunError),
    /// The settings are not what the policy takes.
    #[error("--settings: {0:#}")]
    Settings(anyhow::Error),
    /// The cases.
    #[error("--cases: {0}")]
    Cases(#[from] FolderError),
}

/// Tries the policy and says how it did.
///
/// # Errors
/// When the report cannot be written. A reader that has gone is none.
pub fn run(arguments: &PolicyTestArguments) -> anyhow::Result<ExitCode> {
    let report = match test(arguments) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("conjoin: {error}");
            return Ok(error.exit_code());
        }
    };
    unless_gone(write(&report, arguments.json)).context("writing the report")?;
    let failed = if report.passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    };
    Ok(failed)
}

fn test(arguments: &PolicyTestArguments) -> Result<TestReport, PolicyTestError> {
    // Before anything is compiled: that takes seconds.
    let policy = policy(arguments)?;
    let cases = cases(arguments)?;
    let runner = Runner::start(policy, &arguments.settings, &arguments.limits)?;
    settings::check(&runner.policy, &runner.settings).map_err(PolicyTestError::Settings)?;
    Ok(try_all(&runner, &cases))
}

/// Tries a policy that is loaded, its cases and the set, by a tenant's own limits and guards: what is allowed there passes, and nothing else.
///
/// # Errors
/// When the settings are not what it takes.
pub fn examine(
    policy: Policy,
    settings: Map<String, Value>,
    limits: &Limits,
    guards: &Guards,
    cases: &[CaseFile],
) -> anyhow::Result<TestReport> {
    settings::check(&policy, &settings)?;
    let runner = Runner {
        policy,
        limits: limits.clone(),
        settings,
        guards: guards.clone(),
    };
    Ok(try_all(&runner, cases))
}

fn try_all(runner: &Runner, cases: &[CaseFile]) -> TestReport {
    let terms = Terms {
        settings: &runner.settings,
        guards: &runner.guards,
        limits: &runner.limits,
    };
    let cases = judge::all(runner, cases);
    TestReport::new(runner, cases, conformance::run(&runner.policy, terms))
}

fn policy(arguments: &PolicyTestArguments) -> Result<&str, PolicyTestError> {
    match &arguments.policy {
        Some(named) => Ok(named),
        None if Path::new(COMPONENT).is_file() => Ok(COMPONENT),
        None => Err(PolicyTestError::NotBuilt),
    }
}

fn cases(arguments: &PolicyTestArguments) -> Result<Vec<CaseFile>, FolderError> {
    if let Some(path) = &arguments.cases {
        return folder(path);
    }
    let Some(name) = &arguments.policy else {
        return folder(Path::new(PROJECT_CASES));
    };
    let shipped = conjoin_policies::by_name(name).map_or(&[][..], |shipped| shipped.cases);
    let file = |case: &conjoin_policies::CaseFile| CaseFile {
        name: case.name.to_owned(),
        text: case.text.to_owned(),
    };
    Ok(shipped.iter().map(file).collect())
}

/// Colour only where a terminal shows it and the person has not asked for none.
fn write(report: &TestReport, as_json: bool) -> io::Result<()> {
    if as_json {
        let mut output = io::stdout().lock();
        serde_json::to_writer(&mut output, report)?;
        return writeln!(output);
    }
    let mut output = anstream::AutoStream::auto(io::stdout().lock());
    print::report(&mut output, report)
}

impl PolicyTestError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Start(PolicyRunError::Rejected { .. }) => ExitCode::FAILURE,
            _ => ExitCode::from(USAGE),
        }
    }
}
