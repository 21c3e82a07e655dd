//! The built program, as a policy's author calls it.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;
use tempfile::{NamedTempFile, TempPath};

use crate::bounded::Bound;

/// The program's whole output for these arguments and this input.
pub fn run(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_conjoin"))
        .args(["policy", "run"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.as_ref().to_owned());
    // The program may end before it has read everything, when its arguments are wrong.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let _bound = Bound::of(&child);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// One answer for each line, the program having succeeded.
pub fn answers(arguments: &[&str], input: impl AsRef<[u8]>) -> Vec<Value> {
    let output = run(arguments, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn answer(arguments: &[&str], line: &Value) -> Value {
    let [answer] = <[Value; 1]>::try_from(answers(arguments, format!("{line}\n"))).unwrap();
    answer
}

/// What the program says when it cannot begin.
pub fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments, "{}\n");
    assert!(!output.status.success(), "{arguments:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The bytes in a file of their own, which goes with the path.
pub fn file(component: &[u8]) -> TempPath {
    let mut file = NamedTempFile::with_suffix(".wasm").unwrap();
    file.write_all(component).unwrap();
    file.into_temp_path()
}

/// An object of so many levels.
pub fn nested(levels: usize) -> String {
    format!("{}{}", r#"{"a":"#.repeat(levels - 1) + "{}", "}".repeat(levels - 1))
}
