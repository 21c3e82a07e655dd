//! How a call ends without an answer, or with one that the host does not allow.

use serde_json::{Value, json};

use crate::component::{Merge, component};
use crate::program::{answer, answers, file};

/// The answer of a component that does this, to accounts that hold one key each.
fn answer_of(merge: &Merge<'_>) -> Value {
    let file = file(&component(merge, &[]));
    let line = json!({"primary": {"user_metadata": {"a": [1]}}, "secondary": {"user_metadata": {"b": 2}}});
    answer(&[file.to_str().unwrap(), "--limits", r#"{"fuel":1000000}"#], &line)
}

#[test]
fn s35_a_call_over_its_limits_ends_by_name() {
    let large: Vec<u32> = (0..20_000).collect();
    let line = json!({"primary": {"user_metadata": {"k": large}}, "secondary": {"user_metadata": {"k": large}}});
    let fuel = answer(&["joined", "--limits", r#"{"fuel":100000}"#], &line);
    assert_eq!(
        (&fuel["ended"], &fuel["fuel"]),
        (&json!("budget-exceeded"), &json!(100_000))
    );
    assert!(fuel["detail"].is_string() && fuel["micros"].is_u64());
    let memory = answer(&["joined", "--limits", r#"{"memory_bytes":1300000}"#], &line);
    assert_eq!(memory["ended"], "memory-exceeded");
    let output = answer(&["joined", "--limits", r#"{"output_bytes":1024}"#], &line);
    assert_eq!(output["ended"], "output-too-large");
    let looping = answer_of(&Merge::Loop);
    assert_eq!(
        (&looping["ended"], &looping["fuel"]),
        (&json!("budget-exceeded"), &json!(1_000_000))
    );
}

#[test]
fn s35_a_trap_ends_by_name_and_the_next_line_is_answered() {
    let file = file(&component(&Merge::Trap, &["auth0|secondary"]));
    let lines = "{\"primary\":{},\"secondary\":{}}\n{\"hook\":\"select-candidates\",\"current\":{},\"found\":[{}]}\n";
    let answers = answers(&[file.to_str().unwrap()], lines);
    assert_eq!(answers[0]["ended"], "trapped");
    assert_eq!(answers[0].get("fuel"), None, "a trap leaves no exact count");
    assert_eq!(
        answers[1]["suggestions"],
        json!([{"user_id": "auth0|secondary", "primary": "found", "reason": ""}])
    );
}

#[test]
fn a_policy_that_broke_or_refused_says_so() {
    let broken = answer(
        &["joined"],
        &json!({"event": {"settings": {"arrays": "sideways"}}, "primary": {}, "secondary": {}}),
    );
    assert_eq!(broken["ended"], "broken");
    assert!(broken["fuel"].is_u64());
    let refused = answer_of(&Merge::Refuse(["no-merge", "These accounts stay apart."]));
    assert_eq!(
        refused["refused"],
        json!({"code": "no-merge", "message": "These accounts stay apart."})
    );
    assert_eq!(refused.get("log"), None);
}

#[test]
fn what_the_policy_logged_comes_with_its_answer() {
    let logged = answer_of(&Merge::LogAndRefuse("look here"));
    assert_eq!(logged["refused"]["code"], "logged");
    assert_eq!(logged["log"], json!([{"level": "warn", "message": "look here"}]));
    assert_eq!(logged.get("log_truncated"), None);
    let file = file(&component(&Merge::LogAndRefuse(&"x".repeat(100)), &[]));
    let cut = answer(
        &[file.to_str().unwrap(), "--limits", r#"{"log_bytes":64}"#],
        &json!({"primary": {}, "secondary": {}}),
    );
    assert_eq!(cut["log_truncated"], true);
}

#[test]
fn a_plan_beyond_what_a_policy_may_do_is_not_allowed() {
    let carried = r#"{"op":"add","path":"/b","value":2}"#;
    let with = |operation: &str| format!("[{carried},{operation}]");
    let wrong = [
        (with(r#"{"op":"add","path":"/c","value":3}"#), "neither account holds"),
        (
            with(r#"{"op":"replace","path":"/a","value":[1,1]}"#),
            "neither account holds",
        ),
        (with(r#"{"op":"remove","path":"/a"}"#), "removes"),
        (with(r#"{"op":"copy","from":"/a","path":"/c"}"#), "`copy`"),
        (with(r#"{"op":"move","from":"/a","path":"/c"}"#), "`move`"),
        (
            r#"[{"op":"replace","path":"","value":{"b":2}}]"#.to_owned(),
            "whole bag",
        ),
        (with(r#"{"op":"replace","path":"/none","value":1}"#), "does not apply"),
        (with(r#"{"op":"test","path":"/a","value":9}"#), "does not apply"),
        ("[]".to_owned(), "neither carries nor discards"),
        ("{".to_owned(), "not an RFC 6902"),
    ];
    for (patch, named) in &wrong {
        let answer = answer_of(&Merge::Plan([patch, "[]"], &[]));
        assert_eq!(answer["ended"], "not-allowed", "{patch}");
        assert!(answer["detail"].as_str().unwrap().contains(named), "{patch}: {answer}");
        assert!(answer["fuel"].is_u64(), "{patch}");
        // What can be applied is shown beside the verdict.
        let applies = ["neither account holds", "removes", "neither carries nor discards"].contains(named);
        let shown = (answer.get("plan").is_some(), answer.get("result").is_some());
        assert_eq!(shown, (applies, applies), "{patch}");
    }
    let discard = answer_of(&Merge::Plan(["[]", "[]"], &["/b/c"]));
    assert_eq!(discard["ended"], "not-allowed");
    let allowed = answer_of(&Merge::Plan(["\n[\n]", "[]"], &["/b"]));
    assert_eq!(allowed["plan"]["discard_user_metadata"], json!(["/b"]));
    assert_eq!(allowed["result"]["user_metadata"], json!({"a": [1]}));
}

#[test]
fn a_suggestion_of_an_account_that_was_not_found_or_twice_is_not_allowed() {
    let line = json!({"hook": "select-candidates", "current": {}, "found": [{"user_id": "github|1"}]});
    for suggested in [&["github|2"][..], &["github|1", "github|1"]] {
        let file = file(&component(&Merge::Trap, suggested));
        let answer = answer(&[file.to_str().unwrap()], &line);
        assert_eq!(answer["ended"], "not-allowed", "{suggested:?}");
        assert!(answer["detail"].as_str().unwrap().contains(suggested[0]));
    }
}
