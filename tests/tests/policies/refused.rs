//! Components that are no policies: a host does not start with one, and a running host does not take one.

use std::fs;
use std::process::{Command, Output, Stdio};

use conjoin_tests::Browser;
use conjoin_tests::bounded::{self, Bound};

use crate::components::{Unfit, half, unfit, version};
use crate::person::Person;
use crate::watched::Watching;

/// `conjoin dev` with a component that it must not start with; ends by itself.
fn start_with(component: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("unfit.wasm");
    fs::write(&file, component).unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--tenant-listen", "127.0.0.1:0"];
    let mut child = Command::new(conjoin_tests::program())
        .arg("dev")
        .args(listen)
        .arg("--policy")
        .arg(&file)
        .arg("--data")
        .arg(folder.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A host that starts after all says so on a line, and would never end.
    let ready = bounded::first_line(&mut child).unwrap();
    if !ready.is_empty() {
        let _ = child.kill();
    }
    let _bound = Bound::of(&child);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ready, "", "it started");
    ended
}

fn assert_reports(report: &str, unfit: &Unfit) {
    for text in told(unfit) {
        assert!(report.contains(&text), "{}: no {text:?} in:\n{report}", unfit.name);
    }
}

/// What the report about a component must say: the check that failed, what it is about, why, and what to do.
fn told(unfit: &Unfit) -> [String; 4] {
    let refusal = format!("the component is refused ({})", unfit.reason);
    [
        refusal,
        unfit.item.to_owned(),
        unfit.problem.to_owned(),
        "remedy: ".to_owned(),
    ]
}

#[test]
fn s35_a_host_does_not_start_with_a_component_that_is_no_policy() {
    for unfit in unfit() {
        let output = start_with(&unfit.bytes);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{}: {said}", unfit.name);
        assert!(said.contains("unfit.wasm"), "{}: {said}", unfit.name);
        assert_reports(&said, &unfit);
        assert!(!said.contains("panicked at"), "{}: {said}", unfit.name);
    }
}

#[tokio::test]
async fn s35_a_running_host_keeps_its_policy_and_says_why() {
    let watching = Watching::with(conjoin_policies::LODASH.component, &[]).await;
    for (number, unfit) in unfit().into_iter().enumerate() {
        let mark = watching.mark();
        if number % 2 == 0 {
            watching.replace(&unfit.bytes);
        } else {
            watching.write(&unfit.bytes);
        }
        watching
            .logged(mark, &["the policy stays as it was", "policy.wasm"])
            .await;
        for text in told(&unfit) {
            watching.logged(mark, &[&text]).await;
        }
        let log = watching.log_since(mark);
        assert!(!log.contains("policy activated"), "{}: {log}", unfit.name);
    }
    assert_active_is_lodash(&watching, "after-all").await;
}

#[tokio::test]
async fn a_file_that_is_gone_or_half_written_is_waited_for() {
    let watching = Watching::with(conjoin_policies::LODASH.component, &[]).await;
    fs::remove_file(watching.file()).unwrap();
    assert_active_is_lodash(&watching, "gone").await;
    let (mark, joined) = (watching.mark(), conjoin_policies::JOINED.component);
    watching.write(&half(joined));
    watching.logged(mark, &["the policy stays as it was"]).await;
    assert_active_is_lodash(&watching, "half").await;
    // The other half, by the same writer.
    let mut file = fs::File::options().append(true).open(watching.file()).unwrap();
    std::io::Write::write_all(&mut file, &joined[half(joined).len()..]).unwrap();
    drop(file);
    watching.activated(mark, "joined").await;
}

#[tokio::test]
async fn a_component_of_equal_length_and_time_is_another_one() {
    let joined = |number| version(conjoin_policies::JOINED.component, number);
    let watching = Watching::with(&joined(0), &[]).await;
    let modified = fs::metadata(watching.file()).unwrap().modified().unwrap();
    let mark = watching.mark();
    for number in 1..=20 {
        watching.write(&joined(number));
        let file = fs::File::options().write(true).open(watching.file()).unwrap();
        file.set_modified(modified).unwrap();
    }
    let digest = digest_of(&joined(20));
    watching.logged(mark, &["policy activated", &digest]).await;
}

/// As `conjoin policy run` tells it.
fn digest_of(component: &[u8]) -> String {
    let described = crate::command::answers(component, &[], &[serde_json::json!({ "hook": "describe" })]);
    described[0]["digest"].as_str().unwrap().to_owned()
}

/// By what it does to arrays.
async fn assert_active_is_lodash(watching: &Watching, name: &str) {
    let person = Person::named(&format!("kept-{name}"));
    let person = crate::swapping::with_arrays(person).put(&watching.host.tenant).await;
    let review = person.review(&watching.host, &Browser::new()).await;
    assert_eq!(crate::swapping::shown_tags(&review), crate::swapping::BY_INDEX);
}
