//! How a host compiles policies: in a child process of this same program, which limits itself, and with what was compiled kept in a folder under a key of
//! this installation. Uploads are where a policy could hurt the host; nothing of them is compiled in the process that serves people.

use std::path::Path;

use anyhow::Context;
use conjoin_engine::{ArtifactCache, EngineConfig, Jail};

/// The hidden subcommand by which the program knows that it is the child.
pub const COMMAND: &str = "compile-policy";

/// The folder of compiled policies in a data directory.
pub const FOLDER: &str = "compiled-policies";

/// The most bytes of compiled policies that are kept: a policy in Rust has about 1 MB, one in Python 50.
const MAX_BYTES: u64 = 512 << 20;

/// An engine's configuration for a host that takes components from others. Only for this crate's own program: the child is the program that runs.
pub fn jailed() -> EngineConfig {
    EngineConfig::default().jail(Jail::own_program().argument(COMMAND))
}

/// The same, with a cache in `folder`.
///
/// # Errors
/// A folder that cannot be made.
pub fn jailed_and_kept(folder: &Path, key: &[u8; 32]) -> anyhow::Result<EngineConfig> {
    let cache = ArtifactCache::open(folder, key, MAX_BYTES)
        .with_context(|| format!("making the folder of compiled policies {}", folder.display()))?;
    Ok(jailed().cache(cache))
}
