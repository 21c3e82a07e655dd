//! Reading a trail, page by page.

use std::io;

use conjoin_linking::tenant::TenantName;
use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::check::Line;
use super::{AuditLine, TABLE};
use crate::store::error::Attempt;
use crate::store::{Store, StoreError};

const DOING: &str = "read the audit trail";

/// How many entries are read at a time.
pub(super) const PAGE: u32 = 500;

/// An entry as it is stored.
pub(super) struct Stored {
    seq: i64,
    at: i64,
    entry: String,
    mac: String,
}

impl Store {
    /// The tenant's entries after `after_seq`, at most `count`, in order. They are not verified: see [`Store::verify_audit`].
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or an entry is none.
    pub async fn audit_page(
        &self,
        tenant: &TenantName,
        after_seq: i64,
        count: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let stored = self.stored_entries(tenant, after_seq, count).await?;
        stored.into_iter().map(AuditLine::try_from).collect()
    }

    /// Writes the whole trail, one JSON object a line, and its head as the last line, `{"head":{…}}`. `sink` is given each line without its end.
    /// [`Store::verify_lines`] checks such a file.
    ///
    /// # Errors
    /// [`StoreError`] when the database or the sink fails.
    pub async fn export_audit(
        &self,
        tenant: &TenantName,
        sink: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        // Read first: what is appended meanwhile is left to the next export.
        let head = self.head_row(tenant).await?.head;
        let mut last = 0;
        loop {
            let page = self.stored_entries(tenant, last, PAGE).await?;
            let mut lines = page.iter().filter(|line| line.seq <= head.seq).peekable();
            if lines.peek().is_none() {
                break;
            }
            for line in lines {
                sink(&line.to_json())?;
                last = line.seq;
            }
        }
        sink(&json!({ "head": head }).to_string())?;
        Ok(())
    }

    /// The greatest number of an entry; 0 when there is none.
    pub(super) async fn last_entry(&self, tenant: &TenantName) -> Result<i64, StoreError> {
        let row = sqlx::query("SELECT COALESCE(MAX(seq), 0) AS last FROM audit WHERE tenant = $1")
            .bind(tenant.0.as_str())
            .fetch_one(&self.pool)
            .await
            .to(DOING)?;
        row.try_get("last").to(DOING)
    }

    pub(super) async fn stored_entries(
        &self,
        tenant: &TenantName,
        after_seq: i64,
        count: u32,
    ) -> Result<Vec<Stored>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, noted_at, entry, mac FROM audit WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        )
        .bind(tenant.0.as_str())
        .bind(after_seq)
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to(DOING)?;
        rows.iter().map(Stored::read).collect()
    }
}

impl Stored {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            seq: row.try_get("seq").to(DOING)?,
            at: row.try_get("noted_at").to(DOING)?,
            entry: row.try_get("entry").to(DOING)?,
            mac: row.try_get("mac").to(DOING)?,
        })
    }

    pub(super) fn line(&self) -> Line<'_> {
        Line {
            seq: self.seq,
            at: self.at,
            entry: &self.entry,
            mac: &self.mac,
        }
    }

    /// The entry's text goes in as it is: it is what the `mac` covers.
    fn to_json(&self) -> String {
        format!(
            r#"{{"seq":{},"at":{},"entry":{},"mac":{}}}"#,
            self.seq,
            self.at,
            self.entry,
            json!(self.mac)
        )
    }
}

impl TryFrom<Stored> for AuditLine {
    type Error = StoreError;

    fn try_from(stored: Stored) -> Result<Self, StoreError> {
        Ok(Self {
            seq: stored.seq,
            at: stored.at,
            entry: serde_json::from_str(&stored.entry).map_err(|_| StoreError::UnknownForm { table: TABLE })?,
            mac: stored.mac,
        })
    }
}
