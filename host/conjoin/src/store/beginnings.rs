//! What a host that starts has to know of each of its tenants, read for many of them at once: a statement for each takes longer than everything else that a start does.

use std::collections::HashMap;

use conjoin_engine::Description;
use conjoin_linking::tenant::TenantName;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::activations::Activation;
use super::error::Attempt;
use super::{Store, StoreError};

const DOING: &str = "read what decides at the tenants";

/// What decides at a tenant whose host starts.
#[derive(Debug)]
pub struct Beginning {
    /// Whose.
    pub tenant: TenantName,
    /// The last change of what decides; none when nothing was ever activated.
    pub last: Result<Option<Activation>, StoreError>,
    /// The version that the row of the last change names; none where it is not kept, or so much is kept of it that it is better read by itself.
    pub version: Option<KeptDescription>,
}

/// What is kept of what a version says of itself. Its digest is as the rows have it, which are not sealed together: whoever asks for a version has to look whether it is this one.
#[derive(Debug)]
pub struct KeptDescription {
    /// Whose it is.
    pub digest: String,
    /// None where not all of it was kept.
    pub description: Result<Option<Description>, StoreError>,
}

/// The most bytes of a version that is read together with others: cases are kept with it, megabytes at the most.
const MOST_TOGETHER: i64 = 64 << 10;

impl Store {
    /// Of each of these tenants, which are all different, in their order, what decides there; of a few hundred at most, since databases take some ten thousand values. What cannot be opened
    /// is in the way of its own tenant only.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn beginnings(&self, tenants: &[TenantName]) -> Result<Vec<Beginning>, StoreError> {
        if tenants.is_empty() {
            return Ok(Vec::new());
        }
        let mut changes = self.last_changes(tenants).await?;
        let mut versions = self.last_versions(tenants).await?;
        let beginning = |tenant: &TenantName| {
            let (change, version) = (changes.remove(&tenant.0), versions.remove(&tenant.0));
            let version = version.map(|row| self.kept_description(tenant, &row));
            Ok(Beginning {
                tenant: tenant.clone(),
                last: change.map(|row| self.open_activation(tenant, &row)).transpose(),
                version: version.transpose()?,
            })
        };
        tenants.iter().map(beginning).collect()
    }

    fn kept_description(&self, tenant: &TenantName, row: &AnyRow) -> Result<KeptDescription, StoreError> {
        Ok(KeptDescription {
            digest: row.try_get("digest").to(DOING)?,
            description: self.open_description(tenant, row),
        })
    }

    async fn last_changes(&self, tenants: &[TenantName]) -> Result<HashMap<String, AnyRow>, StoreError> {
        let text = format!(
            "SELECT change.tenant AS tenant, change.seq AS seq, change.at AS at, change.sealed AS sealed FROM policy_activations AS change
             WHERE change.tenant IN ({}) AND change.seq = (SELECT MAX(seq) FROM policy_activations WHERE tenant = change.tenant)",
            places(tenants.len())
        );
        self.by_tenant(text, tenants).await
    }

    async fn last_versions(&self, tenants: &[TenantName]) -> Result<HashMap<String, AnyRow>, StoreError> {
        let text = format!(
            "SELECT version.tenant AS tenant, version.digest AS digest, version.sealed AS sealed FROM policy_versions AS version
             WHERE version.tenant IN ({}) AND LENGTH(version.sealed) <= {MOST_TOGETHER} AND version.digest =
                 (SELECT digest FROM policy_activations WHERE tenant = version.tenant ORDER BY seq DESC LIMIT 1)",
            places(tenants.len())
        );
        self.by_tenant(text, tenants).await
    }

    async fn by_tenant(&self, text: String, tenants: &[TenantName]) -> Result<HashMap<String, AnyRow>, StoreError> {
        let mut statement = sqlx::query(AssertSqlSafe(text));
        for tenant in tenants {
            statement = statement.bind(tenant.0.as_str());
        }
        let rows = statement.fetch_all(&self.pool).await.to(DOING)?;
        let named = |row: AnyRow| Ok((row.try_get("tenant").to(DOING)?, row));
        rows.into_iter().map(named).collect()
    }
}

/// `$1, $2, …`
fn places(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|number| format!("${number}")).collect();
    places.join(", ")
}
