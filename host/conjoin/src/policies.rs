//! Loading policy components, and swapping the active one when its file changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use conjoin_engine::{Engine, EngineConfig, Policy};
use conjoin_linking::shelf::Shelf;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// The largest component that is read.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// The engine and the policy that a host starts with.
///
/// # Errors
/// Why the component is refused, with what to do about it.
pub async fn start(file: Option<&Path>) -> anyhow::Result<(Engine, Policy)> {
    let engine = Engine::new(EngineConfig::default()).context("starting the policy engine")?;
    let policy = match file {
        Some(path) => load(&engine, path, read(path).await?).await?,
        None => {
            let bytes = conjoin_policies::JOINED.component.to_vec();
            load(&engine, Path::new("joined"), bytes).await?
        }
    };
    Ok((engine, policy))
}

/// Activates the component in `file` whenever its content changes, for as long as the host runs. A file that is refused, or half written, leaves the active
/// version in place.
pub async fn watch(engine: Engine, shelf: Arc<Shelf>, file: PathBuf) {
    let mut interval = tokio::time::interval(INTERVAL);
    let mut seen = stamp(&file).await;
    loop {
        interval.tick().await;
        let now = stamp(&file).await;
        if now.is_none() || now == seen {
            continue;
        }
        seen = now;
        let loaded = async { load(&engine, &file, read(&file).await?).await }.await;
        match loaded {
            Ok(policy) => {
                tracing::info!(policy = %policy.digest(), name = %policy.description().name, "policy activated");
                shelf.activate(policy);
            }
            Err(error) => tracing::error!("the policy stays as it was: {error:#}"),
        }
    }
}

async fn load(engine: &Engine, name: &Path, bytes: Vec<u8>) -> anyhow::Result<Policy> {
    let engine = engine.clone();
    let loaded = tokio::task::spawn_blocking(move || engine.load(&bytes)).await?;
    loaded.with_context(|| format!("loading the policy {}", name.display()))
}

async fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let about = || format!("reading the policy {}", path.display());
    let size = tokio::fs::metadata(path).await.with_context(about)?.len();
    anyhow::ensure!(
        size <= MAX_BYTES,
        "{} has {size} bytes; a policy may have {MAX_BYTES}",
        path.display()
    );
    tokio::fs::read(path).await.with_context(about)
}

/// What changes when a file is written or replaced.
async fn stamp(path: &Path) -> Option<(std::time::SystemTime, u64)> {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
