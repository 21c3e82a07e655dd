//! The program that `cargo build` made, and cases through it.

use std::fs;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use conjoin_guest::cases::{Case, Merged, Outcome};
use conjoin_guest::{Side, Suggestion};
use serde_json::{Map, Value};

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

/// Every case of a folder on the component; panics with those that are not met.
pub fn meets_its_cases(component: &Path, folder: &Path) {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no case", folder.display());
    let texts: Vec<_> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    // A case file may be spread over lines; what is outside its strings may go.
    let lines: Vec<_> = texts.iter().map(|text| text.replace(['\n', '\r'], " ")).collect();
    let failed: Vec<_> = files
        .iter()
        .zip(texts.iter().zip(answers(component, &lines)))
        .filter_map(|(file, (text, answer))| Some(format!("{}: {}", file.display(), judge(text, &answer).err()?)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn judge(text: &str, answer: &Value) -> Result<(), String> {
    let case = Case::parse(text).map_err(|error| error.to_string())?;
    let expect = case.expect.ok_or("a case in a file expects something")?;
    let outcome = outcome(answer).ok_or_else(|| format!("no outcome: {answer}"))?;
    expect
        .check(&outcome)
        .map_err(|mismatch| format!("{mismatch} ({})", answer["detail"]))
}

/// In the terms of a case; none where the line was an error.
fn outcome(answer: &Value) -> Option<Outcome> {
    // An answer that is not allowed has a plan as well.
    if let Value::String(ended) = &answer["ended"] {
        return Some(Outcome::Ended(ended.clone()));
    }
    if let Value::String(code) = &answer["refused"]["code"] {
        return Some(Outcome::Refused(code.clone()));
    }
    if let Value::Array(suggestions) = &answer["suggestions"] {
        return Some(Outcome::Suggested(suggestions.iter().map(suggestion).collect()));
    }
    let plan = answer.get("plan")?;
    Some(Outcome::Merged(Merged {
        user_metadata: bag(&answer["result"]["user_metadata"]),
        app_metadata: bag(&answer["result"]["app_metadata"]),
        discard_user_metadata: pointers(&plan["discard_user_metadata"]),
        discard_app_metadata: pointers(&plan["discard_app_metadata"]),
    }))
}

fn bag(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn pointers(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(text).collect()
}

fn suggestion(answer: &Value) -> Suggestion {
    Suggestion {
        user_id: text(&answer["user_id"]),
        primary: match answer["primary"].as_str() {
            Some("found") => Side::Found,
            _ => Side::Current,
        },
        reason: text(&answer["reason"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
