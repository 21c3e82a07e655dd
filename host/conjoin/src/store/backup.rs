//! A consistent copy of the database while the host runs.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::connect::Kind;
use super::error::Attempt;
use super::{Store, StoreError};

impl Store {
    /// Copies a SQLite database to a new file that only this user can read. It holds everything up to some moment and nothing after it, whoever writes meanwhile. The
    /// encryption key is not in it, and without the key it is worth nothing.
    ///
    /// # Errors
    /// [`StoreError::Backup`] when the file is there already or cannot be made, and on PostgreSQL, which has its own tools; [`StoreError::Database`] when copying fails:
    /// the file is removed then.
    pub async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        if self.kind == Kind::Postgres {
            let what = "PostgreSQL is backed up by `pg_dump`, or by the server's own archiving";
            return Err(StoreError::Backup(what.to_owned()));
        }
        let failed = |error: &dyn std::fmt::Display| StoreError::Backup(format!("{}: {error}", to.display()));
        let path = to.to_str().ok_or_else(|| failed(&"the path is not UTF-8"))?;
        // Made by us, since SQLite would make it readable for all; it fills an empty file.
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(to)
            .map_err(|error| failed(&error))?;
        if let Err(error) = self.copy_to(path).await {
            let _ = std::fs::remove_file(to);
            return Err(error);
        }
        // SQLite does not wait for the disk here.
        sync(file, to).map_err(|error| failed(&error))
    }

    async fn copy_to(&self, path: &str) -> Result<(), StoreError> {
        sqlx::query("VACUUM INTO $1")
            .bind(path)
            .execute(&self.pool)
            .await
            .to("be copied")?;
        Ok(())
    }
}

fn sync(file: File, path: &Path) -> std::io::Result<()> {
    file.sync_all()?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
