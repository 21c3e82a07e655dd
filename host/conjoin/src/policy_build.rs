//! `conjoin policy build`: a policy's project to a component, by the tools of its language.
//!
//! The tools are the author's own: this looks for them, says what is missing and how to come by it, installs what the project depends on beside the project and nowhere
//! else, and shows everything that they write on standard error. Standard output is for the answer.
//!
//! Reading order: `project` (which language), `tool` (running one), then the file of a language; `vendor` is what lies beside a project.

mod error;
mod javascript;
mod project;
mod python;
mod rust;
mod tool;
mod vendor;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use conjoin_engine::PolicyDigest;
use conjoin_templates::Language;
use serde::Serialize;

use error::BuildError;

use crate::operate::print::unless_gone;

/// What a component is called where nobody says otherwise.
pub(crate) const COMPONENT: &str = "policy.wasm";

/// For `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  the component is there
  1  the policy cannot be built; standard error has what its tools say
  2  the command line is wrong, or the folder holds no policy
  3  a tool is missing or too old; standard error says which, and how to come by it";

/// Arguments of `conjoin policy build`.
#[derive(Clone, Debug, Args)]
pub struct PolicyBuildArguments {
    /// The policy's folder: with a Cargo.toml (Rust), a policy.py beside a requirements.txt or pyproject.toml (Python), or a package.json (JavaScript)
    /// [default: the current one].
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Where the component goes [default: policy.wasm in the policy's folder].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Answer one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What was built.
#[derive(Debug, Serialize)]
struct Built {
    component: PathBuf,
    digest: String,
    bytes: usize,
}

/// Builds the policy and says what came of it.
///
/// # Errors
/// When the answer cannot be written. A reader that has gone is none.
pub fn run(arguments: &PolicyBuildArguments) -> anyhow::Result<ExitCode> {
    let built = match build(arguments) {
        Ok(built) => built,
        Err(error) => {
            eprintln!("conjoin: {error}");
            return Ok(error.exit_code());
        }
    };
    unless_gone(write(&built, arguments.json)).context("writing the answer")?;
    Ok(ExitCode::SUCCESS)
}

fn build(arguments: &PolicyBuildArguments) -> Result<Built, BuildError> {
    let folder = arguments.dir.as_deref().unwrap_or(Path::new("."));
    let language = project::language(folder)?;
    let beside = || arguments.dir.clone().unwrap_or_default().join(COMPONENT);
    let component = arguments.out.clone().unwrap_or_else(beside);
    // The tools run in the policy's folder; `--out` is said in the caller's.
    let (folder, out) = (complete(folder)?, complete(&component)?);
    if !out.parent().is_some_and(Path::is_dir) || out.is_dir() {
        return Err(BuildError::Out(component));
    }
    match language {
        Language::Rust => rust::build(&folder, &out)?,
        Language::JavaScript => javascript::build(&folder, &out)?,
        Language::Python => python::build(&folder, &out)?,
    }
    let bytes = fs::read(&out).map_err(|source| BuildError::file(&out, source))?;
    Ok(Built {
        component,
        digest: PolicyDigest::of(&bytes).to_string(),
        bytes: bytes.len(),
    })
}

fn complete(path: &Path) -> Result<PathBuf, BuildError> {
    absolute(path).map_err(|source| BuildError::file(path, source))
}

fn write(built: &Built, as_json: bool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if as_json {
        serde_json::to_writer(&mut output, built)?;
        return writeln!(output);
    }
    let Built {
        component,
        digest,
        bytes,
    } = built;
    writeln!(output, "{}: {bytes} bytes, SHA-256 {digest}", component.display())
}
