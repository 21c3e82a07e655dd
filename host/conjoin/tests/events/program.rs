//! The built program, on a data directory of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use conjoin::dev::{Data, tenant_config};
use conjoin::store::Store;
use conjoin_auth0::{HttpTimeouts, Management, User, http_client};
use conjoin_linking::journal::Journal;
use conjoin_linking::record::{Record, Stage};
use serde_json::Value;
use tempfile::TempDir;

use crate::bounded;

/// A running `conjoin dev`. Ends when it is dropped.
pub struct Dev {
    pub url: String,
    pub folder: TempDir,
    log: Arc<Mutex<String>>,
    child: Child,
}

impl Dev {
    pub fn start(arguments: &[&str]) -> Self {
        Self::trusting(None, arguments)
    }

    /// With this file of authorities instead of the system's.
    pub fn trusting(authorities: Option<&Path>, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_conjoin"))
            .args([
                "dev",
                "--listen",
                "127.0.0.1:0",
                "--tenant-listen",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(folder.path())
            .args(arguments)
            .envs(authorities.map(|file| ("SSL_CERT_FILE", file)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = collect(child.stderr.take().unwrap());
        let ready = bounded::first_line(&mut child).unwrap();
        let url = ready.trim().strip_prefix("ready: ").map(str::to_owned);
        Self {
            url: url.unwrap_or_else(|| panic!("not ready: {}", log.lock().unwrap())),
            folder,
            log,
            child,
        }
    }

    /// The database of the running host, past it.
    pub async fn store(&self) -> Store {
        Data::existing(self.folder.path()).await.unwrap().store
    }

    /// An account as its tenant has it now.
    pub async fn user(&self, id: &str) -> User {
        let data = Data::existing(self.folder.path()).await.unwrap();
        let config = tenant_config(data.traits, data.base).management().unwrap();
        let http = http_client(HttpTimeouts::default()).unwrap();
        Management::new(config, http).user(&id.parse().unwrap()).await.unwrap()
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// A command on its data, and what it answers as JSON.
    pub fn command(&self, arguments: &[&str]) -> (i32, Value) {
        answered(&run(arguments, "--data", self.folder.path()))
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> String {
        let stopped = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(stopped.success());
        assert!(bounded::wait(&mut self.child).unwrap().success());
        self.log()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the platform team.
pub fn run(arguments: &[&str], option: &str, place: &Path) -> Output {
    let (name, rest) = arguments.split_first().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_conjoin"));
    command.arg(name).args(rest).arg(option).arg(place);
    bounded::output(&mut command).unwrap()
}

/// The exit code, and the answer of a `--json`; null when there is none.
pub fn answered(output: &Output) -> (i32, Value) {
    let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), json)
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Brings a record through `stages`, as a host would.
pub async fn went_through(store: &Store, record: Record, stages: Vec<Stage>) -> Record {
    store.create(&record).await.unwrap();
    let mut record = record;
    for stage in stages {
        record = record.at(stage);
        store.advance(&record).await.unwrap();
    }
    record
}

fn collect(stream: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let sink = log.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut log = sink.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
    log
}
