//! Files of the cache: written whole or not at all, and removed when there are too many bytes of them.

use std::fs::{self, DirBuilder, DirEntry, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Of every file of the cache. What is being written has it too, so that what a killed host left behind is found and counted.
pub(super) const SUFFIX: &str = ".compiled";

struct Kept {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Opens a file; none where there is something else under its name, to which the way of a link leads or which would wait for a writer.
pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
    let opened = File::options()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path);
    match opened {
        Ok(file) if file.metadata()?.is_file() => Ok(Some(file)),
        Ok(_) => Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Readers see the old file or the new one, and never a part.
pub(super) fn write_whole(folder: &Path, path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix("new-")
        .suffix(SUFFIX)
        .tempfile_in(folder)?;
    for part in parts {
        file.write_all(part)?;
    }
    // Not synchronised: what a power cut leaves of it is not authentic, and compiled again.
    file.persist(path)?;
    Ok(())
}

/// Removes files, those used least lately first, until all together have at most `max_bytes`.
pub(super) fn evict(folder: &Path, max_bytes: u64) -> io::Result<()> {
    let mut kept: Vec<Kept> = fs::read_dir(folder)?.filter_map(|entry| kept(&entry.ok()?)).collect();
    kept.sort_by_key(|file| file.used);
    let mut total: u64 = kept.iter().map(|file| file.bytes).sum();
    let mut outcome = Ok(());
    for file in kept {
        if total <= max_bytes {
            break;
        }
        match fs::remove_file(&file.path) {
            // Another host that shares the folder may have been first.
            Err(error) if error.kind() != io::ErrorKind::NotFound => outcome = outcome.and(Err(error)),
            _ => total = total.saturating_sub(file.bytes),
        }
    }
    outcome
}

fn kept(entry: &DirEntry) -> Option<Kept> {
    let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let ours = entry.file_name().to_str()?.ends_with(SUFFIX);
    ours.then_some(Kept {
        path: entry.path(),
        bytes: metadata.len(),
        used: metadata.modified().ok()?,
    })
}
