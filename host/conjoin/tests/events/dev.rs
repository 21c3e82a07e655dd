//! The whole way in the built program: from a stage in the journal to a consumer; and what is left when it is told to stop.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use conjoin::dev::WEBHOOK_SECRET;

use crate::bounded;
use crate::counterparts::{MailServer, verify};
use crate::program::{Dev, went_through};
use crate::receiver::{Answer, Receiver};
use crate::records::{ADDRESS, PRIVATE, record, requested, work};

#[tokio::test(flavor = "multi_thread")]
async fn the_program_delivers_and_logs_neither_address_nor_secret() {
    let mut receiver = Receiver::start(&[Answer::Status(410)]).await;
    let server = MailServer::start();
    let smtp = format!("smtp://conjoin:p%40ss%20word@127.0.0.1:{}", server.port);
    let dev = Dev::start(&["--webhook", &receiver.url, "--smtp", &smtp]);
    // Put out by another process, as by another host.
    went_through(
        &dev.store().await,
        record(1, requested()),
        vec![work("linked"), work("done")],
    )
    .await;
    let received = receiver.next().await;
    let verified = verify(WEBHOOK_SECRET, &received.headers, &received.body).unwrap();
    assert_eq!(verified["type"], "link.linked");
    assert_eq!(server.mail()["to"][0], ADDRESS);

    let deadline = Instant::now() + Duration::from_secs(20);
    let dead = loop {
        let (code, dead) = dev.command(&["events", "list", "--dead", "--json"]);
        assert_eq!(code, 0);
        if dead.as_array().is_some_and(|dead| !dead.is_empty()) {
            break dead;
        }
        assert!(Instant::now() < deadline);
    };
    assert!(!dead.to_string().contains(ADDRESS), "{dead}");
    let message = dead[0]["message"].as_str().unwrap();
    assert_eq!(dev.command(&["events", "retry", message, "--json"]).0, 0);
    assert_eq!(receiver.next().await.header("webhook-id"), message);
    assert_eq!(dev.command(&["events", "retry", "msg_unknown", "--json"]).0, 3);

    let log = dev.stop();
    assert!(log.contains("given up"), "{log}");
    for secret in [ADDRESS, PRIVATE, "not-to-be-logged", "p%40ss", "p@ss", "whsec_"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

/// A `conjoin dev` whose temporary folders lie in this one.
fn dev_with(temporary: &Path, arguments: &[&OsStr]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_conjoin"))
        .args(["dev", "--listen", "127.0.0.1:0", "--tenant-listen", "127.0.0.1:0"])
        .args(arguments)
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn ready(child: &mut Child) {
    let line = bounded::first_line(child).unwrap();
    assert!(line.starts_with("ready: "), "{line:?}");
}

/// As Ctrl-C does, and waits until it has ended.
fn interrupt(mut child: Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert!(bounded::wait(&mut child).unwrap().success());
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn nothing_is_left_of_a_folder_that_nobody_named() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = dev_with(temporary.path(), &[]);
    ready(&mut child);
    assert!(!is_empty(temporary.path()));
    interrupt(child);
    assert!(is_empty(temporary.path()));
    // It is told to stop while it starts.
    let child = dev_with(temporary.path(), &[]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while is_empty(temporary.path()) {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    interrupt(child);
    assert!(is_empty(temporary.path()));
}

#[test]
fn a_folder_that_is_named_is_the_only_one() {
    let (temporary, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut child = dev_with(temporary.path(), &["--data".as_ref(), data.path().as_os_str()]);
    ready(&mut child);
    assert!(is_empty(temporary.path()));
    interrupt(child);
    assert!(!is_empty(data.path()));
}
