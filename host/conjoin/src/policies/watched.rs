//! Noticing that a file's content is another one, by looking at it again and again.
//!
//! The content decides; what the file system says of the file only saves reading it each time. A change can leave all of that as it was: two writes of
//! equal length within one tick of the file system's clock. So a file that has changed is read at every look until it has been quiet for longer than any tick.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use conjoin_engine::PolicyDigest;

/// Longer than the clock ticks of the file systems there are; the coarsest, FAT's, are two seconds.
const QUIET: Duration = Duration::from_millis(2500);

/// A file, and what was last read from it.
pub(super) struct Watched {
    file: PathBuf,
    stamp: Option<Stamp>,
    /// When the stamp was seen to be another one.
    stamped: Instant,
    /// The content, or why it could not be read.
    seen: Result<PolicyDigest, String>,
}

/// What changes when a file is written or replaced, but for writes within one tick. The change time cannot be set back as the modification time can.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Watched {
    /// A file whose content was `digest` when it was last read.
    pub(super) fn new(file: PathBuf, digest: Option<PolicyDigest>) -> Self {
        Self {
            file,
            stamp: None,
            stamped: Instant::now(),
            seen: digest.ok_or_else(String::new),
        }
    }

    /// The content if it is another one than at the last look; an error, once, if it cannot be read. A file that is gone is none for now.
    pub(super) async fn look(&mut self) -> Option<anyhow::Result<Vec<u8>>> {
        // Taken before reading: a write in between changes the stamp that the next look finds.
        let stamp = Stamp::of(&self.file).await?;
        if self.stamp != Some(stamp) {
            self.stamp = Some(stamp);
            self.stamped = Instant::now();
        } else if self.stamped.elapsed() > QUIET {
            return None;
        }
        let content = super::read(&self.file).await;
        let seen = match &content {
            Ok(bytes) => Ok(PolicyDigest::of(bytes)),
            Err(error) => Err(format!("{error:#}")),
        };
        if seen == self.seen {
            return None;
        }
        self.seen = seen;
        Some(content)
    }
}

impl Stamp {
    /// None for what is gone, and for what is no regular file: reading a pipe again would wait for a writer.
    async fn of(path: &Path) -> Option<Self> {
        let metadata = tokio::fs::metadata(path).await.ok()?;
        metadata.is_file().then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(content: &[u8]) -> (Self, Watched) {
            let folder = Self(tempfile::tempdir().unwrap());
            folder.write("policy.wasm", content);
            let watched = Watched::new(folder.path("policy.wasm"), Some(PolicyDigest::of(content)));
            (folder, watched)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Every file has the same modification time, as within one tick, or as `cp --preserve` leaves it.
        fn write(&self, name: &str, content: &[u8]) {
            fs::write(self.path(name), content).unwrap();
            let file = fs::File::options().write(true).open(self.path(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
    }

    /// As if the file had been quiet for long.
    fn settle(watched: &mut Watched) {
        watched.stamped = Instant::now().checked_sub(2 * QUIET).unwrap();
    }

    async fn content(watched: &mut Watched) -> Option<Vec<u8>> {
        watched.look().await.map(Result::unwrap)
    }

    #[tokio::test]
    async fn what_was_read_before_watching_began_is_no_change_and_anything_else_is() {
        let (folder, mut watched) = Folder::with(b"old");
        assert_eq!(content(&mut watched).await, None);
        let mut late = Watched::new(folder.path("policy.wasm"), Some(PolicyDigest::of(b"older")));
        assert_eq!(content(&mut late).await.unwrap(), b"old");
    }

    #[tokio::test]
    async fn equal_length_and_modification_time_hide_neither_a_write_nor_a_replacement() {
        let (folder, mut watched) = Folder::with(b"old");
        assert_eq!(content(&mut watched).await, None);
        settle(&mut watched);
        folder.write("policy.wasm", b"new");
        assert_eq!(content(&mut watched).await.unwrap(), b"new");
        assert_eq!(content(&mut watched).await, None, "noticed once");
        settle(&mut watched);
        folder.write("next", b"own");
        fs::rename(folder.path("next"), folder.path("policy.wasm")).unwrap();
        assert_eq!(content(&mut watched).await.unwrap(), b"own");
    }

    #[tokio::test]
    async fn two_writes_within_one_tick_are_noticed() {
        let (folder, mut watched) = Folder::with(b"old");
        folder.write("policy.wasm", b"new");
        assert_eq!(content(&mut watched).await.unwrap(), b"new");
        folder.write("policy.wasm", b"own");
        // As if the second write had left the stamp of the first.
        watched.stamp = Stamp::of(&folder.path("policy.wasm")).await;
        assert_eq!(content(&mut watched).await.unwrap(), b"own");
    }

    #[tokio::test]
    async fn a_quiet_file_is_not_read_again() {
        let (folder, mut watched) = Folder::with(b"old");
        assert_eq!(content(&mut watched).await, None);
        folder.write("policy.wasm", b"new");
        watched.stamp = Stamp::of(&folder.path("policy.wasm")).await;
        settle(&mut watched);
        assert_eq!(content(&mut watched).await, None);
    }

    #[tokio::test]
    async fn a_file_that_is_gone_is_waited_for_and_the_same_content_is_no_change() {
        let (folder, mut watched) = Folder::with(b"old");
        fs::remove_file(folder.path("policy.wasm")).unwrap();
        assert_eq!(content(&mut watched).await, None);
        folder.write("policy.wasm", b"old");
        assert_eq!(content(&mut watched).await, None);
        folder.write("policy.wasm", b"new");
        assert_eq!(content(&mut watched).await.unwrap(), b"new");
    }

    #[tokio::test]
    async fn a_file_that_is_too_large_is_said_once_and_its_successor_is_read() {
        let (folder, mut watched) = Folder::with(b"old");
        let file = fs::File::create(folder.path("policy.wasm")).unwrap();
        file.set_len(super::super::MAX_BYTES + 1).unwrap();
        let error = watched.look().await.unwrap().unwrap_err();
        assert!(format!("{error:#}").contains("more than the"), "{error:#}");
        assert!(watched.look().await.is_none());
        folder.write("policy.wasm", b"new");
        assert_eq!(content(&mut watched).await.unwrap(), b"new");
    }

    #[tokio::test]
    async fn what_is_no_regular_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut watched = Watched::new(folder.path().to_owned(), Some(PolicyDigest::of(b"")));
        assert!(watched.look().await.is_none());
    }
}
