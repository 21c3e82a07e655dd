//! `conjoin policy export --node`: an npm package that decides in Node.js what the component decides in a host.
//!
//! The component is transpiled by jco's own transpiler, the crate `js-component-bindgen`, within this program: it shares `wasmtime-environ` with the engine, so that no
//! second one is built, nothing has to be installed (jco's npm tree is 338 MB), and an export needs no network. Around the transpiled code goes a
//! small library, `assets/node`, with what the engine gives a policy: a fresh instance for every call, the virtual part of WASI, the log, and the lines of
//! [`policy_run`](crate::policy_run).
//!
//! What it does not give: fuel, memory limits and the host's guards. The package's README says so.

mod package;
mod transpile;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use conjoin_engine::Engine;
use serde::Serialize;

use crate::compiling;
use crate::new_folder::{self, FolderError};
use crate::operate::print::unless_gone;
use crate::policy_run::PolicyRunError;
use crate::policy_run::start::component;

/// For `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  the package is there
  1  the component is none that the engine runs, or the package cannot be made; nothing of it is left
  2  the command line is wrong, or names what cannot be read or is taken";

/// The command line, or what it names, is wrong.
const USAGE: u8 = 2;

/// Arguments of `conjoin policy export`.
#[derive(Clone, Debug, Args)]
pub struct PolicyExportArguments {
    /// The name of a shipped policy (`joined`, `lodash`, `oldest-primary`, `cautious`), or a component file: as a package for Node.js.
    #[arg(long, value_name = "NAME|FILE.wasm")]
    pub node: String,
    /// The package's folder, which is made.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Answer one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What was made.
#[derive(Debug, Serialize)]
struct Exported<'a> {
    /// The package's folder.
    package: &'a Path,
    /// The policy's own name.
    policy: String,
    /// SHA-256 of its component, in hexadecimal.
    digest: String,
    /// The package's files, by their paths within it.
    files: Vec<String>,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    /// The component.
    #[error(transparent)]
    Policy(#[from] PolicyRunError),
    /// The transpiler does not take what the engine takes.
    #[error("cannot transpile the component: {0:#}")]
    Transpile(anyhow::Error),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// Makes the package and says where it is.
///
/// # Errors
/// When what was done cannot be said. A reader that has gone is none.
pub fn run(arguments: &PolicyExportArguments) -> anyhow::Result<ExitCode> {
    let exported = match export(arguments) {
        Ok(exported) => exported,
        Err(error) => {
            eprintln!("conjoin: {error}");
            return Ok(error.exit_code());
        }
    };
    unless_gone(say(&exported, arguments.json)).context("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

fn say(exported: &Exported<'_>, as_json: bool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if as_json {
        serde_json::to_writer(&mut output, exported)?;
        return writeln!(output);
    }
    writeln!(output, "made {}, a package for Node.js", exported.package.display())
}

fn export(arguments: &PolicyExportArguments) -> Result<Exported<'_>, ExportError> {
    // Before anything is compiled: that takes seconds.
    new_folder::check(&arguments.out)?;
    let component = component(&arguments.node)?;
    // What the engine refuses would be refused everywhere else; and it knows what the policy is called.
    let engine = Engine::new(compiling::for_authors()).map_err(PolicyRunError::from)?;
    let policy = engine.load(&component).map_err(|rejection| PolicyRunError::Rejected {
        policy: arguments.node.clone(),
        rejection,
    })?;
    let transpiled = transpile::transpile(&component).map_err(ExportError::Transpile)?;
    let files = package::files(&policy, transpiled);
    let paths = files.iter().map(|(path, _)| path.clone()).collect();
    new_folder::write(&arguments.out, files)?;
    Ok(Exported {
        package: &arguments.out,
        policy: policy.description().name.clone(),
        digest: policy.digest().to_string(),
        files: paths,
    })
}

impl ExportError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Policy(PolicyRunError::Rejected { .. })
            | Self::Transpile(_)
            | Self::Folder(FolderError::Unwritable { .. }) => ExitCode::FAILURE,
            Self::Policy(_) | Self::Folder(_) => ExitCode::from(USAGE),
        }
    }
}
