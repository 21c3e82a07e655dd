//! `conjoin policy new`: a project with a policy that builds and passes its cases at once, to be changed into somebody's own.
//!
//! The files are those of [`conjoin_templates`], with the project's name in the place of the template's. The guest library lies in them, since it is not published: a
//! project needs this program, its language's tools and what its language's registry has, and no checkout of Conjoin.
//!
//! `name` says what a project may be called.

mod name;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use conjoin_templates::{File, Language, NAME};
use serde::Serialize;

pub use name::{InvalidName, Name};

use crate::new_folder::{self, FolderError};
use crate::operate::print::unless_gone;

/// For `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  the project is there
  1  it cannot be written; nothing of it is left
  2  the command line is wrong, or the folder is taken";

/// The command line is wrong, or names a folder that is taken.
const USAGE: u8 = 2;

/// Arguments of `conjoin policy new`.
#[derive(Clone, Debug, Args)]
pub struct PolicyNewArguments {
    /// What the policy is written in.
    #[arg(long, value_enum)]
    pub lang: LanguageArgument,
    /// What the policy, its package and its folder are called: a-z, 0-9 and single hyphens, beginning with a letter.
    pub name: Name,
    /// The folder that the project's folder is made in [default: the current one].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Answer one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What was made.
#[derive(Debug, Serialize)]
struct Made<'a> {
    /// The project's folder.
    project: &'a Path,
    name: &'a str,
    language: LanguageArgument,
    /// Its files, by their paths within it.
    files: Vec<&'static str>,
}

/// [`Language`], as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub enum LanguageArgument {
    /// Rust.
    Rust,
    /// JavaScript; TypeScript works as well.
    Js,
    /// Python.
    Python,
}

/// Makes the project and says what can be done with it.
///
/// # Errors
/// When what was done cannot be said. A reader that has gone is none.
pub fn run(arguments: &PolicyNewArguments) -> anyhow::Result<ExitCode> {
    let project = arguments.dir.clone().unwrap_or_default().join(arguments.name.as_str());
    let files = arguments.lang.language().files();
    let contents = files.iter().map(|file| (file.path, content(file, &arguments.name)));
    if let Err(error) = new_folder::write(&project, contents) {
        eprintln!("conjoin: {error}");
        return Ok(exit_code(&error));
    }
    let made = Made {
        project: &project,
        name: arguments.name.as_str(),
        language: arguments.lang,
        files: files.iter().map(|file| file.path).collect(),
    };
    unless_gone(say(&made, arguments.json)).context("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// The library is called what it is called.
fn content(file: &File, name: &Name) -> String {
    if file.is_vendored() {
        file.text.to_owned()
    } else {
        file.text.replace(NAME, name.as_str())
    }
}

fn say(made: &Made<'_>, as_json: bool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if as_json {
        serde_json::to_writer(&mut output, made)?;
        return writeln!(output);
    }
    let project = made.project;
    writeln!(output, "made {}; next:", project.display())?;
    writeln!(output, "  cd {}", project.display())?;
    writeln!(output, "  conjoin policy build")?;
    writeln!(output, "  conjoin policy test")
}

impl LanguageArgument {
    fn language(self) -> Language {
        match self {
            Self::Rust => Language::Rust,
            Self::Js => Language::JavaScript,
            Self::Python => Language::Python,
        }
    }
}

fn exit_code(error: &FolderError) -> ExitCode {
    match error {
        FolderError::Current(_) | FolderError::Taken(_) | FolderError::NoParent(_) => ExitCode::from(USAGE),
        FolderError::Unwritable { .. } => ExitCode::FAILURE,
    }
}
