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

/// The most signatures of a version: more keys than a team has.
pub const MOST_SIGNATURES: i64 = 16;

/// Of a version of `policy_versions AS version`, its signatures as one text: neither a key's id nor what is sealed has a space or a comma in it.
pub(super) const SELECT_SIGNATURES: &str =
    "(SELECT string_agg(signed.key_id || ' ' || signed.sealed, ',') FROM policy_signatures AS signed
      WHERE signed.tenant = version.tenant AND signed.digest = version.digest)";

/// A detached signature of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSignature {
    /// The key that it was found to be by when it was uploaded.
    pub key: KeyId,
    /// The text of the `.minisig` file.
    pub text: String,
}

/// What came of keeping a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// It is the version's.
    Now,
    /// There is no such version, or it was revoked.
    NotThere,
    /// The version has as many by other keys as it may have.
    TooMany,
}

impl Store {
    /// Keeps a version's signature beside those by other keys, in the place of one by the same. `entry` goes into the audit trail in the same transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn keep_signature(
        &self,
        tenant: &TenantName,
        digest: &str,
        signature: &VersionSignature,
        entry: &AuditEntry,
    ) -> Result<Signed, StoreError> {
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
            return Ok(Signed::NotThere);
        }
        if !self.write_signature(&mut writing, tenant, digest, signature).await? {
            writing.roll_back(DOING).await?;
            return Ok(Signed::TooMany);
        }
        writing.commit(DOING).await?;
        Ok(Signed::Now)
    }

    /// For a transaction in which the version is there and something was appended, so that nobody else signs it; false where it has too many.
    pub(super) async fn write_signature(
        &self,
        writing: &mut Writing,
        tenant: &TenantName,
        digest: &str,
        signature: &VersionSignature,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "keep a signature";
        let key = signature.key.to_string();
        let row = sqlx::query(
            "SELECT COUNT(*) AS others FROM policy_signatures WHERE tenant = $1 AND digest = $2 AND key_id <> $3",
        )
        .bind(tenant.0.as_str())
        .bind(digest)
        .bind(key.as_str())
        .fetch_one(&mut *writing.transaction)
        .await
        .to(DOING)?;
        if row.try_get::<i64, _>("others").to(DOING)? >= MOST_SIGNATURES {
            return Ok(false);
        }
        let sealed = self
            .sealer
            .seal(Place::of(TABLE, tenant, &place(digest, &key)), signature)?;
        sqlx::query(
            "INSERT INTO policy_signatures (tenant, digest, key_id, sealed) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant, digest, key_id) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(tenant.0.as_str())
        .bind(digest)
        .bind(key)
        .bind(sealed)
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        Ok(true)
    }

    /// Of a row that has [`SELECT_SIGNATURES`] as `signatures`, ordered by their keys. One that cannot be opened is reported in the log and left out: it counts for nothing,
    /// takes nothing from the others, and is mended by the same signature once more.
    pub(super) fn open_signatures(
        &self,
        tenant: &TenantName,
        digest: &str,
        row: &AnyRow,
    ) -> Result<Vec<VersionSignature>, StoreError> {
        let all: Option<String> = row.try_get("signatures").to("read signatures")?;
        let mut signed: Vec<(&str, VersionSignature)> = Vec::new();
        for one in all.iter().flat_map(|all| all.split(',')) {
            let (key, sealed) = one.split_once(' ').unwrap_or_default();
            let read = self.sealer.open(Place::of(TABLE, tenant, &place(digest, key)), sealed);
            match read {
                Ok(signature) => signed.push((key, signature)),
                Err(error) => {
                    tracing::error!(tenant = %tenant.0, policy = digest, %error, "a signature cannot be read and is left out");
                }
            }
        }
        signed.sort_by_key(|(key, _)| *key);
        Ok(signed.into_iter().map(|(_, signature)| signature).collect())
    }
}

/// The rest of the primary key, as `reseal` joins it too.
fn place(digest: &str, key: &str) -> String {
    format!("{digest}/{key}")
}
