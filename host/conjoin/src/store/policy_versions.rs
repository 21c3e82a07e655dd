//! Policies that a tenant's team uploaded. A version is named by the SHA-256 of its component; what is known of it is sealed, the component itself is not: its name
//! says whether it is the right one.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conjoin_cases::CaseFile;
use conjoin_engine::{Description, PolicyDigest, Reason};
use conjoin_linking::audit::AuditEntry;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::clock::{now_in_microseconds, whole_seconds_of};
use super::error::Attempt;
use super::seal::Place;
use super::signatures::{SELECT_SIGNATURES, VersionSignature};
use super::write::Writing;
use super::{Store, StoreError};

pub(super) const TABLE: &str = "policy_versions";

/// What a version is read from, with its signatures.
pub(super) static SELECT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT version.digest AS digest, version.state AS state, version.uploaded_at AS uploaded_at, version.sealed AS sealed,
         {SELECT_SIGNATURES} AS signatures FROM policy_versions AS version"
    )
});

/// How far a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionState {
    /// The gate let it in; it is being checked.
    Uploaded,
    /// Its cases are met and the conformance set passed: it can be activated.
    Checked,
    /// They are not.
    Failed,
    /// The team took it back, for ever.
    Revoked,
}

/// What is known of a version.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VersionFacts {
    /// Its own name.
    pub name: String,
    /// Its author's version.
    pub version: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// The JSON Schema of its settings.
    pub settings_schema: Value,
    /// The texts that it can give with an offer; none where that was not kept yet.
    #[serde(default)]
    pub reasons: Option<Vec<Reason>>,
    /// Bytes of the component.
    pub bytes: u64,
    /// Whether it shipped with the host that kept it: a later host may ship another one.
    #[serde(default)]
    pub shipped: bool,
    /// Who uploaded it.
    pub by: String,
    /// Its own cases.
    pub cases: Vec<StoredCase>,
    /// The settings that it is checked with.
    pub settings: Map<String, Value>,
    /// How it did; none while it is being checked.
    pub report: Option<Value>,
}

/// Of [`VersionFacts`], what the component says of itself. The report is longer than all of it, and a host that starts has no use for it.
#[derive(Deserialize)]
struct Said {
    name: String,
    version: String,
    summary: String,
    settings_schema: Value,
    #[serde(default)]
    reasons: Option<Vec<Reason>>,
}

impl VersionFacts {
    /// What the component says of itself; none where not all of it was kept.
    pub fn description(&self) -> Option<Description> {
        let said = Said {
            name: self.name.clone(),
            version: self.version.clone(),
            summary: self.summary.clone(),
            settings_schema: self.settings_schema.clone(),
            reasons: self.reasons.clone(),
        };
        said.whole()
    }
}

impl Said {
    fn whole(self) -> Option<Description> {
        Some(Description {
            name: self.name,
            version: self.version,
            summary: self.summary,
            settings_schema: self.settings_schema.to_string(),
            reasons: self.reasons?,
        })
    }
}

/// A case, as it was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCase {
    /// The file's name without `.json`.
    pub name: String,
    /// The file.
    pub text: String,
}

/// A version.
#[derive(Clone, Debug)]
pub struct PolicyVersion {
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// How far it is.
    pub state: VersionState,
    /// Unix seconds.
    pub uploaded_at: i64,
    /// The rest.
    pub facts: VersionFacts,
    /// Who signed it: at most one by each key.
    pub signatures: Vec<VersionSignature>,
}

/// A version to be kept.
pub struct NewVersion<'a> {
    /// SHA-256 of the component, in hexadecimal.
    pub digest: &'a str,
    /// The component.
    pub component: &'a [u8],
    /// How far it is.
    pub state: VersionState,
    /// The rest.
    pub facts: &'a VersionFacts,
    /// Who signed it, beside those who did before.
    pub signature: Option<&'a VersionSignature>,
}

