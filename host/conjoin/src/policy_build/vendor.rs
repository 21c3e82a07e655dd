//! What a project depends on that lies beside it, in `vendor/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::BuildError;

const VENDOR: &str = "vendor";

/// What Python writes there while it installs.
const CACHE: &str = "__pycache__";

/// Names the content of a file and of everything in `vendor/`.
pub(super) fn digest(file: &Path, folder: &Path) -> Result<String, BuildError> {
    let mut files = vec![file.to_owned()];
    let vendor = folder.join(VENDOR);
    if vendor.is_dir() {
        collect(&vendor, &mut files).map_err(|source| BuildError::file(&vendor, source))?;
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        let content = fs::read(&file).map_err(|source| BuildError::file(&file, source))?;
        let path = file
            .strip_prefix(folder)
            .unwrap_or(&file)
            .as_os_str()
            .as_encoded_bytes();
        for part in [path, &content] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    Ok(hex::encode(digest.finalize()))
}

/// Links are not followed.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_file() {
            files.push(entry.path());
        } else if kind.is_dir() && entry.file_name() != CACHE {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_counts_but_what_python_writes() {
        let project = tempfile::tempdir().unwrap();
        let folder = project.path();
        let file = folder.join("requirements.txt");
        let write = |path: &str, content: &str| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
            digest(&file, folder).unwrap()
        };
        let first = write("requirements.txt", "./vendor/library");
        let second = write("vendor/library/a.py", "1");
        let third = write("vendor/library/a.py", "2");
        let other = write("requirements.txt", "./vendor/library[build]");
        assert!(first != second && second != third && third != other);
        assert_eq!(write("vendor/library/__pycache__/a.pyc", "3"), other);
        assert_eq!(write("policy.py", "4"), other);
    }
}
