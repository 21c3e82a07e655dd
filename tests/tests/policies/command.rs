//! `conjoin policy run` with a component that misbehaves: one typed answer a line, and the next line is answered as if nothing had been.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use conjoin_tests::bounded::Bound;
use serde_json::{Value, json};

use crate::built;

/// What the guest is told to do in a hook, and how the answer names it.
const MERGES: [(&str, &str); 30] = [
    ("loop", "budget-exceeded"),
    ("busy-wait", "budget-exceeded"),
    ("endless-flood", "budget-exceeded"),
    ("memory", "memory-exceeded"),
    ("recursion", "trapped"),
    ("trap", "trapped"),
    ("panic", "trapped"),
    ("huge-answer", "output-too-large"),
    ("invalid-utf8", "malformed"),
    ("wait", "waited"),
    ("exit", "exited"),
    ("huge-log", "misused"),
    ("invalid-log", "misused"),
    ("broken", "broken"),
    ("not-json", "not-allowed"),
    ("not-a-patch", "not-allowed"),
    ("copy", "not-allowed"),
    ("move", "not-allowed"),
    ("root", "not-allowed"),
    ("remove-root", "not-allowed"),
    ("escape", "not-allowed"),
    ("too-deep", "not-allowed"),
    ("too-large", "not-allowed"),
    ("discard-everything", "not-allowed"),
    ("empty-bag", "not-allowed"),
    ("value-from-nowhere", "not-allowed"),
    ("steal-bag", "not-allowed"),
    ("promote", "not-allowed"),
    ("double-bag", "not-allowed"),
    ("nothing", "not-allowed"),
];

const SELECTIONS: [(&str, &str); 12] = [
    ("loop", "budget-exceeded"),
    ("memory", "memory-exceeded"),
    ("recursion", "trapped"),
    ("trap", "trapped"),
    ("wait", "waited"),
    ("exit", "exited"),
    ("huge-suggestion", "output-too-large"),
    ("huge-log", "misused"),
    ("broken", "broken"),
    ("unknown-user", "not-allowed"),
    ("own-user", "not-allowed"),
    ("same-user-twice", "not-allowed"),
];

/// The answers of one process to these lines.
pub fn answers(component: &[u8], arguments: &[&str], lines: &[Value]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.wasm");
    fs::write(&file, component).unwrap();
    let mut child = Command::new(conjoin_tests::program())
        .args(["policy", "run"])
        .arg(&file)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let _bound = Bound::of(&child);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    let answers: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(answers.len(), lines.len(), "one answer a line");
    answers
}

/// The secondary has only what the behaviour is about: nothing else is a reason not to allow the answer.
fn merge(behaviour: &str) -> Value {
    let secondary = match behaviour {
        "nothing" => json!({ "user_metadata": { "language": "fr" } }),
        "steal-bag" => json!({ "app_metadata": { "plan": "free" } }),
        _ => json!({}),
    };
    json!({
        "event": { "settings": { "do": behaviour } },
        "primary": { "user_metadata": { "theme": "dark" } },
        "secondary": secondary,
    })
}

fn select(behaviour: &str) -> Value {
    json!({
        "hook": "select-candidates",
        "event": { "settings": { "do": behaviour } },
        "current": { "user_id": "auth0|ada" },
        "found": [{ "user_id": "google-oauth2|1001" }],
    })
}

/// A line that this component answers.
fn healthy() -> Value {
    json!({ "primary": { "user_metadata": { "theme": "dark" } }, "secondary": {} })
}

fn assert_ends(lines: &[(Value, &str)], arguments: &[&str]) {
    let each: Vec<Value> = lines.iter().flat_map(|(line, _)| [line.clone(), healthy()]).collect();
    let answers = answers(built::hostile(), arguments, &each);
    for ((line, code), pair) in lines.iter().zip(answers.chunks(2)) {
        assert_eq!(pair[0]["ended"], *code, "{line}: {}", pair[0]);
        assert_eq!(
            pair[1]["result"]["user_metadata"],
            json!({ "theme": "dark" }),
            "after {line}: {}",
            pair[1]
        );
    }
}

#[test]
fn s35_every_merge_that_ends_badly_is_one_typed_line_and_the_next_is_healthy() {
    let lines = MERGES.map(|(behaviour, code)| (merge(behaviour), code));
    assert_ends(&lines, &["--limits", r#"{"fuel":300000000}"#]);
}

#[test]
fn s35_every_selection_that_ends_badly_is_one_typed_line_and_the_next_is_healthy() {
    let lines = SELECTIONS.map(|(behaviour, code)| (select(behaviour), code));
    assert_ends(&lines, &["--limits", r#"{"fuel":300000000}"#]);
}

#[test]
fn s35_with_fuel_to_spare_the_clock_ends_a_loop() {
    let lines = [
        (merge("loop"), "deadline-exceeded"),
        (select("loop"), "deadline-exceeded"),
    ];
    assert_ends(&lines, &["--limits", r#"{"fuel":1000000000000,"deadline_ms":200}"#]);
}

#[test]
fn a_refusal_is_an_answer_of_its_own() {
    let refused = json!({ "code": "not-today", "message": "Not today." });
    let answers = answers(built::hostile(), &[], &[merge("refused"), select("refused"), healthy()]);
    assert_eq!((&answers[0]["refused"], &answers[1]["refused"]), (&refused, &refused));
    assert!(answers[2]["result"].is_object());
}
