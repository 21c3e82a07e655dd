//! The cases beside every shipped policy, through the engine: the guest library's tests run the same files natively, so the component answers as the
//! native code does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use conjoin::policy_run::{PolicyRunArguments, run};
use conjoin_guest::cases::{Case, Merged, Outcome};
use conjoin_policies::{CaseFile, Shipped};
use serde_json::{Map, Value};

/// What the policy's component answers to each of its cases.
fn answers(policy: &Shipped) -> Vec<Value> {
    let lines: Vec<String> = policy.cases.iter().map(|case| one_line(case.text)).collect();
    let arguments = PolicyRunArguments {
        policy: policy.name.to_owned(),
        settings: "{}".to_owned(),
        limits: "{}".to_owned(),
    };
    let mut output = Vec::new();
    run(&arguments, lines.join("\n").as_bytes(), &mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A case file may be spread over lines; what is outside its strings may go.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// In the terms of a case; none where the line was an error.
fn outcome(answer: &Value) -> Option<Outcome> {
    if let Some(plan) = answer.get("plan") {
        return Some(Outcome::Merged(Merged {
            user_metadata: bag(&answer["result"]["user_metadata"]),
            app_metadata: bag(&answer["result"]["app_metadata"]),
            discard_user_metadata: pointers(&plan["discard_user_metadata"]),
            discard_app_metadata: pointers(&plan["discard_app_metadata"]),
        }));
    }
    if let Some(suggestions) = answer.get("suggestions") {
        let suggestions = suggestions.as_array().unwrap().iter().map(suggestion);
        return Some(Outcome::Suggested(suggestions.collect()));
    }
    match (&answer["refused"]["code"], &answer["ended"]) {
        (Value::String(code), _) => Some(Outcome::Refused(code.clone())),
        (_, Value::String(ended)) => Some(Outcome::Ended(ended.clone())),
        _ => None,
    }
}

fn judge(case: &CaseFile, answer: &Value) -> Result<(), String> {
    let case = Case::parse(case.text).map_err(|error| error.to_string())?;
    let expect = case.expect.ok_or("a case in a file expects something")?;
    let outcome = outcome(answer).ok_or_else(|| format!("no outcome: {answer}"))?;
    expect
        .check(&outcome)
        .map_err(|mismatch| format!("{mismatch} ({})", answer["detail"]))
}

fn bag(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn pointers(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn suggestion(answer: &Value) -> conjoin_guest::Suggestion {
    conjoin_guest::Suggestion {
        user_id: text(&answer["user_id"]),
        primary: match answer["primary"].as_str().unwrap() {
            "current" => conjoin_guest::Side::Current,
            "found" => conjoin_guest::Side::Found,
            other => panic!("no side: {other}"),
        },
        reason: text(&answer["reason"]),
    }
}

#[test]
fn every_shipped_policy_meets_its_cases_in_the_engine() {
    let mut failed = Vec::new();
    for policy in conjoin_policies::shipped() {
        let answers = answers(policy);
        assert_eq!(answers.len(), policy.cases.len(), "{}", policy.name);
        assert!(!answers.is_empty(), "{}: no case would prove nothing", policy.name);
        for (case, answer) in policy.cases.iter().zip(&answers) {
            if let Err(problem) = judge(case, answer) {
                failed.push(format!("{}/{}: {problem}", policy.name, case.name));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
