//! The built program, as a policy's author calls it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::{NamedTempFile, TempDir, TempPath};

use crate::bounded;

pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conjoin"));
    command.args(["policy", "test"]).args(arguments).stdin(Stdio::null());
    for variable in ["CLICOLOR_FORCE", "NO_COLOR", "CLICOLOR"] {
        command.env_remove(variable);
    }
    command
}

pub fn run(arguments: &[&str]) -> Output {
    run_with(arguments, &[])
}

pub fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let output = bounded::output(command(arguments).envs(variables.iter().copied())).unwrap();
    Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The exit code and the report that `--json` answers.
pub fn report(arguments: &[&str]) -> (i32, Value) {
    let output = run(&[arguments, &["--json"]].concat());
    assert_eq!(output.stderr, "");
    let report = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", output.stdout));
    (output.code, report)
}

/// Cases and items.
pub fn names_of_failed(report: &Value) -> Vec<String> {
    let cases = report["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["passed"] != true);
    let items = report["conformance"]["items"].as_array().unwrap().iter();
    let items = items.filter(|item| item["verdict"] == "failed");
    cases
        .chain(items)
        .map(|failed| failed["name"].as_str().unwrap().to_owned())
        .collect()
}

/// A folder with these cases.
pub fn cases(cases: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, case) in cases {
        std::fs::write(folder.path().join(format!("{name}.json")), case.to_string()).unwrap();
    }
    folder
}

/// The bytes in a file of their own, which goes with the path.
pub fn component_file(component: &[u8]) -> TempPath {
    let mut file = NamedTempFile::with_suffix(".wasm").unwrap();
    file.write_all(component).unwrap();
    file.into_temp_path()
}
