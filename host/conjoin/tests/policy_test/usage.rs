//! Command lines that test nothing.

use std::io::Read;
use std::process::Stdio;

use crate::bounded::Bound;
use crate::program::{command, component_file, run};

#[test]
fn a_wrong_command_line_exits_with_2_and_says_what_is_wrong() {
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    let wrong = [
        (vec!["joint"], "joined, lodash, oldest-primary, cautious"),
        (vec!["./no-such-file.wasm"], "cannot read the component"),
        (
            vec!["joined", "--cases", "./no-such-folder"],
            "--cases: cannot read ./no-such-folder",
        ),
        (vec!["joined", "--cases", empty], "holds no case"),
        (vec!["joined", "--settings", "[]"], "--settings must be a JSON object"),
        (vec!["joined", "--settings", r#"{"arrays":"zip"}"#], "/arrays"),
        (vec!["cautious", "--settings", r#"{"arrays":"union"}"#], "arrays"),
        (vec!["joined", "--limits", r#"{"fuel":0}"#], "`fuel` is 0"),
        (vec!["joined", "--colour"], "--colour"),
        (vec![], "run `conjoin policy build` first"),
    ];
    for (arguments, named) in &wrong {
        let output = run(arguments);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(output.stderr.contains(named), "{arguments:?}: {}", output.stderr);
    }
}

#[test]
fn a_component_that_the_engine_does_not_run_has_failed() {
    let module = component_file(b"\0asm\x01\0\0\0");
    let output = run(&[module.to_str().unwrap()]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    assert!(output.stderr.contains("not-a-component"), "{}", output.stderr);
}

#[test]
fn the_exit_codes_are_in_the_help() {
    let output = run(&["--help"]);
    assert_eq!(output.code, 0);
    assert!(
        output.stdout.contains("1  a case or an item failed"),
        "{}",
        output.stdout
    );
}

/// `conjoin policy test … | head -1` is no failure of the policy.
#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let mut child = command(&["lodash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _bound = Bound::of(&child);
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
