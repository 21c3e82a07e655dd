//! The program that `cargo build` made, and cases through it.

use std::fs;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use conjoin_tests::{bounded, program};
use serde_json::Value;

/// The folder of the whole project.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Most that one command may take. Building the slowest component takes half a minute.
const MOST: Duration = Duration::from_mins(10);

/// How a command ended, and what it wrote.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end; panics unless it ends in time.
pub fn outcome(mut command: Command) -> Outcome {
    let output = bounded::output_within(&mut command, MOST).unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    let code = output.status.code();
    assert!(code.is_some(), "{command:?}: {}\n{stdout}\n{stderr}", output.status);
    Outcome { code, stdout, stderr }
}

/// Runs a command to its end; panics with what it wrote unless it succeeds in time.
pub fn succeed(command: Command) -> String {
    let named = format!("{command:?}");
    let Outcome { code, stdout, stderr } = outcome(command);
    assert_eq!(code, Some(0), "{named}\n{stdout}\n{stderr}");
    stdout
}

/// Panics unless the list is of all files of the folder, by their paths within it.
pub fn assert_listed(listed: &Value, folder: &Path) {
    let listed = listed.as_array().unwrap().iter();
    let mut listed: Vec<_> = listed.map(|path| folder.join(path.as_str().unwrap())).collect();
    let (mut there, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let into = if path.is_dir() { &mut folders } else { &mut there };
            into.push(path);
        }
    }
    listed.sort();
    there.sort();
    assert_eq!(listed, there);
}

/// What the component answers to each line, by `conjoin policy run`.
pub fn answers(component: &Path, lines: &[String]) -> Vec<Value> {
    let answers: Vec<_> = answered(component, lines)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

/// The same, as it is written.
pub fn answered(component: &Path, lines: &[String]) -> String {
    let mut run = Command::new(program());
    run.args(["policy", "run"]).arg(component).stdin(input(lines));
    succeed(run)
}

/// Lines for a command's standard input.
pub fn input(lines: &[String]) -> Stdio {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(lines.join("\n").as_bytes()).unwrap();
    input.rewind().unwrap();
    Stdio::from(input)
}

/// Every case of a folder on the component, and the set that every policy must pass; panics with what is not met.
pub fn meets_its_cases(component: &Path, folder: &Path) {
    let mut test = Command::new(program());
    test.args(["policy", "test"]).arg(component).arg("--cases").arg(folder);
    succeed(test);
}
