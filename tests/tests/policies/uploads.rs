//! What hostile components cost the host that people use, and what it keeps of what it compiled.

use std::fs;
use std::path::PathBuf;

use conjoin_tests::Host;
use tempfile::TempDir;

use crate::bombs::bombs;
use crate::watched::Watching;

/// What the host may grow by, whatever is put before it.
const MEMORY: u64 = 20 << 20;

/// What is logged last before a host is ready.
const READY: &str = "the simulated tenant is at";

#[tokio::test]
async fn s35_hostile_components_cost_a_running_host_next_to_nothing() {
    let watching = Watching::with(conjoin_policies::LODASH.component, &[]).await;
    let before = watching.host.memory("VmRSS");
    for bomb in bombs() {
        let mark = watching.mark();
        watching.replace(&bomb.bytes);
        watching.logged(mark, &["the policy stays as it was"]).await;
        let report = watching.logged(mark, &["the component is refused"]).await;
        let expected = bomb
            .reasons
            .iter()
            .any(|reason| report.contains(&format!("({reason})")));
        assert!(expected, "{}: {report}", bomb.name);
    }
    let grown = watching.host.memory("VmHWM").saturating_sub(before);
    assert!(grown < MEMORY, "it grew by up to {grown} bytes");
    let mark = watching.mark();
    watching.replace(conjoin_policies::JOINED.component);
    watching.activated(mark, "joined").await;
}

#[tokio::test]
async fn a_policy_is_compiled_once_and_again_where_what_was_kept_is_damaged() {
    let first = Host::start().await;
    assert!(first.said(READY).await.contains("policy compiled"));
    let data = first.kill();
    let file = kept(&data);

    let second = Host::on(data, &[]).await;
    let log = second.said(READY).await;
    assert!(!log.contains("policy compiled") && !log.contains("discarded"), "{log}");
    let data = second.kill();

    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, &bytes).unwrap();
    let third = Host::on(data, &[]).await;
    let log = third.said(READY).await;
    assert!(log.contains("is discarded and compiled again: it is damaged"), "{log}");
    assert!(log.contains("policy compiled"), "{log}");
    let data = third.kill();
    assert_eq!(kept(&data), file);
}

/// The one file that a host keeps.
fn kept(data: &TempDir) -> PathBuf {
    let folder = data.path().join("compiled-policies");
    let files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [file] = files.as_slice() else {
        panic!("{files:?}");
    };
    file.clone()
}
