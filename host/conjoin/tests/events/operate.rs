//! The platform team's commands, by the built program.

use std::path::{Path, PathBuf};
use std::process::Output;

use conjoin::store::{Channels, EncryptionKey, KeyRing, Store};
use conjoin_linking::audit::Actor;
use conjoin_linking::record::Stage;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Dev, answered, run, stderr, stdout, went_through};
use crate::records::{
    ADDRESS, PRIVATE, id, needs_attention, record, requested, separated, tenant, unlinked, work, work_on,
};

/// A configuration file with its database; no host runs.
struct Configured {
    folder: TempDir,
    key: String,
}

impl Configured {
    /// After a host's first start.
    async fn new() -> Self {
        let configured = Self {
            folder: tempfile::tempdir().unwrap(),
            key: EncryptionKey::generate().to_base64(),
        };
        configured.write(&configured.key, &[]);
        configured.store().await;
        configured
    }

    fn write(&self, key: &str, previous: &[&str]) {
        let text = format!(
            r#"
database_url = "{}"
encryption_key = "{key}"
previous_encryption_keys = {previous:?}

[tenants.dev]
base_url = "https://accounts.example.com"
issuer = "http://127.0.0.1:1/"
client_id = "a"
client_secret = "b"
management_client_id = "c"
management_client_secret = "d"

[tenants.dev.webhook]
url = "http://127.0.0.1:1/"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
"#,
            self.url()
        );
        std::fs::write(self.file(), text).unwrap();
    }

    fn url(&self) -> String {
        format!("sqlite://{}/conjoin.db", self.folder.path().display())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("conjoin.toml")
    }

