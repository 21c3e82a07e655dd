//! `conjoin policy export --node`: the package answers in Node what the host answers, byte for byte, in every case that is shipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use conjoin_tests::program;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Outcome, answered, assert_listed, input, outcome, succeed, workspace};
use crate::projects::{policy, rust_project};
use crate::{javascript, python};

/// Policies in JavaScript and Python need what Node 20 has behind a flag; later ones have it, and not the flag.
static FLAGS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut node = Command::new("node");
    node.arg("--version");
    if succeed(node).starts_with("v20.") {
        vec!["--experimental-wasm-extended-const"]
    } else {
        vec![]
    }
});

/// The package of a policy, by a shipped one's name or its component.
pub fn exported(policy: &Path) -> (TempDir, PathBuf) {
    let around = tempfile::tempdir().unwrap();
    let package = around.path().join("package");
    let mut export = Command::new(program());
    export
        .args(["policy", "export", "--node"])
        .arg(policy)
        .arg("--out")
        .arg(&package);
    succeed(export);
    (around, package)
}

/// What the package answers to each line.
pub fn in_node(package: &Path, lines: &[String], flags: &[&str]) -> String {
    let mut node = Command::new("node");
    node.args(flags)
        .arg(workspace().join("tests/tests/guests/answer.mjs"))
        .arg(package);
    node.stdin(input(lines));
    succeed(node)
}

/// A line of the host's without what only the host measures.
fn without_cost(line: &str) -> String {
    let mut text = line.to_owned();
    for key in [",\"fuel\":", ",\"micros\":"] {
        if let Some(start) = text.rfind(key) {
            let from = start + key.len();
            let digits = text[from..].bytes().take_while(u8::is_ascii_digit).count();
            text.replace_range(start..from + digits, "");
        }
    }
    text
}

/// Every case of a shipped policy, as lines, and what it says of itself.
fn lines_of(name: &str) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(workspace().join("policies").join(name).join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 10, "{name}");
    let case = |file: &PathBuf| fs::read_to_string(file).unwrap().replace('\n', " ");
    let mut lines: Vec<_> = files.iter().map(case).collect();
    lines.push(json!({"hook": "describe"}).to_string());
    lines
}

fn answers_alike(policy: &Path, lines: &[String], flags: &[&str]) {
    let (_around, package) = exported(policy);
    let host = answered(policy, lines);
    let (host, node): (Vec<_>, _) = (
        host.lines().map(without_cost).collect(),
        in_node(&package, lines, flags),
    );
    let node: Vec<_> = node.lines().collect();
    assert_eq!((host.len(), node.len()), (lines.len(), lines.len()));
    for ((line, host), node) in lines.iter().zip(&host).zip(node) {
        assert_eq!(host, node, "{}: {line}", policy.display());
    }
}

#[test]
fn the_policies_in_rust_answer_every_case_in_node_as_in_the_host() {
    for name in ["joined", "lodash", "oldest-primary", "cautious"] {
        answers_alike(Path::new(name), &lines_of(name), &[]);
    }
}

#[test]
fn the_policy_in_javascript_answers_every_case_in_node_as_in_the_host() {
    answers_alike(&javascript::COMPONENT, &lines_of("by-field"), &FLAGS);
}

#[test]
fn the_policy_in_python_answers_every_case_in_node_as_in_the_host() {
    answers_alike(&python::CONSENT, &lines_of("consent"), &FLAGS);
}

