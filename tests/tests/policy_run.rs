//! `conjoin policy run` as a long-lived process: many lines, a reader that waits, a reader that leaves.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use conjoin_tests::bounded::Bound;
use conjoin_tests::program;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

fn start(policy: &str) -> (Running, ChildStdin, BufReader<ChildStdout>) {
    let mut child = Command::new(program())
        .args(["policy", "run", policy])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let bound = Bound::of(&child);
    (Running { child, bound }, stdin, BufReader::new(stdout))
}

/// The process, which ends for certain.
struct Running {
    child: Child,
    bound: Bound,
}

/// Whether it succeeded, and what it said to standard error.
fn end(running: Running) -> (bool, String) {
    let Running { child, bound } = running;
    let ended = child.wait_with_output().unwrap();
    drop(bound);
    (ended.status.success(), String::from_utf8(ended.stderr).unwrap())
}

/// A line for every bag, each followed by one that is none.
fn lines(bags: &[[Value; 4]]) -> String {
    let line = |[primary_user, primary_app, secondary_user, secondary_app]: &[Value; 4]| {
        json!({
            "primary": {"user_metadata": primary_user, "app_metadata": primary_app},
            "secondary": {"user_metadata": secondary_user, "app_metadata": secondary_app},
        })
    };
    bags.iter().map(|bags| format!("{}\nnonsense\n", line(bags))).collect()
}

/// Bags of any JSON, a few keys wide, with keys that both sides are likely to have.
fn bags(count: usize) -> Vec<[Value; 4]> {
    let scalar = proptest::prop_oneof![
        proptest::strategy::Just(Value::Null),
        proptest::prelude::any::<bool>().prop_map(Value::from),
        proptest::prelude::any::<i64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    // What Auth0 cannot store (`.`, `$`) is judged elsewhere.
    let key = proptest::prop_oneof!["[a-c]", "[^.$\\p{C}]{0,3}"];
    let value = scalar.prop_recursive(5, 24, 4, move |inner| {
        let object = proptest::collection::btree_map(key.clone(), inner.clone(), 0..4);
        proptest::prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    });
    let bag = proptest::collection::btree_map("[a-e]", value, 0..5)
        .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()));
    let four = [bag.clone(), bag.clone(), bag.clone(), bag];
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    (0..count)
        .map(|_| four.new_tree(&mut runner).unwrap().current())
        .collect()
}

#[test]
fn thousands_of_lines_are_answered_in_order_by_the_same_process() {
    let bags = bags(2_000);
    let (child, mut stdin, stdout) = start("joined");
    let input = lines(&bags);
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let answers: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    writer.join().unwrap();
    assert_eq!(end(child), (true, String::new()));
    assert_eq!(answers.len(), 2 * bags.len());
    for (bags, pair) in bags.iter().zip(answers.chunks(2)) {
        let [primary, _, secondary, _] = bags;
        let result = pair[0]["result"]["user_metadata"]
            .as_object()
            .unwrap_or_else(|| panic!("{}: {bags:?}", pair[0]));
        // `joined` keeps every first-level key of both, so an answer to another line would show.
        let keys = |bag: &Value| bag.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let mut both = [keys(primary), keys(secondary)].concat();
        both.sort();
        both.dedup();
        let mut kept: Vec<_> = result.keys().cloned().collect();
        kept.sort();
        assert_eq!(kept, both);
        assert!(pair[1]["error"].is_string());
    }
}

#[test]
fn the_same_line_gives_the_same_answer_and_fuel_wherever_it_stands() {
    let input = lines(&bags(50)).repeat(2);
    let (child, mut stdin, stdout) = start("lodash");
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let answers: Vec<Value> = stdout
        .lines()
        .map(|line| {
            let mut answer: Value = serde_json::from_str(&line.unwrap()).unwrap();
            // The only part that depends on the machine.
            answer.as_object_mut().unwrap().remove("micros");
            answer
        })
        .collect();
    writer.join().unwrap();
    assert_eq!(end(child), (true, String::new()));
    let (first, second) = answers.split_at(100);
    assert_eq!(first, second);
}