    async fn store(&self) -> Store {
        let key = EncryptionKey::from_base64(&SecretString::from(self.key.clone())).unwrap();
        let channels = Channels {
            webhook: true,
            mail: false,
        };
        Store::open(&self.url(), key)
            .await
            .unwrap()
            .announcing(tenant(), channels)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = run(arguments, "--config", &self.file());
        let (said, complained) = (stdout(&output), stderr(&output));
        for secret in [PRIVATE, ADDRESS, self.key.as_str()] {
            assert!(
                !said.contains(secret) && !complained.contains(secret),
                "{arguments:?}: {said}{complained}"
            );
        }
        output
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        let (code, json) = answered(&output);
        assert_eq!(code, 0, "{arguments:?}: {}", stderr(&output));
        json
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        (output.status.code().unwrap(), stderr(&output))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_listed_and_shown_with_what_to_do() {
    let configured = Configured::new().await;
    assert_eq!(configured.text(&["links", "list"]), "There is no link yet.\n");
    let store = configured.store().await;
    went_through(&store, record(1, requested()), vec![work("linked"), work("done")]).await;
    went_through(&store, record(2, requested()), vec![needs_attention(work("linked"))]).await;
    let all = configured.json(&["links", "list"]);
    assert_eq!(all.as_array().unwrap().len(), 2);
    let unsettled = configured.json(&["links", "list", "--unsettled"]);
    assert_eq!(unsettled[0]["link"], json!(id(2)));
    assert_eq!(unsettled.as_array().unwrap().len(), 1);
    let of = configured.json(&["links", "of", "google-oauth2|1001"]);
    assert_eq!(of.as_array().unwrap().len(), 2);

    let shown = configured.text(&["links", "show", &id(2).0]);
    for expected in [
        "needs_attention",
        "auth0|ada",
        "google-oauth2|1001",
        "the tenant did not answer",
        "conjoin links settle",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let done = configured.json(&["links", "show", &id(1).0]);
    assert_eq!((&done["stage"], &done["settled"]), (&json!("done"), &json!(true)));
    for unknown in [&id(9).0, "x"] {
        assert_eq!(configured.fails(&["links", "show", unknown]).0, 3);
        assert_eq!(configured.fails(&["links", "settle", unknown]).0, 3);
    }
    let (code, error) = configured.fails(&["links", "of", "ada"]);
    assert!(code == 2 && error.contains("provider|id"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_needs_a_person_is_settled_by_one_and_the_trail_says_by_whom() {
    let dev = Dev::start(&[]);
    let store = dev.store().await;
    // An account that is another than the person saw would not be linked.
    let accounts = [&dev.user("auth0|ada").await, &dev.user("google-oauth2|1001").await];
    went_through(
        &store,
        record(1, requested()),
        vec![needs_attention(work_on("metadata_written", accounts))],
    )
    .await;
    let (code, settled) = dev.command(&["links", "settle", &id(1).0, "--json"]);
    assert_eq!((code, &settled["stage"]), (0, &json!("done")), "{settled}");
    assert_eq!(dev.user("auth0|ada").await.identities.len(), 2);
    // Again is harmless.
    assert_eq!(dev.command(&["links", "settle", &id(1).0, "--json"]).0, 0);
    let page = store.audit_page(&tenant(), 0, 100).await.unwrap();
    let settle = page.iter().find(|line| line.entry.event == "link.settle").unwrap();
    let me = String::from_utf8(std::process::Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let actor = serde_json::to_value(&settle.entry.actor).unwrap();
    assert!(actor["operator"].as_str().unwrap().contains(me.trim()), "{actor}");
    let after = page.iter().filter(|line| line.seq > settle.seq);
    assert!(after.map(|line| &line.entry.actor).all(|actor| *actor == Actor::Host));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlink_whose_account_is_gone_goes_on_without_it_when_an_operator_says_so() {
    let dev = Dev::start(&[]);
    let store = dev.store().await;
    // Nobody has the id that was separated: the tenant knows no such user.
    went_through(&store, record(1, requested()), vec![separated("nobody")]).await;
    let settle = |options: &[&str]| dev.command(&[&["links", "settle", &id(1).0, "--json"], options].concat());
    // One 404 does not count, nor do two. The running host asks too, and whoever comes second is told that somebody is at it.
    let stuck = (0..2_000)
        .map(|_| settle(&[]))
        .find(|(_, json)| json["stage"] == "needs_attention");
    let (code, stuck) = stuck.expect("a person is asked");
    assert!(
        code == 4 && stuck["what"].as_str().unwrap().contains("--account-gone"),
        "{stuck}"
    );
    let (code, settled) = settle(&["--account-gone"]);
    assert_eq!(
        (code, &settled["stage"], &settled["gone"]),
        (0, &json!("unlinked"), &json!(true)),
        "{settled}"
    );
    assert_eq!(settled["sessions"], "ended", "that they were is not forgotten");
    let page = store.audit_page(&tenant(), 0, 100).await.unwrap();
    let event = "link.settle_without_separated";
    assert!(page.iter().any(|line| line.entry.event == event));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_be_settled_is_closed_by_an_operator_and_its_accounts_are_free_again() {
    let configured = Configured::new().await;
    let store = configured.store().await;
    let stuck = vec![work("confirmed"), needs_attention(work("metadata_written"))];
    went_through(&store, record(1, requested()), stuck).await;
    went_through(&store, record(2, requested()), vec![work("linked")]).await;
    let link = &id(1).0;
    let (code, error) = configured.fails(&["links", "close", link]);
    assert!(code == 1 && error.contains("--yes"), "{error}");
    let (code, error) = configured.fails(&["links", "settle", link, "--account-gone"]);
    assert!(code == 1 && error.contains("does not fit"), "{error}");
    let (code, error) = configured.fails(&["links", "close", &id(2).0, "--yes"]);
    assert!(code == 1 && error.contains("does not fit"), "hosts are at it: {error}");
    let closed = configured.json(&["links", "close", link, "--yes"]);
    assert_eq!((&closed["stage"], &closed["settled"]), (&json!("closed"), &json!(true)));
    assert_eq!(closed["stuck"], "metadata_written");
    let page = store.audit_page(&tenant(), 0, 100).await.unwrap();
    let last: Vec<_> = page.iter().rev().take(2).collect();
    assert_eq!(
        [&*last[1].entry.event, &*last[0].entry.event],
        ["link.close", "link.closed"]
    );
    assert_eq!(last[0].entry.actor, Actor::Host, "not the person's doing");
    // It can be forgotten like any other end.
    store.forget_older_than(&tenant(), i64::MAX, 9).await.unwrap();
    assert_eq!(configured.json(&["links", "show", link])["stage"], "forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_settled_yet_has_an_exit_code_of_its_own() {
    let configured = Configured::new().await;
    let unreachable = vec![needs_attention(work("metadata_written"))];
    went_through(&configured.store().await, record(1, requested()), unreachable).await;
    let output = configured.run(&["links", "settle", &id(1).0]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stdout(&output).contains("problem"), "{}", stdout(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_forgotten_only_by_yes_and_only_when_nothing_is_open() {
    let configured = Configured::new().await;
    let store = configured.store().await;
    went_through(&store, record(1, requested()), vec![work("linked"), work("done")]).await;
    let (code, error) = configured.fails(&["links", "forget", "auth0|ada"]);
    assert!(code == 1 && error.contains("--yes"), "{error}");
    let stuck = went_through(&store, record(2, requested()), vec![needs_attention(work("linked"))]).await;
    let (code, error) = configured.fails(&["links", "forget", "auth0|ada", "--yes"]);
    assert!(code == 1 && error.contains(&id(2).0), "{error}");
    let Stage::NeedsAttention { stuck: stage, .. } = &stuck.stage else {
        panic!("{stuck:?}");
    };
    use conjoin_linking::journal::Journal;
    let again = stuck.at((**stage).clone());
    store.advance(&again).await.unwrap();
    store.advance(&again.at(work("done"))).await.unwrap();
    let removed = configured.json(&["links", "forget", "auth0|ada", "--yes"]);
    assert_eq!(removed["removed"]["records"], 2, "{removed}");
    assert_eq!(configured.json(&["links", "show", &id(1).0])["stage"], "forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_exported_and_verified_and_a_changed_one_is_found() {
    let configured = Configured::new().await;
    let store = configured.store().await;
    assert!(configured.text(&["audit", "verify"]).contains("is empty"));
    went_through(
        &store,
        record(1, requested()),
        vec![work("confirmed"), work("linked"), work("done")],
    )
    .await;
    let head = configured.json(&["audit", "verify"])["head"]
        .as_str()
        .unwrap()
        .to_owned();
    went_through(&store, record(2, unlinked()), vec![unlinked()]).await;
    let verified = configured.json(&["audit", "verify", "--head", &head]);
    assert_eq!(verified["entries"], 6);

    let export = configured.text(&["audit", "export"]);
    assert_eq!(export.lines().count(), 7);
    assert!(export.lines().last().unwrap().starts_with(r#"{"head":"#));
    let file = configured.folder.path().join("audit.jsonl");
    let verify = |text: &str| {
        std::fs::write(&file, text).unwrap();
        configured.fails(&["audit", "verify", file.to_str().unwrap(), "--head", &head])
    };
    assert_eq!(verify(&export).0, 0);
    let (code, error) = verify(&export.replacen("auth0|ada", "auth0|eve", 1));
    assert!(code == 1 && error.contains("entry 1"), "{error}");
    let without = export
        .lines()
        .enumerate()
        .filter(|(line, _)| *line != 2)
        .map(|(_, line)| format!("{line}\n"));
    let (code, error) = verify(&without.collect::<String>());
    assert!(code == 1 && error.contains("entry 3 is missing"), "{error}");
    // An earlier end, whole as it is.
    let (code, error) = configured.fails(&["audit", "verify", "--head", "99:1:00"]);
    assert!(code == 1 && error.contains("99"), "{error}");
    assert_eq!(configured.fails(&["audit", "verify", "--head", "nonsense"]).0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_changed_while_nothing_is_lost() {
    let configured = Configured::new().await;
    went_through(
        &configured.store().await,
        record(1, requested()),
        vec![work("linked"), work("done")],
    )
    .await;
    let next = EncryptionKey::generate().to_base64();
    configured.write(&next, &[]);
    let (code, error) = configured.fails(&["links", "list"]);
    assert!(code == 1 && error.contains("key"), "{error}");
    configured.write(&next, &[&configured.key]);
    let resealed = configured.json(&["keys", "reseal"]);
    assert!(resealed["rows"].as_u64().unwrap() >= 2, "{resealed}");
    assert_eq!(configured.json(&["keys", "reseal"])["rows"], 0);
    configured.write(&next, &[]);
    assert_eq!(configured.json(&["links", "show", &id(1).0])["stage"], "done");
    configured.text(&["audit", "verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_database_and_overwrites_nothing() {
    let configured = Configured::new().await;
    went_through(
        &configured.store().await,
        record(1, requested()),
        vec![work("linked"), work("done")],
    )
    .await;
    let copy = configured.folder.path().join("copy.db");
    configured.text(&["backup", copy.to_str().unwrap()]);
    let (code, error) = configured.fails(&["backup", copy.to_str().unwrap()]);
    assert!(code == 1 && error.contains("copy.db"), "{error}");
    let key = EncryptionKey::from_base64(&SecretString::from(configured.key.clone())).unwrap();
    let copied = Store::open(&format!("sqlite://{}", copy.display()), KeyRing::from(key))
        .await
        .unwrap();
    assert_eq!(copied.recent_links(&tenant(), 9).await.unwrap().len(), 1);
    copied.verify_audit(&tenant(), &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_wait_are_listed() {
    let configured = Configured::new().await;
    assert!(configured.text(&["events", "list"]).contains("No message waits"));
    went_through(
        &configured.store().await,
        record(1, requested()),
        vec![work("confirmed")],
    )
    .await;
    let listed = configured.json(&["events", "list"]);
    assert_eq!(
        (&listed[0]["type"], &listed[0]["channel"]),
        (&json!("link.starting"), &json!("webhook"))
    );
    let text = configured.text(&["events", "list"]);
    assert!(text.contains("link.starting") && text.contains(&id(1).0), "{text}");
    let (code, error) = configured.fails(&["events", "retry", listed[0]["message"].as_str().unwrap()]);
    assert!(code == 3 && error.contains("given up"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_database_does_not_either() {
    let configured = Configured::new().await;
    let database = configured.folder.path().join("conjoin.db");
    std::fs::remove_file(&database).unwrap();
    let (code, error) = configured.fails(&["links", "list", "--unsettled"]);
    assert!(code == 1 && error.contains("`database_url`"), "{error}");
    assert!(!database.exists());
}

#[test]
fn a_mistyped_place_does_not_become_an_empty_database() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["links", "list"], "--data", &folder.path().join("typo"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no data directory"), "{}", stderr(&output));
    assert!(!folder.path().join("typo").exists());
    let neither = run(&["links"], "list", Path::new("--json"));
    assert_eq!(neither.status.code(), Some(2));
}

#[test]
fn the_exit_codes_are_in_the_help() {
    for command in ["links", "audit", "events", "keys", "backup"] {
        let help = run(&[command], "--help", Path::new("--help"));
        assert!(
            stdout(&help).contains("4  the link is not settled yet"),
            "{command}: {}",
            stdout(&help)
        );
    }
}
