//! Loading policy components, and swapping the one that a configuration fixes when its file changes.

mod loader;
pub(crate) mod settings;
mod watched;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use conjoin_engine::{MAX_COMPONENT_BYTES, Policy};
use conjoin_linking::policies::{Activated, Policies};
use conjoin_linking::shelf::Shelf;
use serde_json::Map;
use tokio::time::MissedTickBehavior;

pub use loader::{LoadError, Loader};
use watched::Watched;

use crate::config::PolicyConfig;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// The largest component that is read: what the engine accepts.
const MAX_BYTES: u64 = MAX_COMPONENT_BYTES as u64;

/// Loads the policy that a configuration fixes, and follows its file for as long as the host runs.
///
/// # Errors
/// Why the component is refused, with what to do about it; or what is wrong with the settings for it.
pub async fn fixed(loader: &Loader, config: &PolicyConfig) -> anyhow::Result<Arc<Shelf>> {
    let shelf = Arc::new(Shelf::new(first(loader, config).await?));
    if shipped(&config.component).is_none() {
        tokio::spawn(watch(loader.clone(), shelf.clone(), config.clone()));
    }
    Ok(shelf)
}

/// The policy that decides where no other was activated: `joined`, as it comes.
///
/// # Errors
/// When the engine does not run.
pub async fn default(loader: &Loader) -> anyhow::Result<Activated> {
    let config = PolicyConfig {
        component: conjoin_policies::JOINED.name.into(),
        settings: Map::new(),
    };
    first(loader, &config).await
}

async fn first(loader: &Loader, config: &PolicyConfig) -> anyhow::Result<Activated> {
    let path = &config.component;
    let bytes = match shipped(path) {
        Some(bytes) => bytes.to_vec(),
        None => read(path).await?,
    };
    let policy = load(loader, path, bytes).await?;
    settings::check(&policy, &config.settings)?;
    Ok(Activated::new(policy, config.settings.clone()))
}

fn shipped(name: &Path) -> Option<&'static [u8]> {
    conjoin_policies::by_name(name.to_str()?).map(|shipped| shipped.component)
}

/// Activates the component in the file whenever its content changes. A file that is refused, half written, or at odds with the tenant's settings leaves the active
/// version in place, and is tried again when it changes again.
async fn watch(loader: Loader, shelf: Arc<Shelf>, config: PolicyConfig) {
    let (file, settings) = (config.component, config.settings);
    let mut interval = tokio::time::interval(INTERVAL);
    // Compiling can take longer than the interval; what was missed meanwhile is one look.
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // What is active came from the file, so a change between that and now is one.
    let mut watched = Watched::new(file.clone(), shelf.active().map(|active| *active.policy.digest()));
    loop {
        interval.tick().await;
        let Some(content) = watched.look().await else {
            continue;
        };
        let loaded = async {
            let policy = load(&loader, &file, content?).await?;
            settings::check(&policy, &settings)?;
            anyhow::Ok(policy)
        };
        match loaded.await {
            Ok(policy) => {
                tracing::info!(policy = %policy.digest(), name = %policy.description().name, "policy activated");
                shelf.activate(Some(Activated::new(policy, settings.clone())));
            }
            Err(error) => tracing::error!("the policy stays as it was: {error:#}"),
        }
    }
}

async fn load(loader: &Loader, name: &Path, bytes: Vec<u8>) -> anyhow::Result<Policy> {
    let loaded = loader.load(bytes).await;
    let (policy, _) = loaded.with_context(|| format!("loading the policy {}", name.display()))?;
    Ok(policy)
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
