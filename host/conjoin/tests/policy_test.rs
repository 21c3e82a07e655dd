//! `conjoin policy test`, through the built program: what it says of policies that are right and wrong, and how it exits.
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
#[allow(dead_code, reason = "shared with the tests of `policy run`, which use all of it")]
mod component;
#[path = "policy_test/program.rs"]
mod program;
#[path = "policy_test/usage.rs"]
mod usage;

use serde_json::{Value, json};

use component::{Merge, component};
use program::{cases, component_file, names_of_failed, report, run};

/// The guest library's tests run the same files natively, so a component answers as the native code does.
#[test]
fn every_shipped_policy_meets_its_cases_and_passes_the_conformance_set() {
    for shipped in conjoin_policies::shipped() {
        let (code, report) = report(&[shipped.name]);
        assert_eq!(names_of_failed(&report), Vec::<String>::new(), "{}", shipped.name);
        assert_eq!((code, &report["passed"]), (0, &json!(true)), "{}", shipped.name);
        assert_eq!(report["cases"].as_array().unwrap().len(), shipped.cases.len());
        assert!(!shipped.cases.is_empty(), "no case would prove nothing");
        assert_eq!(report["policy"], shipped.name);
    }
}

#[test]
fn each_case_and_item_is_a_line_with_its_cost_against_the_limits() {
    let output = run(&["oldest-primary"]);
    let text = output.stdout;
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let line = |name: &str| {
        text.lines()
            .find(|line| line.contains(name))
            .unwrap_or_else(|| panic!("{name}: {text}"))
    };
    assert!(text.starts_with("oldest-primary 0.1.0 ("), "{text}");
    for name in ["the-later-login-wins-for-the-secondary", "accounts-for-every-key"] {
        assert!(line(name).trim_start().starts_with("ok "), "{}", line(name));
        assert_eq!(line(name).matches('%').count(), 3, "{}", line(name));
    }
    assert!(line("refusals-are-well-formed").trim_start().starts_with("n/a "));
    assert!(
        line("passed: ").contains("conformance: 23 passed, 0 failed, 1 not applicable"),
        "{text}"
    );
}

#[test]
fn colour_is_for_terminals() {
    assert!(!run(&["lodash"]).stdout.contains('\u{1b}'));
    let forced = program::run_with(&["lodash"], &[("CLICOLOR_FORCE", "1")]);
    assert!(forced.stdout.contains("\u{1b}["), "{}", forced.stdout);
}

