//! The program that `cargo build` made, and cases through it.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The folder of the whole project.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The program beside this test.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().unwrap().parent().unwrap().join("conjoin");
    assert!(
        built.exists(),
        "{} is not built: run `cargo build` first, or tests/run",
        built.display()
    );
    built
}

/// Runs a command to its end; panics with what it wrote unless it succeeds.
pub fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// What the component answers to each line, by `conjoin policy run`.
pub fn answers(component: &Path, lines: &[String]) -> Vec<Value> {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(lines.join("\n").as_bytes()).unwrap();
    input.rewind().unwrap();
    let mut run = Command::new(program());
    run.args(["policy", "run"]).arg(component).stdin(Stdio::from(input));
    let answers: Vec<_> = succeed(&mut run)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

/// Every case of a folder on the component, and the set that every policy must pass; panics with what is not met.
pub fn meets_its_cases(component: &Path, folder: &Path) {
    let mut test = Command::new(program());
    test.args(["policy", "test"]).arg(component).arg("--cases").arg(folder);
    succeed(&mut test);
}
