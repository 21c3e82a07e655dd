//! How a host compiles policies: in a child process of this same program, which limits itself, and with what was compiled kept in a folder under a key of
//! this installation. Uploads are where a policy could hurt the host; nothing of them is compiled in the process that serves people.

use std::io::Write;
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use conjoin_engine::{ArtifactCache, EngineConfig, Jail};

/// The hidden subcommand by which the program knows that it is the child.
pub const COMMAND: &str = "compile-policy";

/// The folder of compiled policies in a data directory.
pub const FOLDER: &str = "compiled-policies";

/// The most bytes of compiled policies that are kept where nothing else is configured: a policy in Rust has about 1 MB, one in Python 50.
pub const KEPT_BYTES: u64 = 512 << 20;

/// Instances for everything but people's decisions.
const BESIDE_PEOPLE: u32 = 8;

/// The engine's own bound.
const MOST_SLOTS: u32 = 1_000;

/// An engine's configuration for a host that takes components from others. Only for this crate's own program: the child is the program that runs.
pub fn jailed() -> EngineConfig {
    EngineConfig::default()
        .slots(slots())
        .jail(Jail::own_program().argument(COMMAND))
}

/// How many people's decisions run at once on this host: as many as there are threads to run them.
pub(crate) fn turns() -> usize {
    std::thread::available_parallelism().map_or(2, NonZero::get)
}

/// As many instances as can be asked for at once, so that nobody who has a turn waits for one: people's turns, a version in shadow, a bench or replay, an upload that is
/// checked, and what is being loaded.
fn slots() -> u32 {
    u32::try_from(turns())
        .unwrap_or(MOST_SLOTS)
        .saturating_add(BESIDE_PEOPLE)
        .min(MOST_SLOTS)
}

/// The same, with a cache of at most `bytes` in `folder`.
///
/// # Errors
/// A folder that cannot be made.
pub fn jailed_and_kept(folder: &Path, key: &[u8; 32], bytes: u64) -> anyhow::Result<EngineConfig> {
    let cache = ArtifactCache::open(folder, key, bytes)
        .with_context(|| format!("making the folder of compiled policies {}", folder.display()))?;
    Ok(jailed().cache(cache))
}

/// An engine's configuration for the author of a policy, on their own machine: it compiles in this process, and keeps what was compiled among the user's cached files,
/// since the same component is tried again and again while its cases change. `CONJOIN_CACHE` names another folder.
pub fn for_authors() -> EngineConfig {
    let config = EngineConfig::default().slots(1);
    match authors_cache() {
        Some(cache) => config.cache(cache),
        // A machine without a home compiles each time.
        None => config,
    }
}

fn authors_cache() -> Option<ArtifactCache> {
    let named = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let folder = named("CONJOIN_CACHE")
        .or_else(|| Some(named("XDG_CACHE_HOME")?.join("conjoin")))
        .or_else(|| Some(named("HOME")?.join(".cache/conjoin")))?;
    std::fs::create_dir_all(&folder).ok()?;
    let key = authors_key(&folder.join("key"))?;
    ArtifactCache::open(folder.join(FOLDER), &key, KEPT_BYTES).ok()
}

/// Made once, for this user alone: whoever else could write there could have the user run any code.
fn authors_key(path: &Path) -> Option<[u8; 32]> {
    let mut options = std::fs::OpenOptions::new();
    if let Ok(mut file) = options.write(true).create_new(true).mode(0o600).open(path) {
        file.write_all(hex::encode(rand::random::<[u8; 32]>()).as_bytes())
            .ok()?;
    }
    let mut key = [0; 32];
    hex::decode_to_slice(std::fs::read_to_string(path).ok()?.trim(), &mut key).ok()?;
    Some(key)
}