#[test]
fn a_case_that_is_not_met_shows_the_difference() {
    let folder = cases(&[(
        "wrong",
        json!({
            "about": "Expects what the policy does not do.",
            "hook": "merge",
            "primary": {"user_metadata": {"theme": "dark", "tags": ["a"]}},
            "secondary": {"user_metadata": {"tags": ["b"]}},
            "expect": {"result": {"user_metadata": {"theme": "dark", "tags": ["a", "c"]}}},
        }),
    )]);
    let arguments = ["joined", "--cases", folder.path().to_str().unwrap()];
    let output = run(&arguments);
    assert_eq!(output.code, 1);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = output.stdout.lines().map(words).collect();
    for expected in [
        "FAIL wrong",
        "Expects what the policy does not do.",
        "- \"c\"",
        "+ \"b\"",
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(expected)),
            "{expected}: {}",
            output.stdout
        );
    }
    assert!(
        !lines.contains(&"- \"theme\": \"dark\"".to_owned()),
        "what is equal is no difference"
    );
    let (code, report) = report(&arguments);
    let case = &report["cases"][0];
    assert_eq!(
        (code, &case["passed"], &report["passed"]),
        (1, &json!(false), &json!(false))
    );
    assert_eq!(case["expected"]["result"]["user_metadata"]["tags"], json!(["a", "c"]));
    assert_eq!(case["actual"]["result"]["user_metadata"]["tags"], json!(["a", "b"]));
    assert!(case["fuel"].as_u64().unwrap() > 0 && case["memory_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn a_file_that_is_no_case_fails_as_one() {
    let accounts = json!({"hook": "merge", "primary": {}, "secondary": {}});
    let mut misspelt = accounts.clone();
    misspelt["expected"] = json!({"result": {}});
    let mut late = accounts.clone();
    (late["event"], late["expect"]) = (json!({"now": "tomorrow"}), json!({"result": {}}));
    let folder = cases(&[("a-misspelt", misspelt), ("b-silent", accounts), ("c-late", late)]);
    let (code, report) = report(&["joined", "--cases", folder.path().to_str().unwrap()]);
    let errors: Vec<&str> = (0..3)
        .map(|at| report["cases"][at]["error"].as_str().unwrap())
        .collect();
    assert_eq!(code, 1);
    for (error, named) in errors.iter().zip(["expected", "needs `expect`", "event.now"]) {
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn settings_are_those_of_the_case_or_else_of_the_command() {
    let case = |settings: Option<Value>, tags: Value| {
        let mut case = json!({
            "hook": "merge",
            "primary": {"user_metadata": {"tags": ["a"]}},
            "secondary": {"user_metadata": {"tags": ["a", "b"]}},
            "expect": {"result": {"user_metadata": {"tags": tags}}},
        });
        if let Some(settings) = settings {
            case["event"] = json!({ "settings": settings });
        }
        case
    };
    let folder = cases(&[
        ("of-the-command", case(None, json!(["a", "b"]))),
        ("of-its-own", case(Some(json!({"arrays": "primary"})), json!(["a"]))),
    ]);
    let folder = folder.path().to_str().unwrap();
    let (code, report) = report(&["joined", "--cases", folder, "--settings", r#"{"arrays":"union"}"#]);
    assert_eq!((code, names_of_failed(&report)), (0, vec![]));
}

#[test]
fn a_component_that_breaks_the_rules_fails_the_items_about_them() {
    let file = component_file(&component(&Merge::Plan(["[]", "[]"], &[]), &["auth0|nobody"]));
    let output = run(&[file.to_str().unwrap()]);
    assert_eq!(output.code, 1);
    assert!(
        output.stdout.contains("none: give their folder with --cases"),
        "{}",
        output.stdout
    );
    let (_, report) = report(&[file.to_str().unwrap()]);
    let failed = names_of_failed(&report);
    for item in [
        "offers-only-what-was-found",
        "offers-nothing-of-nothing",
        "accounts-for-every-key",
    ] {
        assert!(failed.iter().any(|name| name == item), "{failed:?}");
    }
    assert!(!failed.iter().any(|name| name == "invents-nothing"), "{failed:?}");
}

#[test]
fn the_limits_of_the_command_hold_for_cases_and_for_the_set() {
    let (code, report) = report(&["joined", "--limits", r#"{"fuel":60000}"#]);
    assert_eq!((code, &report["limits"]["fuel"]), (1, &json!(60_000)));
    let ended = report["cases"].as_array().unwrap().iter();
    assert!(ended.clone().any(|case| case["actual"]["ended"] == "budget-exceeded"));
    assert!(
        ended.clone().any(|case| case["passed"] == true),
        "the cheap ones are met"
    );
    assert!(names_of_failed(&report).iter().any(|name| name == "large-bags"));
}

/// A terminal takes control characters for commands, and a policy's words are not ours.
#[test]
fn what_a_policy_says_cannot_command_the_terminal() {
    let file = component_file(&component(&Merge::Refuse(["no", "\u{1b}[2J\u{202e}gone"]), &[]));
    let case = json!({"hook": "merge", "primary": {}, "secondary": {}, "expect": {"refused": {"code": "no", "message": "No."}}});
    let folder = cases(&[("loud", case)]);
    let output = run(&[file.to_str().unwrap(), "--cases", folder.path().to_str().unwrap()]);
    assert_eq!(output.code, 1);
    assert!(output.stdout.contains(r"\u{202e}gone"), "{}", output.stdout);
    assert!(!output.stdout.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn a_refusal_shows_its_words_where_the_case_names_them() {
    let (code, report) = report(&["cautious"]);
    assert_eq!(code, 0);
    let skipped = |item: &&Value| item["verdict"] == "not-applicable";
    assert_eq!(
        report["conformance"]["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(skipped)
            .count(),
        0
    );
}
