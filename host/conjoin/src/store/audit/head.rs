//! Where a tenant's audit trail ends. Without it, entries could be cut off at the end and nothing would show.

use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::store::error::Attempt;
use crate::store::keyed::Keys;
use crate::store::write::Writing;
use crate::store::{Store, StoreError};

const TABLE: &str = "audit_heads";

/// The end of a tenant's audit trail at some time, authenticated. Kept somewhere else, it shows later that nothing up to there was removed or replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// Whose trail it is.
    pub tenant: TenantName,
    /// The last entry; 0 when there is none.
    pub seq: i64,
    /// HMAC-SHA256 over all of this and the last entry's `mac`.
    pub mac: String,
    /// When the last entry was made, in Unix seconds.
    pub at: i64,
}

/// A head, and what its `mac` covers beside it.
pub(super) struct HeadRow {
    pub(super) head: AuditHead,
    pub(super) last_mac: String,
}

/// What the next entry follows.
pub(super) struct Previous {
    pub(super) seq: i64,
    pub(super) last_mac: String,
}

impl Store {
    /// The head, kept from others until the transaction ends: on PostgreSQL the row is locked, SQLite has one writer anyway.
    pub(super) async fn take_head(&self, writing: &mut Writing, tenant: &TenantName) -> Result<Previous, StoreError> {
        let row = match lock(writing, tenant).await? {
            Some(row) => row,
            None => {
                self.make_head(writing, tenant).await?;
                lock(writing, tenant)
                    .await?
                    .ok_or(StoreError::Altered { table: TABLE })?
            }
        };
        // Nothing is appended to an end that is not ours: that would make it look genuine.
        let head = &row.head;
        if !self.keys.is_head(head, &row.last_mac) {
            return Err(StoreError::Altered { table: TABLE });
        }
        Ok(Previous {
            seq: head.seq,
            last_mac: row.last_mac,
        })
    }

    async fn make_head(&self, writing: &mut Writing, tenant: &TenantName) -> Result<(), StoreError> {
        let none = "";
        sqlx::query(
            "INSERT INTO audit_heads (tenant, seq, noted_at, last_mac, mac) VALUES ($1, 0, 0, $2, $3) ON CONFLICT (tenant) DO NOTHING",
        )
        .bind(tenant.0.as_str())
        .bind(none)
        .bind(self.keys.head_mac(tenant, 0, 0, none))
        .execute(&mut *writing.transaction)
        .await
        .to("begin an audit trail")?;
        Ok(())
    }

    pub(super) async fn move_head(
        &self,
        writing: &mut Writing,
        tenant: &TenantName,
        seq: i64,
        at: i64,
        last_mac: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE audit_heads SET seq = $2, noted_at = $3, last_mac = $4, mac = $5 WHERE tenant = $1")
            .bind(tenant.0.as_str())
            .bind(seq)
            .bind(at)
            .bind(last_mac)
            .bind(self.keys.head_mac(tenant, seq, at, last_mac))
            .execute(&mut *writing.transaction)
            .await
            .to("move the end of the audit trail")?;
        Ok(())
    }

    /// The head as it is stored, unchecked; that of an empty trail when there is none.
    pub(super) async fn head_row(&self, tenant: &TenantName) -> Result<HeadRow, StoreError> {
        let row = sqlx::query("SELECT seq, noted_at, last_mac, mac FROM audit_heads WHERE tenant = $1")
            .bind(tenant.0.as_str())
            .fetch_optional(&self.pool)
            .await
            .to("read the end of the audit trail")?;
        match row {
            Some(row) => read(tenant, &row),
            None => Ok(HeadRow {
                head: self.keys.head(tenant, 0, 0, ""),
                last_mac: String::new(),
            }),
        }
    }
}

async fn lock(writing: &mut Writing, tenant: &TenantName) -> Result<Option<HeadRow>, StoreError> {
    let rows = sqlx::query("UPDATE audit_heads SET seq = seq WHERE tenant = $1 RETURNING seq, noted_at, last_mac, mac")
        .bind(tenant.0.as_str())
        .fetch_all(&mut *writing.transaction)
        .await
        .to("lock the end of the audit trail")?;
    rows.first().map(|row| read(tenant, row)).transpose()
}

fn read(tenant: &TenantName, row: &AnyRow) -> Result<HeadRow, StoreError> {
    const DOING: &str = "read the end of the audit trail";
    Ok(HeadRow {
        head: AuditHead {
            tenant: tenant.clone(),
            seq: row.try_get("seq").to(DOING)?,
            mac: row.try_get("mac").to(DOING)?,
            at: row.try_get("noted_at").to(DOING)?,
        },
        last_mac: row.try_get("last_mac").to(DOING)?,
    })
}

impl Keys {
    pub(super) fn entry_mac(&self, tenant: &TenantName, previous: &str, seq: i64, at: i64, entry: &str) -> String {
        self.chain.of(&entry_parts(
            tenant,
            previous,
            &seq.to_be_bytes(),
            &at.to_be_bytes(),
            entry,
        ))
    }

    pub(super) fn is_entry(&self, tenant: &TenantName, previous: &str, line: &super::check::Line<'_>) -> bool {
        let (seq, at) = (line.seq.to_be_bytes(), line.at.to_be_bytes());
        self.chain
            .is_of(&entry_parts(tenant, previous, &seq, &at, line.entry), line.mac)
    }

    pub(super) fn head(&self, tenant: &TenantName, seq: i64, at: i64, last_mac: &str) -> AuditHead {
        AuditHead {
            tenant: tenant.clone(),
            seq,
            mac: self.head_mac(tenant, seq, at, last_mac),
            at,
        }
    }

    fn head_mac(&self, tenant: &TenantName, seq: i64, at: i64, last_mac: &str) -> String {
        let (seq, at) = (seq.to_be_bytes(), at.to_be_bytes());
        self.head.of(&[tenant.0.as_bytes(), &seq, &at, last_mac.as_bytes()])
    }

    /// Whether `head` was made by this installation for a trail whose last entry has `last_mac`.
    pub(super) fn is_head(&self, head: &AuditHead, last_mac: &str) -> bool {
        let (seq, at) = (head.seq.to_be_bytes(), head.at.to_be_bytes());
        let parts = [head.tenant.0.as_bytes(), &seq, &at, last_mac.as_bytes()];
        self.head.is_of(&parts, &head.mac)
    }
}

fn entry_parts<'a>(
    tenant: &'a TenantName,
    previous: &'a str,
    seq: &'a [u8],
    at: &'a [u8],
    entry: &'a str,
) -> [&'a [u8]; 5] {
    [previous.as_bytes(), tenant.0.as_bytes(), seq, at, entry.as_bytes()]
}
