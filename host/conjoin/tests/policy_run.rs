//! `conjoin policy run`, through the built program: what each hook answers, and why there may be no answer at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../../tests/src/bounded.rs"]
mod bounded;
#[path = "policy_run/component.rs"]
mod component;
#[path = "policy_run/endings.rs"]
mod endings;
#[path = "policy_run/lines.rs"]
mod lines;
#[path = "policy_run/program.rs"]
mod program;

use serde_json::{Value, json};

use program::{answer, answers, file, nested, refusal};

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
    let merged: Vec<_> = results
        .iter()
        .map(|answer| &answer["result"]["user_metadata"]["k"])
        .collect();
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
fn names_that_auth0_cannot_store_are_still_in_the_policys_own_result() {
    let line =
        r#"{"primary":{},"secondary":{"user_metadata":{"a.b":1,"__proto__":{"c":2}},"app_metadata":{"email":"x"}}}"#;
    let [answer] = <[Value; 1]>::try_from(answers(&["joined"], line)).unwrap();
    let expected = r#"{"app_metadata":{"email":"x"},"user_metadata":{"__proto__":{"c":2},"a.b":1}}"#;
    assert_eq!(answer["result"], serde_json::from_str::<Value>(expected).unwrap());
}

#[test]
fn s21_an_object_of_nothing_but_such_names_is_no_reason_to_refuse() {
    let line = json!({"primary": {}, "secondary": {"user_metadata": {"a": {"x.y": 1}, "b": [{"$c": 1}]}}});
    let answer = answer(&["joined"], &line);
    assert_eq!(
        answer["result"]["user_metadata"],
        json!({"a": {"x.y": 1}, "b": [{"$c": 1}]}),
        "{answer}"
    );
}

#[test]
fn what_cannot_be_loaded_is_said_before_any_line_is_read() {
    let module = file(b"\0asm\x01\0\0\0");
    let module = module.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        (vec!["joint"], "joined, lodash, oldest-primary, cautious"),
        (
            vec!["./no-such-file.wasm"],
            "cannot read the component ./no-such-file.wasm",
        ),
        (vec![folder.path().to_str().unwrap()], "cannot read the component"),
        (vec![module], "not-a-component"),
        (vec!["joined", "--settings", "[]"], "--settings must be a JSON object"),
        (vec!["joined", "--settings", "{"], "--settings must be a JSON object"),
        (vec!["joined", "--limits", r#"{"fuels":1}"#], "fuels"),
        (vec!["joined", "--limits", r#"{"fuel":0}"#], "`fuel` is 0"),
        (
            vec!["joined", "--limits", "[9000000,1000,9000000,100,9000000,0]"],
            "--limits must be a JSON object",
        ),
        (vec![], "NAME|FILE.wasm"),
    ];
    for (arguments, named) in &wrong {
        let said = refusal(arguments);
        assert!(said.contains(named), "{arguments:?}: {said}");
    }
    let deep = nested(101);
    assert!(refusal(&["joined", "--settings", &deep]).contains("100 levels"));
}
