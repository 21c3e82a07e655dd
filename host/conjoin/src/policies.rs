//! Loading policy components, and swapping the active one when its file changes.

pub(crate) mod settings;
mod watched;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use conjoin_engine::{Engine, EngineConfig, MAX_COMPONENT_BYTES, Policy};
use conjoin_linking::shelf::Shelf;
use serde_json::{Map, Value};
use tokio::time::MissedTickBehavior;

use watched::Watched;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// The largest component that is read: what the engine accepts.
const MAX_BYTES: u64 = MAX_COMPONENT_BYTES as u64;

/// The engine and the policy that a host starts with. [`crate::compiling`] has the configuration for components that come from others.
///
/// # Errors
/// Why the component is refused, with what to do about it; or what is wrong with the tenant's settings for it.
pub async fn start(
    config: EngineConfig,
    file: Option<&Path>,
    settings: &Map<String, Value>,
) -> anyhow::Result<(Engine, Policy)> {
    let engine = Engine::new(config).context("starting the policy engine")?;
    let policy = match file {
        Some(path) => load(&engine, path, read(path).await?).await?,
        None => {
            let bytes = conjoin_policies::JOINED.component.to_vec();
            load(&engine, Path::new("joined"), bytes).await?
        }
    };
    settings::check(&policy, settings)?;
    Ok((engine, policy))
}

/// Activates the component in `file` whenever its content changes, for as long as the host runs. A file that is refused, half written, or at odds with the
/// tenant's settings leaves the active version in place, and is tried again when it changes again.
pub async fn watch(engine: Engine, shelf: Arc<Shelf>, settings: Map<String, Value>, file: PathBuf) {
    let mut interval = tokio::time::interval(INTERVAL);
    // Compiling can take longer than the interval; what was missed meanwhile is one look.
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What is active came from the file, so a change between that and now is one.
    let mut watched = Watched::new(file.clone(), *shelf.active().digest());
    loop {
        interval.tick().await;
        let Some(content) = watched.look().await else {
            continue;
        };
        let loaded = async {
            let policy = load(&engine, &file, content?).await?;
            settings::check(&policy, &settings)?;
            anyhow::Ok(policy)
        };
        let loaded = loaded.await;
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
    let owned = path.to_owned();
    let bytes = tokio::task::spawn_blocking(move || read_bounded(&owned)).await?;
    bytes.with_context(|| format!("reading the policy {}", path.display()))
}

/// A component's file, unless it has more bytes than the engine would accept.
pub(crate) fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large, also one that grows while it is read.
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_COMPONENT_BYTES {
        let problem = format!("it has more than the {MAX_COMPONENT_BYTES} bytes that a policy may have");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, problem));
    }
    Ok(bytes)
}
