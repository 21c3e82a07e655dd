//! The policies `lodash` and `joined` beside real lodash: the same few thousand generated pairs of accounts through `conjoin policy run` and through
//! Node. What is generated and what Node answers is in `tests/lodash`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use conjoin_tests::{bounded, program};
use serde_json::Value;

const PAIRS: usize = 3000;

/// The folder of the Node side, with the pinned lodash installed.
static NODE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lodash");
    if !folder.join("node_modules/lodash/package.json").exists() {
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let installed = bounded::output(Command::new("npm").args(arguments).current_dir(&folder));
        let output = installed.expect("npm installs the pinned lodash; install Node 20 or later");
        assert!(
            output.status.success(),
            "npm ci: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    folder
});

fn node(arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.args(arguments).current_dir(&*NODE);
    command
}

/// Runs a command on lines, and answers the lines it writes.
fn lines(mut command: Command, input: &str) -> Vec<String> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    file.rewind().unwrap();
    let output = bounded::output(command.stdin(Stdio::from(file))).unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// JavaScript has only doubles, so numbers are compared as doubles. Zero has one sign.
fn doubles(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::from(number.as_f64().unwrap() + 0.0),
        Value::Array(items) => items.iter_mut().for_each(doubles),
        Value::Object(object) => object.values_mut().for_each(doubles),
        _ => {}
    }
}

fn parse(line: &str) -> Value {
    let mut value = serde_json::from_str(line).unwrap();
    doubles(&mut value);
    value
}

/// How the answers to one set of pairs compare.
#[derive(Debug, Default)]
struct Tally {
    /// The same result.
    equal: usize,
    /// lodash throws and the policy says that it broke.
    thrown: usize,
    /// The host's guards forbid the plan, so there is no result to compare.
    forbidden: usize,
}

fn compare(policy: &str, seed: &str, settings: &str) -> Tally {
    let pairs = lines(node(&["generate.mjs", seed, &PAIRS.to_string(), settings]), "");
    assert_eq!(pairs.len(), PAIRS);
    let input = pairs.join("\n");
    let mut run = Command::new(program());
    run.args(["policy", "run", policy]);
    let (ours, theirs) = (lines(run, &input), lines(node(&["answer.mjs", policy]), &input));
    assert_eq!((ours.len(), theirs.len()), (PAIRS, PAIRS));
    let mut tally = Tally::default();
    for (pair, (ours, theirs)) in pairs.iter().zip(ours.iter().zip(&theirs)) {
        let (ours, theirs) = (parse(ours), parse(theirs));
        if theirs.get("thrown").is_some() {
            assert_eq!(ours["ended"], "broken", "{pair}\n{theirs}");
            tally.thrown += 1;
        } else if ours["ended"] == "not-allowed" {
            assert!(may_be_forbidden(policy, pair), "{pair}\n{ours}");
            assert_eq!(ours["result"], theirs["result"], "{pair}\n{ours}");
            tally.forbidden += 1;
        } else {
            assert_eq!(ours["result"], theirs["result"], "{pair}\n{ours}");
            tally.equal += 1;
        }
    }
    tally
}

/// lodash drops an object under `__proto__`, from the primary too, and empties an array whose `length` is set to 0. The host lets no policy do that.
fn may_be_forbidden(policy: &str, pair: &str) -> bool {
    policy == "lodash" && (pair.contains("\"__proto__\"") || pair.contains("\"length\""))
}

#[test]
fn lodash_answers_what_lodash_answers() {
    let tally = compare("lodash", "1", "{}");
    assert!(tally.equal > PAIRS / 2 && tally.thrown > 0, "{tally:?}");
}

#[test]
fn joined_answers_what_its_description_says() {
    for (seed, settings) in [
        ("2", "{}"),
        ("3", r#"{"arrays":"union"}"#),
        ("4", r#"{"arrays":"primary","app_metadata":"keep-primary"}"#),
    ] {
        let tally = compare("joined", seed, settings);
        assert_eq!(tally.equal, PAIRS, "{settings}: {tally:?}");
    }
}
