//! A host with a policy file that a test can change.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use conjoin_tests::Host;
use serde_json::json;
use tempfile::TempDir;

/// A running `conjoin dev --policy FILE`.
pub struct Watching {
    pub host: Host,
    folder: TempDir,
}

impl Watching {
    /// Starts it with a component, and further arguments. The clock is a quiet machine's safeguard; here it is the budget that must end what does not end.
    pub async fn with(component: &[u8], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.wasm");
        fs::write(&file, component).unwrap();
        let limits = json!({ "deadline_ms": 200_000, "fuel": 1_000_000_000 }).to_string();
        let mut all = vec!["--policy", file.to_str().unwrap(), "--limits", &limits];
        all.extend(arguments);
        Self {
            host: Host::with(&all).await,
            folder,
        }
    }

    /// The watched file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("policy.wasm")
    }

    /// Overwrites the file where it is. A reader may see it half written.
    pub fn write(&self, component: &[u8]) {
        fs::write(self.file(), component).unwrap();
    }

    /// Puts another file in its place, at once.
    pub fn replace(&self, component: &[u8]) {
        let next = self.folder.path().join("next.wasm");
        fs::write(&next, component).unwrap();
        fs::rename(next, self.file()).unwrap();
    }

    /// What the host has logged up to now, as a place to go on from.
    pub fn mark(&self) -> usize {
        self.host.log().len()
    }

    /// What it has logged since, in plain text.
    pub fn log_since(&self, mark: usize) -> String {
        plain(&self.host.log()[mark..])
    }

    /// Waits until a line that was logged since holds all of these texts, and answers with it.
    pub async fn logged(&self, mark: usize, texts: &[&str]) -> String {
        // Longer than a child that compiles may live.
        for _ in 0..4_000 {
            let log = self.log_since(mark);
            if let Some(line) = log.lines().find(|line| texts.iter().all(|text| line.contains(text))) {
                return line.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{texts:?} was not logged; it said:\n{}", self.log_since(mark));
    }

    /// Waits until a policy is activated.
    pub async fn activated(&self, mark: usize, name: &str) {
        self.logged(mark, &["policy activated", &format!("name={name}")]).await;
    }
}

/// Without the codes that colour a terminal.
fn plain(log: &str) -> String {
    let mut parts = log.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('m').map_or(part, |(_, rest)| rest)
    })
}