/// What JavaScript's own JSON would change: large integers, doubles that are whole, the order of keys.
#[test]
fn numbers_and_texts_pass_through_node_as_they_are() {
    let numbers = "[1e15,1e16,1.5e16,1e21,1e-5,1e-6,0.001,123456789012345678901,5e-324,1.7976931348623157e308,-0,-0.0,1.0,1e2,9007199254740993,\
                   18446744073709551615,18446744073709551616,-9223372036854775808,-9223372036854775809]";
    let texts = r#""\u007f\u2028\u00e9\ud83d\ude00":"\u001f\b\f\n\r\t\u0000/\"\\","\uffff":[],"\ud83d\ude00":{},"a/~b":null,"":"","10":1,"9":2"#;
    let bag = format!(r#"{{"numbers":{numbers},{texts},"__proto__":{{"a":1}},"constructor":[true]}}"#);
    let line = format!(
        r#"{{"primary":{{"app_metadata":{bag}}},"secondary":{{"user_metadata":{bag},"app_metadata":{{"numbers":[2]}},"name":"Ada","login":1.0}}}}"#
    );
    answers_alike(Path::new("joined"), &[line], &[]);
}

/// A policy that asks the system for what it must not depend on, and ends in every way that has a name.
const CURIOUS: &str = r##"
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::time::{Instant, SystemTime};

use conjoin_guest::{Account, Description, Event, Failure, Plan, Policy};

struct Curious;

impl Policy for Curious {
    fn describe() -> Description {
        Description {
            name: "curious".into(),
            version: "1".into(),
            summary: "Asks.".into(),
            settings_schema: r#"{"type":"object"}"#.into(),
            reasons: vec![],
        }
    }

    fn merge(event: &Event, _: &Account, _: &Account) -> Result<Plan, Failure> {
        let settings: HashMap<String, String> = event.settings()?;
        println!("on standard output\nsecond line");
        eprint!("on standard error");
        match settings["do"].as_str() {
            "panic" => panic!("as asked"),
            "exit" => std::process::exit(3),
            "sleep" => std::thread::sleep(std::time::Duration::from_secs(1)),
            "abort" => std::process::abort(),
            "flood" => for _ in 0..2000 { println!("{}", "é".repeat(40)) },
            _ => {}
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let start = Instant::now();
        let chance = |salt: u8| { let state = RandomState::new(); salt.hash(&mut state.build_hasher()); state.hash_one(salt) };
        let said = format!("{} {:?} {} {}", now.as_secs(), start.elapsed(), chance(1), chance(2));
        let arguments = std::env::args().count() + std::env::vars().count();
        Err(Failure::refused("said", format!("{said} {arguments}")))
    }
}

conjoin_guest::export!(Curious);
"##;

#[test]
fn time_chance_output_and_endings_are_the_hosts() {
    let (_alone, project) = rust_project();
    fs::write(project.join("src/lib.rs"), CURIOUS).unwrap();
    succeed(policy(&project, &["build"]));
    let line = |what: &str, seed: &str, now: &str| {
        json!({"event": {"settings": {"do": what}, "seed": seed, "now": now}, "primary": {}, "secondary": {}})
            .to_string()
    };
    let (seed, other) = ("00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100");
    let mut lines: Vec<_> = ["panic", "exit", "sleep", "abort", "flood"]
        .map(|what| line(what, seed, "2026-01-01T00:00:00Z"))
        .into();
    lines.push(line("ask", seed, "2026-01-01T00:00:00Z"));
    lines.push(line("ask", other, "2031-05-06T07:08:09+02:00"));
    let component = project.join("policy.wasm");
    answers_alike(&component, &lines, &[]);
    // That they are alike says little if all of them say the same.
    let host = answered(&component, &lines);
    let endings: Vec<Value> = host.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named = endings
        .iter()
        .map(|answer| answer["ended"].as_str().unwrap_or("refused"));
    assert!(
        named.eq([
            "trapped", "exited", "waited", "trapped", "refused", "refused", "refused"
        ]),
        "{host}"
    );
    assert_eq!(endings[4]["log_truncated"], true);
    assert_ne!(endings[5]["refused"], endings[6]["refused"]);
}

#[test]
fn the_package_is_one_for_npm_with_types_and_for_require() {
    let (_around, package) = exported(Path::new("cautious"));
    let mut check = Command::new(javascript::LIBRARY.join("node_modules/.bin/tsc"));
    check
        .args(["--noEmit", "--strict", "--types", "", "index.d.ts"])
        .current_dir(&package);
    succeed(check);
    let mut pack = Command::new("npm");
    pack.args(["pack", "--dry-run", "--json"]).current_dir(&package);
    let packed: Value = serde_json::from_str(&succeed(pack)).unwrap();
    let files: Vec<_> = packed[0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    for file in [
        "index.js",
        "index.d.ts",
        "lib/wasi.js",
        "policy/policy.js",
        "policy/policy.core.wasm",
        "README.md",
    ] {
        assert!(files.contains(&file), "{file}: {files:?}");
    }
    let script = r#"const { decide, PolicyEnded, merge } = require(process.argv[1]);
        const { result, refused } = decide({ primary: { user_metadata: { a: 1 } }, secondary: { user_metadata: { b: 2 } } });
        console.log(JSON.stringify({ result, refused }));"#;
    let mut node = Command::new("node");
    node.args(["--no-warnings", "-e", script]).arg(package.join("index.js"));
    let answer: Value = serde_json::from_str(&succeed(node)).unwrap();
    assert_eq!(answer["result"]["user_metadata"], json!({"a": 1, "b": 2}));
}

#[test]
fn what_was_exported_and_where_is_said_as_json_too() {
    let around = tempfile::tempdir().unwrap();
    let export = ["export", "--node", "joined", "--out", "package", "--json"];
    let said: Value = serde_json::from_str(&succeed(policy(around.path(), &export))).unwrap();
    let digest = conjoin_engine::PolicyDigest::of(conjoin_policies::JOINED.component).to_string();
    assert_eq!(
        (&said["package"], &said["policy"], &said["digest"]),
        (&json!("package"), &json!("joined"), &json!(digest))
    );
    assert_listed(&said["files"], &around.path().join("package"));
}

#[test]
fn what_cannot_be_exported_is_refused_and_nothing_is_left() {
    let around = tempfile::tempdir().unwrap();
    fs::write(around.path().join("module.wasm"), b"\0asm\x01\0\0\0").unwrap();
    fs::write(around.path().join("taken"), "mine").unwrap();
    let wrong: [(&[&str], i32, &str); 6] = [
        (
            &["--node", "joint", "--out", "new"],
            2,
            "joined, lodash, oldest-primary, cautious",
        ),
        (
            &["--node", "./none.wasm", "--out", "new"],
            2,
            "cannot read the component",
        ),
        (&["--node", "joined", "--out", "taken"], 2, "not an empty folder"),
        (&["--node", "joined", "--out", "no/new"], 2, "there is no folder no"),
        (&["--node", "joined", "--out", "."], 2, "the folder that you are in"),
        (&["--node", "./module.wasm", "--out", "new"], 1, "not-a-component"),
    ];
    for (arguments, expected, named) in wrong {
        let Outcome { code, stdout, stderr } = outcome(policy(around.path(), &[&["export"], arguments].concat()));
        assert_eq!((code, stdout.as_str()), (Some(expected), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(named), "{arguments:?}: {stderr}");
    }
    assert_eq!(fs::read_dir(around.path()).unwrap().count(), 2);
}
