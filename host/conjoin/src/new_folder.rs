//! A new folder, whole or not at all: the files are written beside it, and what is whole is moved into its place.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no folder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// The caller's own: it would be another one afterwards, under the caller's feet.
    #[error("{} is the folder that you are in; name one that is to be made", .0.display())]
    Current(PathBuf),
    /// Something is there.
    #[error("{} exists and is not an empty folder; choose another", .0.display())]
    Taken(PathBuf),
    /// The folder around it is not there.
    #[error("there is no folder {}; make it, or choose another", .0.display())]
    NoParent(PathBuf),
    /// The file system refuses.
    #[error("cannot write {}: {source}", .path.display())]
    Unwritable {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Whether a folder can be made there.
///
/// # Errors
/// [`FolderError::NoParent`], [`FolderError::Current`] and [`FolderError::Taken`].
pub(crate) fn check(folder: &Path) -> Result<(), FolderError> {
    let parent = parent(folder);
    if !parent.is_dir() {
        Err(FolderError::NoParent(parent.to_owned()))
    } else if is_current(folder) {
        Err(FolderError::Current(folder.to_owned()))
    } else if is_free(folder) {
        Ok(())
    } else {
        Err(FolderError::Taken(folder.to_owned()))
    }
}

/// Makes a folder of these files, by their paths within it.
///
/// # Errors
/// [`FolderError`]; then nothing of it is left.
pub(crate) fn write<Name, Content>(
    folder: &Path,
    files: impl IntoIterator<Item = (Name, Content)>,
) -> Result<(), FolderError>
where
    Name: AsRef<Path>,
    Content: AsRef<[u8]>,
{
    check(folder)?;
    let parent = parent(folder);
    // Removed at the end, whatever the end is.
    let beside = tempfile::Builder::new()
        .prefix(".conjoin-new-")
        .tempdir_in(parent)
        .map_err(|source| unwritable(parent, source))?;
    // A folder within: the temporary one is for its owner's eyes only.
    let whole = beside.path().join("whole");
    for (path, content) in files {
        let file = whole.join(path);
        write_file(&file, content.as_ref()).map_err(|source| unwritable(&file, source))?;
    }
    // Takes the place of an empty folder, and of nothing else: whoever was faster keeps what they have.
    fs::rename(&whole, folder).map_err(|source| match source.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            FolderError::Taken(folder.to_owned())
        }
        _ => unwritable(folder, source),
    })
}

fn parent(folder: &Path) -> &Path {
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn is_current(folder: &Path) -> bool {
    let current = env::current_dir().and_then(fs::canonicalize).ok();
    current.is_some() && fs::canonicalize(folder).ok() == current
}

/// A link that leads nowhere is something, too.
fn is_free(folder: &Path) -> bool {
    match folder.symlink_metadata() {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(there) => there.is_dir() && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()),
    }
}

fn write_file(file: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, content)
}

fn unwritable(path: &Path, source: io::Error) -> FolderError {
    FolderError::Unwritable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    const FILES: [(&str, &str); 2] = [("a.txt", "a"), ("b/c.txt", "c")];

    #[test]
    fn an_empty_folder_is_free_and_nothing_is_left_beside_it() {
        let around = tempfile::tempdir().unwrap();
        let project = around.path().join("project");
        fs::create_dir(&project).unwrap();
        write(&project, FILES).unwrap();
        assert_eq!(fs::read_to_string(project.join("b/c.txt")).unwrap(), "c");
        assert_eq!(names(around.path()), ["project"]);
    }

    #[test]
    fn whatever_is_there_stays_as_it_is() {
        let around = tempfile::tempdir().unwrap();
        let (folder, file) = (around.path().join("folder"), around.path().join("file"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("mine"), "mine").unwrap();
        fs::write(&file, "mine").unwrap();
        for project in [&folder, &file] {
            assert!(matches!(write(project, FILES), Err(FolderError::Taken(_))));
        }
        assert_eq!(names(&folder), ["mine"]);
        assert_eq!(names(around.path()).len(), 2);
        let nowhere = around.path().join("no/project");
        assert!(matches!(write(&nowhere, FILES), Err(FolderError::NoParent(_))));
    }

    #[test]
    fn what_cannot_be_written_whole_is_not_there_at_all() {
        let around = tempfile::tempdir().unwrap();
        let project = around.path().join("project");
        // A file where a folder has to be.
        let files = [("a", ""), ("a/b", "")];
        assert!(matches!(write(&project, files), Err(FolderError::Unwritable { .. })));
        assert_eq!(names(around.path()), Vec::<String>::new());
    }
}
