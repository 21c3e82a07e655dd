//! Compiled policies that are kept between starts.

use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::artifact::Artifact;

pub(crate) use entry::Entry;

mod entry;
mod files;
mod seal;

use seal::{MAC_BYTES, Seal};

/// Compiled policies in a folder, so that a host that starts again, or goes back to an earlier version, need not compile.
///
/// Each file is authenticated with HMAC-SHA256, under a key that only this host has, over everything that it depends on and every byte of code: which component, this
/// crate's version and checks, the contract, wasmtime's version and settings, the processor's features. It is checked before anything else looks at the code.
/// A file that is cut, altered, another entry's or somebody else's is discarded, said in the log, and compiled again. Nothing that goes wrong here keeps a policy from
/// being loaded.
///
/// The folder is this cache's alone; several hosts with the same key may share it. Files are written whole and renamed into place. When all together have more
/// than the bytes they may, those go that were used least lately.
#[derive(Clone)]
pub struct ArtifactCache(Arc<Folder>);

struct Folder {
    path: PathBuf,
    seal: Seal,
    max_bytes: u64,
}

impl ArtifactCache {
    /// A cache of at most `max_bytes` in `folder`, which is made, for this user only, if it is not there. `key` is 32 random bytes that nobody else knows:
    /// whoever has it can have this host run any code.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn open(folder: impl Into<PathBuf>, key: &[u8; 32], max_bytes: u64) -> io::Result<Self> {
        let path = folder.into();
        files::make_folder(&path)?;
        Ok(Self(Arc::new(Folder {
            path,
            seal: Seal::new(key),
            max_bytes,
        })))
    }

    /// What is kept for `entry`, if it is authentic.
    pub(crate) fn get(&self, entry: &Entry) -> Option<Artifact> {
        let path = self.path(entry);
        match self.read(&path, entry) {
            Ok(Some(code)) => Some(Artifact::authenticated(code)),
            Ok(None) => {
                self.discard(entry, "it is damaged, or not this host's");
                None
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // That it cannot be read now says nothing against it.
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "a compiled policy cannot be read, and is compiled again");
                None
            }
        }
    }

    /// Whether something is kept for `entry`, authentic or not.
    pub(crate) fn has(&self, entry: &Entry) -> bool {
        self.path(entry).is_file()
    }

    /// Keeps `artifact` for `entry`.
    pub(crate) fn put(&self, entry: &Entry, artifact: &Artifact) {
        let size = (artifact.bytes().len() + MAC_BYTES) as u64;
        if size > self.0.max_bytes {
            return;
        }
        let mac = self.0.seal.mac(entry, artifact.bytes());
        let written = files::write_whole(&self.0.path, &self.path(entry), &[&mac, artifact.bytes()])
            .and_then(|()| files::evict(&self.0.path, self.0.max_bytes));
        if let Err(error) = written {
            tracing::warn!(folder = %self.0.path.display(), %error, "a compiled policy could not be kept");
        }
    }

    /// Removes what is kept for `entry`; it is compiled again.
    pub(crate) fn discard(&self, entry: &Entry, why: &str) {
        let path = self.path(entry);
        tracing::warn!(file = %path.display(), "a compiled policy is discarded and compiled again: {why}");
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(file = %path.display(), %error, "a discarded compiled policy could not be removed");
        }
    }

    /// The code of a file, if all of it is what was written for `entry`. It is used now, and so goes last.
    fn read(&self, path: &Path, entry: &Entry) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = files::open(path)? else {
            return Ok(None);
        };
        let Some(length) = file.metadata()?.len().checked_sub(MAC_BYTES as u64) else {
            return Ok(None);
        };
        if length > self.0.max_bytes {
            return Ok(None);
        }
        let (mut mac, mut code) = ([0; MAC_BYTES], Vec::new());
        (&file).read_exact(&mut mac)?;
        (&file).take(length).read_to_end(&mut code)?;
        if !self.0.seal.is_of(entry, &code, &mac) {
            return Ok(None);
        }
        if let Err(error) = file.set_modified(SystemTime::now()) {
            tracing::debug!(file = %path.display(), %error, "that a compiled policy was used cannot be noted");
        }
        Ok(Some(code))
    }

    fn path(&self, entry: &Entry) -> PathBuf {
        self.0.path.join(entry.file_name())
    }
}

/// Without the key.
impl fmt::Debug for ArtifactCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ArtifactCache")
            .field("folder", &self.0.path)
            .field("max_bytes", &self.0.max_bytes)
            .finish_non_exhaustive()
    }
}
