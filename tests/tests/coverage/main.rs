//! Which tests cover which scenario (`s07_…`) and attack (`a12_…`): `tests/COVERAGE.md` is generated from the sources here, and compared. Every number has
//! a test. `CONJOIN_UPDATE=1` writes the file.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod sources;
mod titles;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use sources::NumberedTest;
use titles::{ATTACKS, Numbered, SCENARIOS};

const OPENING: &str = "\
# What the tests cover

Generated from the names of the tests by `tests/tests/coverage` (`CONJOIN_UPDATE=1 cargo test -p conjoin-tests --test coverage`), which fails when this file says
otherwise, and when a number has no test.
";

#[test]
fn every_number_has_a_test_and_the_list_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let tests = sources::numbered_tests(root);
    let unknown: Vec<&NumberedTest> = tests.iter().filter(|test| !titles::is_known(&test.number)).collect();
    assert!(unknown.is_empty(), "tests of numbers that there are not: {unknown:?}");
    let all = SCENARIOS.iter().chain(&ATTACKS).map(|numbered| numbered.number);
    let untested: Vec<&str> = all
        .filter(|number| !tests.iter().any(|test| test.number == *number))
        .collect();
    assert!(untested.is_empty(), "no test carries {untested:?}");
    let generated = format!(
        "{OPENING}{}{}",
        section("Scenarios", &SCENARIOS, &tests),
        section("Attacks", &ATTACKS, &tests)
    );
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("COVERAGE.md");
    if std::env::var_os("CONJOIN_UPDATE").is_some() {
        std::fs::write(&file, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let missing: Vec<&str> = generated
        .lines()
        .filter(|line| !committed.lines().any(|other| other == *line))
        .collect();
    assert!(
        committed == generated,
        "tests/COVERAGE.md is not what the sources say; run with CONJOIN_UPDATE=1. New or changed:\n{}",
        missing.join("\n")
    );
}

fn section(title: &str, numbers: &[Numbered], tests: &[NumberedTest]) -> String {
    let of = |number: &str| tests.iter().filter(|test| test.number == number).collect::<Vec<_>>();
    let covered = numbers
        .iter()
        .filter(|numbered| !of(numbered.number).is_empty())
        .count();
    let mut text = format!("\n## {title}: {covered} of {} have tests\n", numbers.len());
    for numbered in numbers {
        write!(text, "\n### {} {}\n\n", numbered.number.to_uppercase(), numbered.title).unwrap();
        if !numbered.note.is_empty() {
            writeln!(text, "{}\n", numbered.note).unwrap();
        }
        for test in of(numbered.number) {
            writeln!(text, "- {}: `{}`", test.file, test.function).unwrap();
        }
    }
    text
}