/// What one line is answered.
fn answer(policy: &str, line: &Value) -> Value {
    let (child, mut stdin, mut stdout) = start(policy);
    writeln!(stdin, "{line}").unwrap();
    let mut answer = String::new();
    stdout.read_line(&mut answer).unwrap();
    drop(stdin);
    assert_eq!(end(child), (true, String::new()));
    serde_json::from_str(&answer).unwrap()
}

/// Fuel is counted in steps and the same everywhere, so that a policy or its library that grows slower shows here. Whoever means it, or made one faster, writes down the new number.
#[test]
fn every_shipped_policy_in_rust_spends_what_it_did_within_a_tenth() {
    for (policy, spent) in [
        ("joined", 2_160_000),
        ("oldest-primary", 2_800_000),
        ("cautious", 1_750_000),
        ("lodash", 13_400_000),
    ] {
        let [primary, secondary] = [1, 2].map(account_of_many_books);
        let answer = answer(policy, &json!({ "primary": primary, "secondary": secondary }));
        let fuel = answer["fuel"].as_u64().unwrap();
        let tenth = spent / 10;
        assert!(
            (spent - tenth..=spent + tenth).contains(&fuel),
            "{policy} spends {fuel} where it spent {spent}"
        );
    }
}

/// A key that takes long to decode is not decoded for each key that is looked for.
#[test]
fn a_long_key_of_escapes_costs_no_more_for_many_others() {
    let others: Map<String, Value> = (0..1_000).map(|key| (format!("k{key}"), json!(key))).collect();
    let primary = json!({ "user_metadata": { "\n".repeat(20_000): 1 } });
    let answer = answer(
        "joined",
        &json!({ "primary": primary, "secondary": { "user_metadata": others } }),
    );
    assert_eq!(answer["result"]["user_metadata"]["k999"], 999);
    assert!(answer["fuel"].as_u64().unwrap() < 10_000_000, "{}", answer["fuel"]);
}

/// Two bags of 11 kB. Every second key is one of every account's.
fn account_of_many_books(owner: usize) -> Value {
    let book = json!({"kind": "book", "title": owner.to_string().repeat(30), "pages": 417, "tags": ["all", format!("of{owner}")]});
    let key = |number: usize| {
        if number.is_multiple_of(2) {
            format!("key{number}")
        } else {
            format!("key{number}of{owner}")
        }
    };
    let bag: Map<String, Value> = (0..110).map(|number| (key(number), book.clone())).collect();
    json!({ "user_metadata": bag, "app_metadata": bag })
}

#[test]
fn each_answer_comes_before_the_next_line_is_sent() {
    let (child, mut stdin, mut stdout) = start("joined");
    for number in 0..3 {
        let line = json!({"primary": {}, "secondary": {"user_metadata": {"n": number}}});
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["result"]["user_metadata"]["n"], number);
    }
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!((rest.as_str(), end(child)), ("", (true, String::new())));
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let (child, mut stdin, mut stdout) = start("joined");
    let writer = thread::spawn(move || {
        let line = format!("{}\n", json!({"primary": {}, "secondary": {}}));
        // Far more than the pipes hold, so that only the end of the program can end this.
        while stdin.write_all(line.as_bytes()).is_ok() {}
    });
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    drop(stdout);
    assert_eq!(end(child), (true, String::new()));
    writer.join().unwrap();
}

#[test]
fn no_input_is_no_answer_and_no_failure() {
    let (child, stdin, mut stdout) = start("joined");
    drop(stdin);
    let mut answers = String::new();
    stdout.read_to_string(&mut answers).unwrap();
    assert_eq!((answers.as_str(), end(child)), ("", (true, String::new())));
}
