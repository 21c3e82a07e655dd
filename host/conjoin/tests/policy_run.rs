//! `conjoin policy run`, through the built program: what each line answers, and why there may be none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "policy_run/component.rs"]
mod component;

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempPath};

use component::{Merge, component};

/// The program's whole output for these arguments and this input.
fn run(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
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
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// One answer for each line, the program having succeeded.
fn answers(arguments: &[&str], input: impl AsRef<[u8]>) -> Vec<Value> {
    let output = run(arguments, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn answer(arguments: &[&str], line: &Value) -> Value {
    let [answer] = <[Value; 1]>::try_from(answers(arguments, format!("{line}\n"))).unwrap();
    answer
}

/// What the program says when it cannot begin.
fn refusal(arguments: &[&str]) -> String {
    let output = run(arguments, "{}\n");
    assert!(!output.status.success(), "{arguments:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn file(component: &[u8]) -> TempPath {
    let mut file = NamedTempFile::with_suffix(".wasm").unwrap();
    file.write_all(component).unwrap();
    file.into_temp_path()
}

/// The answer of a component that does this, to accounts that hold one key each.
fn answer_of(merge: &Merge<'_>) -> Value {
    let file = file(&component(merge, &[]));
    let line = json!({"primary": {"user_metadata": {"a": [1]}}, "secondary": {"user_metadata": {"b": 2}}});
    answer(&[file.to_str().unwrap(), "--limits", r#"{"fuel":1000000}"#], &line)
}

/// An object of so many levels.
fn nested(levels: usize) -> String {
    format!("{}{}", r#"{"a":"#.repeat(levels - 1) + "{}", "}".repeat(levels - 1))
}

#[test]
fn a_merge_answers_plan_result_and_cost() {
    let line = json!({
        "hook": "merge",
        "primary": {"user_metadata": {"tags": ["a"], "theme": "dark"}, "app_metadata": {"plan": "pro"}},
        "secondary": {"user_metadata": {"tags": ["b"], "theme": "light"}, "app_metadata": {"seats": 2}},
    });
    let answer = answer(&["joined"], &line);
    assert_eq!(
        answer["plan"],
        json!({
            "user_metadata": [{"op": "replace", "path": "/tags", "value": ["a", "b"]}],
            "app_metadata": [{"op": "add", "path": "/seats", "value": 2}],
            "discard_user_metadata": ["/theme"],
            "discard_app_metadata": [],
        })
    );
    assert_eq!(
        answer["result"],
        json!({"user_metadata": {"tags": ["a", "b"], "theme": "dark"}, "app_metadata": {"plan": "pro", "seats": 2}})
    );
    assert!(answer["fuel"].as_u64().unwrap() > 0 && answer["micros"].as_u64().unwrap() > 0);
    let keys: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 4, "{keys:?}");
}

#[test]
fn what_is_left_out_has_its_stated_default() {
    let complete = json!({
        "hook": "merge",
        "event": {"transaction_id": "case", "tenant": "case", "client_id": "case", "organization": null, "now": "2026-01-01T00:00:00Z",
            "seed": "00000000000000000000000000000000", "settings": {}, "context": {}},
        "primary": {"user_id": "auth0|primary", "email": "person@example.com", "email_verified": true, "user_metadata": {}, "app_metadata": {"k": [1]}},
        "secondary": {"user_id": "auth0|secondary", "user_metadata": {}, "app_metadata": {"k": [2]}},
    });
    let short = json!({"primary": {"app_metadata": {"k": [1]}}, "secondary": {"app_metadata": {"k": [2]}}});
    let answers = answers(&["joined"], format!("{complete}\n{short}"));
    assert_eq!(
        answers[0]["result"],
        json!({"user_metadata": {}, "app_metadata": {"k": [1, 2]}})
    );
    for key in ["plan", "result", "fuel"] {
        assert_eq!(answers[0][key], answers[1][key], "{key}");
    }
}

#[test]
fn a_user_as_auth0_gives_it_is_an_account() {
    let user = json!({
        "user_id": "facebook|7", "email": "ada@example.com", "email_verified": true, "name": "Ada", "picture": "https://example.com/a.png",
        "created_at": "2024-05-01T10:00:00.000Z", "updated_at": "2024-05-01T10:00:00.000Z", "last_login": "2024-05-01T10:00:00.000Z",
        "last_ip": "192.0.2.1", "logins_count": 3, "user_metadata": {"a": 1},
        "identities": [{"provider": "facebook", "user_id": 7, "connection": "facebook", "isSocial": true, "access_token": "x"}],
    });
    let answer = answer(
        &["joined"],
        &json!({"hook": "merge", "primary": {"user_id": "auth0|ada"}, "secondary": user}),
    );
    assert_eq!(answer["result"]["user_metadata"], json!({"a": 1}));
}

#[test]
fn settings_are_those_of_the_line_or_else_of_the_command() {
    let accounts =
        json!({"primary": {"user_metadata": {"k": ["a"]}}, "secondary": {"user_metadata": {"k": ["a", "b"]}}});
    let mut own = accounts.clone();
    own["event"] = json!({"settings": {"arrays": "primary"}});
    let mut without = accounts.clone();
    without["event"] = json!({"tenant": "acme"});
    let lines = format!("{accounts}\n{own}\n{without}\n");
    let results = answers(&["joined", "--settings", r#"{"arrays":"union"}"#], lines);
    let merged: Vec<_> = results.iter().map(|answer| &answer["result"]["user_metadata"]["k"]).collect();
    assert_eq!(merged, [&json!(["a", "b"]), &json!(["a"]), &json!(["a", "b"])]);
}

#[test]
fn a_selection_answers_suggestions() {
    let line = json!({
        "hook": "select-candidates",
        "current": {"user_id": "auth0|ada", "created_at": "2025-01-01T00:00:00Z"},
        "found": [{"user_id": "google-oauth2|1001", "created_at": "2020-01-01T00:00:00Z"}, {"user_id": "github|1002"}],
    });
    let answer = answer(&["joined", "--settings", r#"{"primary":"oldest"}"#], &line);
    assert_eq!(
        answer["suggestions"],
        json!([
            {"user_id": "google-oauth2|1001", "primary": "found", "reason": "same-email"},
            {"user_id": "github|1002", "primary": "current", "reason": "same-email"},
        ])
    );
    assert!(answer["fuel"].is_u64() && answer["micros"].is_u64());
}

#[test]
fn describe_answers_what_the_component_says_of_itself() {
    let answer = answer(&["lodash"], &json!({"hook": "describe"}));
    assert_eq!(answer["description"]["name"], "lodash");
    assert!(answer["description"]["settings_schema"].is_object());
    assert_eq!(answer["description"]["reasons"], json!([]));
    assert_eq!(answer["digest"].as_str().unwrap().len(), 64);
}

#[test]
fn a_line_that_asks_nothing_is_an_error_and_the_next_is_answered() {
    let accounts = r#""primary":{},"secondary":{}"#;
    let deep = nested(101);
    let wrong: Vec<(Vec<u8>, &str)> = vec![
        (b"".into(), "EOF"),
        (b"nonsense".into(), "not JSON"),
        (b"[]".into(), ""),
        (b"[null,null]".into(), "JSON object"),
        (b"null".into(), "not JSON"),
        (b"{\"primary\":{},\"secondary\":{}".into(), "EOF"),
        (b"\xff".into(), "UTF-8"),
        (format!("{{{accounts}}} {{}}").into(), "trailing"),
        (format!(r#"{{"hook":"link",{accounts}}}"#).into(), "`link`"),
        (format!(r#"{{"hook":7,{accounts}}}"#).into(), "hook"),
        (format!(r#"{{"hook":"merge","hook":"merge",{accounts}}}"#).into(), "duplicate"),
        (format!(r#"{{"primery":{{}},{accounts}}}"#).into(), "primery"),
        (format!(r#"{{"event":{{"now":"yesterday"}},{accounts}}}"#).into(), "event.now"),
        (format!(r#"{{"event":{{"now":"1969-12-31T23:59:59Z"}},{accounts}}}"#).into(), "event.now"),
        (format!(r#"{{"event":{{"seed":"0"}},{accounts}}}"#).into(), "event.seed"),
        (format!(r#"{{"event":{{"settings":[]}},{accounts}}}"#).into(), "not a case"),
        (format!(r#"{{"event":{{"settings":{deep}}},{accounts}}}"#).into(), "`event.settings`"),
        (r#"{"primary":{}}"#.into(), "`secondary`"),
        (r#"{"hook":"select-candidates","current":{}}"#.into(), "`found`"),
        (r#"{"hook":"describe","event":{}}"#.into(), "`event`"),
        (r#"{"primary":{"user_metadata":[]},"secondary":{}}"#.into(), "not a case"),
        (r#"{"primary":{"user_metadata":{"a":1e400}},"secondary":{}}"#.into(), "out of range"),
        (r#"{"primary":{"user_metadata":{"a":"\ud800"}},"secondary":{}}"#.into(), "hex escape"),
        (format!(r#"{{"primary":{{"user_metadata":{deep}}},"secondary":{{}}}}"#).into(), "`user_metadata`"),
        (format!(r#"{{"primary":{{}},"secondary":{{"app_metadata":{deep}}}}}"#).into(), "`app_metadata`"),
        (format!(r#"{{"primary":{{"address":{deep}}},"secondary":{{}}}}"#).into(), "`profile`"),
        (
            format!(r#"{{"primary":{{"identities":[{{"profileData":{deep}}}]}},"secondary":{{}}}}"#).into(),
            "`identities`",
        ),
        (
            format!(r#"{{"primary":{{"user_metadata":{}}},"secondary":{{}}}}"#, nested(100_000)).into(),
            "recursion limit",
        ),
        (format!(r#"{{"primary":{{"logins_count":"{}"}},"secondary":{{}}}}"#, "9".repeat(100_000)).into(), "invalid type"),
    ];
    let mut input = Vec::new();
    for (line, _) in &wrong {
        input.extend_from_slice(line);
        input.extend_from_slice(b"\n{\"primary\":{},\"secondary\":{}}\n");
    }
    let answers = answers(&["joined"], input);
    assert_eq!(answers.len(), 2 * wrong.len());
    for ((line, named), pair) in wrong.iter().zip(answers.chunks(2)) {
        let line = String::from_utf8_lossy(&line[..line.len().min(200)]);
        let error = pair[0]["error"].as_str().unwrap_or_else(|| panic!("{line}: {}", pair[0]));
        assert!(error.contains(named) && error.len() < 2000, "{line}: {error}");
        assert!(pair[1]["result"].is_object(), "after {line}");
    }
}

#[test]
fn a_bag_of_100_levels_and_numbers_at_the_edge_are_merged() {
    let deep = nested(100);
    let line = format!(
        r#"{{"primary":{{"user_metadata":{{"big":9007199254740993,"most":18446744073709551615,"tiny":5e-324}}}},"secondary":{{"user_metadata":{{"f":1.7976931348623157e308}},"app_metadata":{deep}}}}}"#
    );
    let [answer] = <[Value; 1]>::try_from(answers(&["joined"], line)).unwrap();
    assert_eq!(
        answer["result"]["user_metadata"],
        json!({"big": 9_007_199_254_740_993_u64, "most": u64::MAX, "tiny": 5e-324, "f": f64::MAX})
    );
    assert_eq!(
        answer["result"]["app_metadata"],
        serde_json::from_str::<Value>(&deep).unwrap()
    );
}

#[test]
fn names_that_auth0_cannot_store_are_still_in_the_policys_own_result() {
    let line = r#"{"primary":{},"secondary":{"user_metadata":{"a.b":1,"__proto__":{"c":2}},"app_metadata":{"email":"x"}}}"#;
    let [answer] = <[Value; 1]>::try_from(answers(&["joined"], line)).unwrap();
    assert_eq!(
        answer["result"].to_string(),
        r#"{"app_metadata":{"email":"x"},"user_metadata":{"__proto__":{"c":2},"a.b":1}}"#
    );
}

#[test]
fn a_line_over_the_bound_is_an_error_and_the_next_is_answered() {
    let mut input = b"{\"about\":\"".to_vec();
    input.resize(17 << 20, b'x');
    input.extend_from_slice(b"\"}\n{\"primary\":{},\"secondary\":{}}\n");
    let answers = answers(&["joined"], input);
    assert!(answers[0]["error"].as_str().unwrap().contains("longer than"));
    assert!(answers[1]["plan"].is_object());
    assert_eq!(answers.len(), 2);
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
        (with(r#"{"op":"replace","path":"/a","value":[1,1]}"#), "neither account holds"),
        (with(r#"{"op":"remove","path":"/a"}"#), "removes"),
        (with(r#"{"op":"copy","from":"/a","path":"/c"}"#), "`copy`"),
        (with(r#"{"op":"move","from":"/a","path":"/c"}"#), "`move`"),
        (r#"[{"op":"replace","path":"","value":{"b":2}}]"#.to_owned(), "whole bag"),
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
        assert_eq!((answer.get("plan"), answer.get("result")), (None, None), "{patch}");
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

#[test]
fn what_cannot_be_loaded_is_said_before_any_line_is_read() {
    let module = file(b"\0asm\x01\0\0\0");
    let module = module.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        (vec!["joint"], "joined, lodash"),
        (vec!["./no-such-file.wasm"], "cannot read the component ./no-such-file.wasm"),
        (vec![folder.path().to_str().unwrap()], "cannot read the component"),
        (vec![module], "not-a-component"),
        (vec!["joined", "--settings", "[]"], "--settings must be a JSON object"),
        (vec!["joined", "--settings", "{"], "--settings must be a JSON object"),
        (vec!["joined", "--limits", r#"{"fuels":1}"#], "fuels"),
        (vec!["joined", "--limits", r#"{"fuel":0}"#], "`fuel` is 0"),
        (vec![], "NAME|FILE.wasm"),
    ];
    for (arguments, named) in &wrong {
        let said = refusal(arguments);
        assert!(said.contains(named), "{arguments:?}: {said}");
    }
    let deep = nested(101);
    assert!(refusal(&["joined", "--settings", &deep]).contains("100 levels"));
}
