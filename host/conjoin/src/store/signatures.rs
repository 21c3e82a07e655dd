//! Who signed the versions of `policy_versions`. Whether a signature counts is not decided here: it is kept as it came, and verified whenever its version is about to decide.

use conjoin_linking::audit::AuditEntry;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::error::Attempt;
use super::seal::Place;
use super::write::Writing;
use super::{Store, StoreError};
use crate::signing::KeyId;

const TABLE: &str = "policy_signatures";

/// A detached signature of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSignature {
    /// The key that it was found to be by when it was uploaded.
    pub key: KeyId,
    /// The text of the `.minisig` file.
    pub text: String,
}

impl Store {
    /// Keeps a version's signature, in the place of the one it had; false where there is no such version, or it was revoked. `entry` goes into the audit trail in the same
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn keep_signature(
        &self,
        tenant: &TenantName,
        digest: &str,
        signature: &VersionSignature,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "keep a signature";
        let mut writing = self.begin().await?;
        // First: nobody revokes it until the end.
        self.append(&mut writing, tenant, entry).await?;
        let version =
            sqlx::query("SELECT digest FROM policy_versions WHERE tenant = $1 AND digest = $2 AND state <> 'revoked'")
                .bind(tenant.0.as_str())
                .bind(digest)
                .fetch_optional(&mut *writing.transaction)
                .await
                .to(DOING)?;
        if version.is_none() {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        self.write_signature(&mut writing, tenant, digest, signature).await?;
        writing.commit(DOING).await?;
        Ok(true)
    }

    /// For a transaction in which the version is there.
    pub(super) async fn write_signature(
        &self,
        writing: &mut Writing,
        tenant: &TenantName,
        digest: &str,
        signature: &VersionSignature,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO policy_signatures (tenant, digest, sealed) VALUES ($1, $2, $3)
             ON CONFLICT (tenant, digest) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(tenant.0.as_str())
        .bind(digest)
        .bind(self.sealer.seal(Place::of(TABLE, tenant, digest), signature)?)
        .execute(&mut *writing.transaction)
        .await
        .to("keep a signature")?;
        Ok(())
    }

    /// Of a row that has it as `signature`; none where the version is not signed.
    pub(super) fn open_signature(
        &self,
        tenant: &TenantName,
        digest: &str,
        row: &AnyRow,
    ) -> Result<Option<VersionSignature>, StoreError> {
        let sealed: Option<String> = row.try_get("signature").to("read a signature")?;
        let sealed = sealed.as_deref();
        sealed
            .map(|sealed| self.sealer.open(Place::of(TABLE, tenant, digest), sealed))
            .transpose()
    }
}
