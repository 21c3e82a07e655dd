//! The cases of one policy: a folder of JSON files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::FolderError;

/// The most cases of one policy.
pub const MAX_CASES: usize = 1_000;

/// The largest file, in bytes: two accounts with both bags at their limits several times over.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

/// A case as it lies in its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// The file's name without `.json`.
    pub name: String,
    /// The file's text.
    pub text: String,
}

/// Every file of a folder that ends with `.json`, by name. Folders within are not looked into.
///
/// # Errors
/// [`FolderError`] when something cannot be read, when there is no case, and when there are too many or too large ones.
pub fn folder(path: &Path) -> Result<Vec<CaseFile>, FolderError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        let file = entry.map_err(|error| unreadable(path, error))?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            paths.push(file);
        }
        if paths.len() > MAX_CASES {
            return Err(FolderError::TooMany(path.to_owned()));
        }
    }
    if paths.is_empty() {
        return Err(FolderError::Empty(path.to_owned()));
    }
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Result<CaseFile, FolderError> {
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large, also one that grows while it is read.
    File::open(&path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&path, error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(FolderError::TooLarge(path));
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(CaseFile { name, text }),
        Err(error) => {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidData, error.utf8_error());
            Err(unreadable(&path, error))
        }
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> FolderError {
    FolderError::Unreadable {
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    #[test]
    fn cases_are_read_by_name_and_nothing_else() {
        let given = files(&[("b.json", b"{}"), ("a.json", b"[]"), ("notes.md", b"no case")]);
        let names: Vec<_> = folder(given.path())
            .unwrap()
            .into_iter()
            .map(|case| case.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn what_cannot_be_a_folder_of_cases_is_an_error() {
        assert!(matches!(
            folder(files(&[("a.txt", b"")]).path()),
            Err(FolderError::Empty(_))
        ));
        assert!(matches!(
            folder(Path::new("/no/such/folder")),
            Err(FolderError::Unreadable { .. })
        ));
        assert!(matches!(
            folder(files(&[("a.json", b"\xff")]).path()),
            Err(FolderError::Unreadable { .. })
        ));
        let large = files(&[("a.json", &vec![b' '; usize::try_from(MAX_FILE_BYTES).unwrap() + 1])]);
        assert!(matches!(folder(large.path()), Err(FolderError::TooLarge(_))));
        let names: Vec<String> = (0..=MAX_CASES).map(|number| format!("{number}.json")).collect();
        let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"{}"[..])).collect();
        assert!(matches!(folder(files(&many).path()), Err(FolderError::TooMany(_))));
    }
}
