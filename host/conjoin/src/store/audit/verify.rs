//! Verifies trails: in the database, and as they were written out.

use std::io;

use conjoin_linking::tenant::TenantName;
use serde::Deserialize;
use serde_json::Value;

use super::canonical;
use super::check::{AuditBroken, Check, Line};
use super::head::AuditHead;
use super::read::PAGE;
use crate::store::Store;

/// A line of an export.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Exported {
    Head {
        head: AuditHead,
    },
    Entry {
        seq: i64,
        at: i64,
        entry: Value,
        mac: String,
    },
}

impl Store {
    /// Reads the tenant's whole trail and gives its head when it is as it was written. `known_heads` are earlier heads that were kept elsewhere: the trail must
    /// have gone through each of them.
    ///
    /// # Errors
    /// [`AuditBroken`], which says where it is broken and how.
    pub async fn verify_audit(&self, tenant: &TenantName, known_heads: &[AuditHead]) -> Result<AuditHead, AuditBroken> {
        let mut check = Check::new(&self.keys, tenant, known_heads);
        // Read before the entries: what is appended meanwhile comes after it and is left to the next time.
        let head = self.head_row(tenant).await?.head;
        while check.seq() < head.seq {
            let page = self.stored_entries(tenant, check.seq(), PAGE).await?;
            for stored in &page {
                if check.seq() < head.seq {
                    check.take(&stored.line())?;
                }
            }
            if page.is_empty() {
                break;
            }
        }
        let head = check.end(&head)?;
        self.nothing_beyond(tenant).await?;
        Ok(head)
    }

    /// Entries after the head were put in, or the head is gone: an entry and its head are written together.
    async fn nothing_beyond(&self, tenant: &TenantName) -> Result<(), AuditBroken> {
        let last = self.last_entry(tenant).await?;
        let head = self.head_row(tenant).await?.head;
        if last > head.seq {
            return Err(AuditBroken::Head { seq: head.seq });
        }
        Ok(())
    }

    /// Verifies what [`Store::export_audit`] wrote, line by line. The database is not read: the file can be of another one that was made with the same audit key,
    /// such as before a restore.
    ///
    /// # Errors
    /// [`AuditBroken`], which says where it is broken and how.
    pub fn verify_lines(
        &self,
        tenant: &TenantName,
        lines: &mut dyn Iterator<Item = io::Result<String>>,
        known_heads: &[AuditHead],
    ) -> Result<AuditHead, AuditBroken> {
        let mut check = Check::new(&self.keys, tenant, known_heads);
        for line in &mut *lines {
            let seq = check.seq();
            let exported = serde_json::from_str(&line?).map_err(|_| AuditBroken::Form { seq })?;
            let (seq, at, entry, mac) = match exported {
                Exported::Head { head } => {
                    return match lines.next() {
                        None => check.end(&head),
                        Some(_) => Err(AuditBroken::Form { seq }),
                    };
                }
                Exported::Entry { seq, at, entry, mac } => (seq, at, canonical(entry), mac),
            };
            check.take(&Line {
                seq,
                at,
                entry: &entry,
                mac: &mac,
            })?;
        }
        Err(AuditBroken::NoHead { seq: check.seq() })
    }
}
