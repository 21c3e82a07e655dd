//! A tool of a language: started in the policy's folder, and heard on standard error.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};

use super::error::BuildError;

/// A tool that has to be on this machine, and how to come by it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    pub(super) program: &'static str,
    pub(super) remedy: &'static str,
}

impl Tool {
    pub(super) fn command(self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null());
        command
    }

    /// What it answers to a question about itself. Its own complaints are part of the error.
    pub(super) fn ask(self, folder: &Path, arguments: &[&str]) -> Result<String, BuildError> {
        let asked = self.command(folder, arguments).output();
        let answer = asked.map_err(|error| self.missing(error.to_string()))?;
        if answer.status.success() {
            Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
        } else {
            Err(self.missing(complaint(&answer)))
        }
    }

    pub(super) fn missing(self, why: String) -> BuildError {
        BuildError::Missing {
            tool: self.program,
            why,
            remedy: self.remedy,
        }
    }
}

/// Runs a command to its end; both of its streams go to standard error.
pub(super) fn run(command: &mut Command) -> Result<(), BuildError> {
    let named = name(command);
    let ran = stream_to_standard_error(command).and_then(Command::status);
    ended(named, ran)
}

/// The end of a command, in words.
pub(super) fn ended(command: String, ran: io::Result<ExitStatus>) -> Result<(), BuildError> {
    match ran {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(BuildError::Failed { command, status }),
        Err(error) => Err(BuildError::NoComponent(format!("cannot run `{command}`: {error}"))),
    }
}

/// As somebody would type it.
pub(super) fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn stream_to_standard_error(command: &mut Command) -> io::Result<&mut Command> {
    let errors = io::stderr().as_fd().try_clone_to_owned()?;
    Ok(command.stdout(errors).stderr(Stdio::inherit()))
}

fn complaint(answer: &Output) -> String {
    let text = String::from_utf8_lossy(&answer.stderr);
    let last = text.lines().rfind(|line| !line.trim().is_empty());
    last.map_or_else(|| answer.status.to_string(), |line| line.trim().to_owned())
}

/// Whether a version is at least another: `v20.19.1` is at least 20.19. What is no version is not.
pub(super) fn is_at_least(found: &str, (major, minor): (u32, u32)) -> bool {
    let mut numbers = found
        .trim_start_matches('v')
        .split('.')
        .map(|number| number.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(found_major), Some(found_minor)) => (found_major, found_minor) >= (major, minor),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for found in ["v20.19.0", "v20.100.1", "v22.0.0", "20.19"] {
            assert!(is_at_least(found, (20, 19)), "{found}");
        }
        for found in ["v20.9.0", "v18.20.0", "v3.11", "", "v20", "nonsense"] {
            assert!(!is_at_least(found, (20, 19)), "{found}");
        }
    }

    #[test]
    fn what_a_tool_complains_of_is_in_the_error() {
        let tool = Tool {
            program: "sh",
            remedy: "install it",
        };
        let folder = Path::new(".");
        assert_eq!(tool.ask(folder, &["-c", "echo 1.2"]).unwrap(), "1.2");
        let error = tool.ask(folder, &["-c", "echo no such thing >&2; exit 1"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`sh` is needed and cannot be run (no such thing); install it"
        );
        let missing = Tool {
            program: "no-such-tool",
            remedy: "install it",
        };
        assert!(matches!(missing.ask(folder, &[]), Err(BuildError::Missing { .. })));
    }
}
