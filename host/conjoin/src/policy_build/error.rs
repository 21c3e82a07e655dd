//! Why there is no component.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};

/// Why there is no component. Whatever a tool had to say is on standard error already.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    /// Nothing that says which language.
    #[error(
        "{} holds no policy: no Cargo.toml (Rust), no policy.py with a requirements.txt or pyproject.toml (Python), no package.json (JavaScript); \
         `conjoin policy new` makes one",
        .0.display()
    )]
    NoPolicy(PathBuf),
    /// `--out` cannot be a file.
    #[error("{} cannot be the component: it is a folder, or the folder around it is not there", .0.display())]
    Out(PathBuf),
    /// A tool is not on this machine.
    #[error("`{tool}` is needed and cannot be run ({why}); {remedy}")]
    Missing {
        tool: &'static str,
        why: String,
        remedy: &'static str,
    },
    /// It is, and older than what is needed.
    #[error("{tool} is {found}, and {needed} or later is needed; {remedy}")]
    TooOld {
        tool: &'static str,
        found: String,
        needed: &'static str,
        remedy: &'static str,
    },
    /// Of Rust: what it compiles to, which is not installed and could not be.
    #[error(
        "the Rust target `{target}` is needed and could not be installed: {why}; run `rustup target add {target}`, or install it the way that you installed Rust"
    )]
    NoTarget { target: &'static str, why: Box<BuildError> },
    /// A tool said no.
    #[error("`{command}` failed ({status}); what it says is above")]
    Failed { command: String, status: ExitStatus },
    /// The tool said yes and made nothing that is a component.
    #[error("{0}")]
    NoComponent(String),
    /// The file system refuses.
    #[error("{}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
}

impl BuildError {
    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        Self::File {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed { .. } | Self::NoComponent(_) | Self::File { .. } => 1,
            Self::NoPolicy(_) | Self::Out(_) => 2,
            Self::Missing { .. } | Self::TooOld { .. } | Self::NoTarget { .. } => 3,
        })
    }
}
