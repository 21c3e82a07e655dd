//! One run of an Action, in a process of its own that ends with it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::Call;
use super::event::Question;

/// Makes `api`, calls the handler, and writes what was asked of the tenant.
const PROGRAM: &str = include_str!("../../../assets/run-action.mjs");

/// Auth0's limit for the Actions of a trigger.
const LIMIT: Duration = Duration::from_secs(20);

/// What came of a run.
#[derive(Deserialize)]
pub struct Answer {
    /// What the Action asked for before it ended, however it ended.
    #[serde(default)]
    pub(super) calls: Vec<Call>,
    /// What it threw.
    #[serde(default)]
    pub(super) error: Option<String>,
}

/// Runs a handler. Every way of not getting an answer is one: the Action failed.
pub async fn run(file: &Path, question: Question<'_>) -> Answer {
    let failed = |error: String| {
        tracing::warn!(error, "the Action failed");
        Answer {
            calls: Vec::new(),
            error: Some(error),
        }
    };
    match timeout(LIMIT, process(file, question)).await {
        Ok(Ok(answer)) => {
            if let Some(error) = &answer.error {
                tracing::warn!(error, "the Action failed");
            }
            answer
        }
        Ok(Err(error)) => failed(error.to_string()),
        Err(_) => failed("it took longer than 20 seconds".to_owned()),
    }
}

async fn process(file: &Path, mut question: Question<'_>) -> std::io::Result<Answer> {
    question.code = tokio::fs::read_to_string(file).await?;
    let mut child = Command::new("node")
        .args(["--input-type=module", "--eval", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(&serde_json::to_vec(&question)?).await?;
    }
    let output = child.wait_with_output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !said.is_empty() {
        tracing::debug!(%said, "the Action's console");
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|_| std::io::Error::other(format!("Node.js answered nothing: {said}")))
}