impl Store {
    /// Keeps a version that is not there yet, or what it is to be checked with anew while it never decided; says whether it was new. Nothing is kept where
    /// its signature is one too many. `entry` goes into the audit trail in the same transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn keep_version(
        &self,
        tenant: &TenantName,
        version: NewVersion<'_>,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        const DOING: &str = "keep a policy";
        let NewVersion {
            digest,
            component,
            state,
            facts,
            signature,
        } = version;
        let sealed = self.sealer.seal(Place::of(TABLE, tenant, digest), facts)?;
        let mut writing = self.begin().await?;
        self.append(&mut writing, tenant, entry).await?;
        let updated = sqlx::query(
            "UPDATE policy_versions SET state = $4, claimed_until = 0, claim = '', sealed = $3, uploaded_at = $5
             WHERE tenant = $1 AND digest = $2 AND state <> 'revoked'
             AND NOT EXISTS (SELECT 1 FROM policy_activations WHERE tenant = $1 AND digest = $2)",
        )
        .bind(tenant.0.as_str())
        .bind(digest)
        .bind(sealed.as_str())
        .bind(state.name())
        .bind(now_in_microseconds())
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        let inserted = sqlx::query(
            "INSERT INTO policy_versions (tenant, digest, state, uploaded_at, claimed_until, component, sealed)
             VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT (tenant, digest) DO NOTHING",
        )
        .bind(tenant.0.as_str())
        .bind(digest)
        .bind(state.name())
        .bind(now_in_microseconds())
        .bind(STANDARD.encode(component))
        .bind(sealed)
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        if updated.rows_affected() + inserted.rows_affected() == 0 {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        if let Some(signature) = signature
            && !self.write_signature(&mut writing, tenant, digest, signature).await?
        {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        writing.commit(DOING).await?;
        Ok(inserted.rows_affected() > 0)
    }

    /// A version by its digest.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or it cannot be opened.
    pub async fn version(&self, tenant: &TenantName, digest: &str) -> Result<Option<PolicyVersion>, StoreError> {
        let row = sqlx::query(AssertSqlSafe(format!(
            "{} WHERE version.tenant = $1 AND version.digest = $2",
            *SELECT
        )))
        .bind(tenant.0.as_str())
        .bind(digest)
        .fetch_optional(&self.pool)
        .await
        .to("read a policy")?;
        row.map(|row| self.open_version(tenant, &row)).transpose()
    }

    /// A tenant's versions, the newest first, at most `count` of those uploaded before `before` (an upload time in microseconds and a digest, as the last of a page has
    /// them).
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or one cannot be opened.
    pub async fn versions(
        &self,
        tenant: &TenantName,
        before: Option<(i64, &str)>,
        count: u32,
    ) -> Result<Vec<(PolicyVersion, i64)>, StoreError> {
        let (at, digest) = before.unwrap_or((i64::MAX, ""));
        let rows = sqlx::query(AssertSqlSafe(format!(
            "{}
             WHERE version.tenant = $1 AND (version.uploaded_at < $2 OR (version.uploaded_at = $2 AND version.digest > $3))
             ORDER BY version.uploaded_at DESC, version.digest LIMIT $4",
            *SELECT
        )))
        .bind(tenant.0.as_str())
        .bind(at)
        .bind(digest)
        .bind(i64::from(count))
        .fetch_all(&self.pool)
        .await
        .to("list policies")?;
        let version = |row: &AnyRow| {
            let at: i64 = row.try_get("uploaded_at").to("read when a policy was uploaded")?;
            Ok((self.open_version(tenant, row)?, at))
        };
        rows.iter().map(version).collect()
    }

    /// The component of a version, of which the digest was computed anew.
    ///
    /// # Errors
    /// [`StoreError::Altered`] when it is not what its name says.
    pub async fn component(&self, tenant: &TenantName, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("SELECT component FROM policy_versions WHERE tenant = $1 AND digest = $2")
            .bind(tenant.0.as_str())
            .bind(digest)
            .fetch_optional(&self.pool)
            .await
            .to("read a policy's component")?;
        let Some(row) = row else {
            return Ok(None);
        };
        let encoded: String = row.try_get("component").to("read a policy's component")?;
        let component = STANDARD.decode(encoded).ok();
        let component = component.filter(|component| PolicyDigest::of(component).to_string() == digest);
        component.map(Some).ok_or(StoreError::Altered { table: TABLE })
    }

    /// Whether a version may decide: it is not revoked. One that was never uploaded, such as a shipped policy, may.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn is_revoked(&self, tenant: &TenantName, digest: &str) -> Result<bool, StoreError> {
        let row =
            sqlx::query("SELECT state FROM policy_versions WHERE tenant = $1 AND digest = $2 AND state = 'revoked'")
                .bind(tenant.0.as_str())
                .bind(digest)
                .fetch_optional(&self.pool)
                .await
                .to("ask whether a policy was revoked")?;
        Ok(row.is_some())
    }

    /// What the version of a row says of itself; none where not all of it was kept.
    pub(super) fn open_description(
        &self,
        tenant: &TenantName,
        row: &AnyRow,
    ) -> Result<Option<Description>, StoreError> {
        const DOING: &str = "read what a policy says of itself";
        let digest: String = row.try_get("digest").to(DOING)?;
        let sealed: String = row.try_get("sealed").to(DOING)?;
        let said: Said = self.sealer.open(Place::of(TABLE, tenant, &digest), &sealed)?;
        Ok(said.whole())
    }

    pub(super) fn open_version(&self, tenant: &TenantName, row: &AnyRow) -> Result<PolicyVersion, StoreError> {
        const DOING: &str = "read a policy";
        let digest: String = row.try_get("digest").to(DOING)?;
        let state: String = row.try_get("state").to(DOING)?;
        let sealed: String = row.try_get("sealed").to(DOING)?;
        let uploaded_at: i64 = row.try_get("uploaded_at").to(DOING)?;
        Ok(PolicyVersion {
            state: VersionState::named(&state).ok_or(StoreError::UnknownForm { table: TABLE })?,
            uploaded_at: whole_seconds_of(uploaded_at),
            facts: self.sealer.open(Place::of(TABLE, tenant, &digest), &sealed)?,
            signatures: self.open_signatures(tenant, &digest, row)?,
            digest,
        })
    }
}

impl VersionState {
    /// As it is stored and shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Checked => "checked",
            Self::Failed => "failed",
            Self::Revoked => "revoked",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let all = [Self::Uploaded, Self::Checked, Self::Failed, Self::Revoked];
        all.into_iter().find(|state| state.name() == name)
    }
}

impl From<&StoredCase> for CaseFile {
    fn from(case: &StoredCase) -> Self {
        Self {
            name: case.name.clone(),
            text: case.text.clone(),
        }
    }
}

/// Whether a version can be activated, for a transaction that does it.
pub(super) async fn is_checked(writing: &mut Writing, tenant: &TenantName, digest: &str) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT state FROM policy_versions WHERE tenant = $1 AND digest = $2 AND state = $3")
        .bind(tenant.0.as_str())
        .bind(digest)
        .bind(VersionState::Checked.name())
        .fetch_optional(&mut *writing.transaction)
        .await
        .to("ask whether a policy was checked")?;
    Ok(row.is_some())
}
