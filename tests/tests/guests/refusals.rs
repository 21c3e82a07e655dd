//! An exported package refuses what the host refuses, where that needs no guards: lines that ask nothing, and patches that are none.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::export::{exported, in_node};
use crate::program::{answered, succeed};
use crate::projects::{policy, rust_project};

fn parsed(answers: &str) -> Vec<Value> {
    answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What the host and the package answer to each line.
fn both(policy: &Path, lines: &[String]) -> Vec<[Value; 2]> {
    let (_around, package) = exported(policy);
    let (host, node) = (parsed(&answered(policy, lines)), parsed(&in_node(&package, lines, &[])));
    assert_eq!((host.len(), node.len()), (lines.len(), lines.len()));
    host.into_iter().zip(node).map(|(host, node)| [host, node]).collect()
}

/// A merge of these accounts.
fn merge(primary: &str, rest: &str) -> String {
    format!(r#"{{"primary":{primary},"secondary":{{}}{rest}}}"#)
}

fn event(event: &str) -> String {
    merge("{}", &format!(r#","event":{event}"#))
}

fn expect(expect: &str) -> String {
    merge("{}", &format!(r#","expect":{expect}"#))
}

fn select(found: &str) -> String {
    format!(r#"{{"hook":"select-candidates","current":{{}},"found":{found}}}"#)
}

fn nested(levels: usize) -> String {
    let (open, close) = (r#"{"a":"#.repeat(levels - 1), "}".repeat(levels - 1));
    format!("{open}{{}}{close}")
}

/// Lines that ask nothing, each for one reason.
fn wrong() -> Vec<String> {
    let mut lines: Vec<String> = [
        "",
        "nonsense",
        "[]",
        "null",
        r#"{"hook":"describe","event":{}}"#,
        r#"{"hook":"merge","primary":{}}"#,
        r#"{"hook":"merge","primary":{},"secondary":null}"#,
        r#"{"hook":"Merge","primary":{},"secondary":{}}"#,
        r#"{"hook":1,"primary":{},"secondary":{}}"#,
        r#"{"hook":"select-candidates","current":{}}"#,
        r#"{"hook":"select-candidates","current":{},"found":{}}"#,
        r#"{"hook":"select-candidates","current":{},"found":[],"primary":{}}"#,
        r#"{"primary":{},"secondary":{},"found":[]}"#,
        r#"{"primary":{},"secondary":{},"expected":{}}"#,
        r#"{"primary":{},"secondary":{},"about":1}"#,
        r#"{"primary":{},"secondary":{},"event":null}"#,
        r#"{"primary":{},"secondary":{},"event":[]}"#,
        r#"{"primary":"auth0|1","secondary":{}}"#,
    ]
    .map(str::to_owned)
    .into();
    lines.extend(
        [
            r#"{"user_id":7}"#,
            r#"{"email":false}"#,
            r#"{"email_verified":"true"}"#,
            r#"{"email_verified":null}"#,
            r#"{"logins_count":-1}"#,
            r#"{"logins_count":1.0}"#,
            r#"{"logins_count":4294967296}"#,
            r#"{"logins_count":null}"#,
            r#"{"created_at":1}"#,
            r#"{"profile":[]}"#,
            r#"{"user_metadata":null}"#,
            r#"{"app_metadata":"{}"}"#,
            r#"{"identities":{}}"#,
            r#"{"identities":[1]}"#,
            r#"{"identities":[[]]}"#,
            r#"{"identities":[{"user_id":true}]}"#,
            r#"{"identities":[{"isSocial":1}]}"#,
            r#"{"identities":[{"isSocial":true,"is_social":true}]}"#,
            r#"{"identities":[{"profileData":1}]}"#,
            r#"{"user_metadata":{"a":1e400}}"#,
            r#"{"user_metadata":{"a":"\ud800"}}"#,
            r#"{"user_metadata":{"\udc00":1}}"#,
            r#"{"user_metadata":{"a":01}}"#,
        ]
        .map(|primary| merge(primary, "")),
    );
    lines.push(merge(&format!(r#"{{"user_metadata":{}}}"#, nested(101)), ""));
    lines.push(merge(
        &format!(r#"{{"identities":[{{"profile":{}}}]}}"#, nested(101)),
        "",
    ));
    lines.push(merge(&format!(r#"{{"identities":[{{"other":{}}}]}}"#, nested(124)), ""));
    lines.extend(
        [
            r#"{"now":"yesterday"}"#,
            r#"{"now":"2026-02-30T00:00:00Z"}"#,
            r#"{"now":"2026-01-01T00:00:00"}"#,
            r#"{"now":"2026-01-01T24:00:00Z"}"#,
            r#"{"now":"1969-12-31T23:59:59Z"}"#,
            r#"{"now":"1970-01-01T00:00:00+00:01"}"#,
            r#"{"now":null}"#,
            r#"{"now":1}"#,
            r#"{"seed":"0"}"#,
            r#"{"seed":"0123456789abcdefg123456789abcdef"}"#,
            r#"{"settings":[]}"#,
            r#"{"context":null}"#,
            r#"{"tenant":null}"#,
            r#"{"organization":1}"#,
            r#"{"nows":"2026-01-01T00:00:00Z"}"#,
        ]
        .map(event),
    );
    lines.extend(
        [
            "[1]",
            "[[]]",
            r#"[{"user_id":null}]"#,
            r#"[{"user_id":1}]"#,
            r#"[{"email":"a@b"}]"#,
            r#"[{"is_social":null}]"#,
            r#"[{"logins_count":"1"}]"#,
            r#"[{"provider":1}]"#,
        ]
        .map(select),
    );
    lines.extend(
        [
            "{}",
            "1",
            r#"{"result":{},"ended":"trapped"}"#,
            r#"{"suggestions":[]}"#,
            r#"{"result":[]}"#,
            r#"{"result":{"metadata":{}}}"#,
            r#"{"result":{"user_metadata":null}}"#,
            r#"{"refused":["no",null]}"#,
            r#"{"refused":{"message":"No."}}"#,
            r#"{"refused":{"code":"no","text":"No."}}"#,
            r#"{"ended":1}"#,
            r#"{"ended":"trapped","discard_user_metadata":[]}"#,
            r#"{"result":{},"discard_user_metadata":[1]}"#,
        ]
        .map(expect),
    );
    lines
}

/// What is just short of one of those.
fn right() -> Vec<String> {
    let mut lines: Vec<String> = [
        r#"{"hook":null,"primary":{},"secondary":{},"found":null,"about":null,"expect":null}"#,
        r#"{"hook":"describe","about":1}"#,
        r#"{"hook":"link","hook":"merge","primary":[],"primary":{},"secondary":{}}"#,
    ]
    .map(str::to_owned)
    .into();
    lines.extend(
        [
            r#"{"user_id":null,"email":null,"created_at":null,"identities":null,"logins_count":4294967295}"#,
            r#"{"identities":[],"name":null,"profile":{"name":"Ada"}}"#,
            r#"{"identities":[{"user_id":7,"profileData":{"a":[1.0]},"isSocial":true,"access_token":null}]}"#,
            r#"{"user_metadata":{"a":"\ud83d\ude00"}}"#,
        ]
        .map(|primary| merge(primary, "")),
    );
    lines.push(merge(&format!(r#"{{"user_metadata":{}}}"#, nested(100)), ""));
    lines.extend(
        [
            r#"{"now":"1970-01-01T00:00:00Z","settings":null,"organization":null}"#,
            r#"{"now":"2016-12-31t23:59:60.5z"}"#,
            r#"{"now":"2026-01-01 00:00:00.123456789123+23:59","seed":"0123456789ABCDEF0123456789abcdef"}"#,
        ]
        .map(event),
    );
    lines.extend(
        [
            r#"{"result":null,"ended":"trapped"}"#,
            r#"{"refused":{"code":"no","message":null}}"#,
            r#"{"result":{},"discard_user_metadata":["/a"],"discard_app_metadata":null}"#,
        ]
        .map(expect),
    );
    lines.push(select(
        r#"[{"user_id":"github|1","connection":null,"last_login":null}]"#,
    ));
    lines
}

#[test]
fn a_line_that_the_host_refuses_is_refused_in_node() {
    let (wrong, right) = (wrong(), right());
    let lines = [wrong.as_slice(), right.as_slice()].concat();
    let answers = both(Path::new("joined"), &lines);
    for (number, (line, [host, node])) in lines.iter().zip(&answers).enumerate() {
        let refused = [host, node].map(|answer| answer.get("error").is_some());
        assert_eq!(refused, [number < wrong.len(); 2], "{line}\n{host}\n{node}");
    }
}

/// A policy whose patch its settings hold.
const ECHO: &str = r##"
use std::collections::HashMap;

use conjoin_guest::bindings::exports::conjoin::policy::hooks;
use conjoin_guest::{Account, Candidate, Description, Event, Failure, Suggestion};

struct Echo;

conjoin_guest::bindings::export_component!(Echo with_types_in conjoin_guest::bindings);

impl hooks::Guest for Echo {
    fn describe() -> Description {
        Description {
            name: "echo".into(),
            version: "1".into(),
            summary: "Says what its settings say.".into(),
            settings_schema: r#"{"type":"object"}"#.into(),
            reasons: vec![],
        }
    }

    fn select_candidates(_: Event, _: Account, _: Vec<Candidate>) -> Result<Vec<Suggestion>, Failure> {
        Ok(vec![])
    }

    fn merge(event: Event, _: Account, _: Account) -> Result<hooks::Plan, Failure> {
        let settings: HashMap<String, String> = event.settings()?;
        Ok(hooks::Plan {
            user_metadata: settings["patch"].clone(),
            app_metadata: "[]".into(),
            discard_user_metadata: vec![],
            discard_app_metadata: vec![],
        })
    }
}
"##;

fn patches() -> Vec<String> {
    let one = |operation: &str| format!("[{operation}]");
    let add = |path: &str, value: &str| one(&format!(r#"{{"op":"add","path":"{path}","value":{value}}}"#));
    let test = |path: &str, value: &str| one(&format!(r#"{{"op":"test","path":"{path}","value":{value}}}"#));
    let remove = |path: &str| one(&format!(r#"{{"op":"remove","path":"{path}"}}"#));
    let replace = |path: &str| one(&format!(r#"{{"op":"replace","path":"{path}","value":0}}"#));
    let mut patches: Vec<String> = ["", "nonsense", "{}", "null", "[1]", "[[]]", "[{}]", "[]"]
        .map(str::to_owned)
        .into();
    patches.extend(
        [
            r#"{"op":"add","path":"/new"}"#,
            r#"{"op":"add","path":7,"value":1}"#,
            r#"{"op":"add","path":"new","value":1}"#,
            r#"{"op":"add","path":"/a~2b","value":1}"#,
            r#"{"op":"Add","path":"/new","value":1}"#,
            r#"{"op":"add","path":"/new","value":1,"more":2}"#,
            r#"{"op":"copy","path":"/new","from":"/list"}"#,
            r#"{"op":"move","path":"/new","from":"/list"}"#,
            r#"{"op":"copy","path":"/new"}"#,
            r#"{"op":"add","path":"/new","value":"\ud800"}"#,
        ]
        .map(one),
    );
    for path in [
        "",
        "/",
        "/new",
        "/list",
        "/list/-",
        "/list/0",
        "/list/2",
        "/list/3",
        "/list/01",
        "/list/+1",
        "/list/length",
        "/nested/a~1b",
        "/nested/x/y",
        "/text/0",
        "/text/length",
        "/none",
        "/__proto__/x",
        "/constructor",
    ] {
        patches.extend([add(path, "[null]"), remove(path), replace(path), test(path, "1")]);
    }
    patches.extend([
        test("/nested", r#"{"m~n":{"b":2,"a":1},"a/b":1}"#),
        test("/nested/m~0n", r#"{"a":1}"#),
        test("/list", "[1,2]"),
        test("/list/0", "1.0"),
        test("/double", "1"),
        test("/double", "10e-1"),
        test("/zero", "0.0"),
        test("/nothing", "null"),
        add("/deep", &nested(99)),
        add("/deep", &nested(100)),
        add("/large", &format!("{:?}", "x".repeat(2 << 20))),
        format!("[{}]", vec![r#"{"op":"remove","path":"/none"}"#; 10_001].join(",")),
    ]);
    patches
}

#[test]
fn a_patch_that_the_host_does_not_apply_is_not_applied_in_node() {
    let (_alone, project) = rust_project();
    fs::write(project.join("src/lib.rs"), ECHO).unwrap();
    succeed(policy(&project, &["build"]));
    let patches = patches();
    let bag = json!({"list": [1, 2], "nested": {"a/b": 1, "m~n": {"a": 1, "b": 2}}, "text": "abc", "double": 1.0, "zero": -0.0, "nothing": null});
    let line = |patch: &String| {
        json!({"event": {"settings": {"patch": patch}}, "primary": {"user_metadata": bag}, "secondary": {}}).to_string()
    };
    let lines: Vec<_> = patches.iter().map(line).collect();
    let mut refused = 0;
    for (patch, [host, node]) in patches.iter().zip(both(&project.join("policy.wasm"), &lines)) {
        refused += usize::from(node["ended"] == "not-allowed");
        assert_eq!(without_guards(host), node, "{}", patch.get(..200).unwrap_or(patch));
    }
    assert!(
        refused > 30 && patches.len() - refused > 20,
        "{refused} of {}",
        patches.len()
    );
}

/// What the host answers, without what its guards have to say and without where in its text a patch is malformed.
fn without_guards(mut answer: Value) -> Value {
    let fields = answer.as_object_mut().unwrap();
    fields.retain(|key, _| !["fuel", "micros"].contains(&key.as_str()));
    if fields.contains_key("plan") {
        fields.retain(|key, _| !["ended", "detail"].contains(&key.as_str()));
    }
    if let Some(Value::String(detail)) = fields.get_mut("detail")
        && let Some(place) = detail.find(": line ")
    {
        detail.truncate(place);
    }
    answer
}
