//! What a host that starts has to know of each of its tenants, read for many of them at once: one statement after another for each takes longer than everything else a start does.

use std::collections::HashMap;

use conjoin_engine::Description;
use conjoin_linking::tenant::TenantName;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::activations::Activation;
use super::error::Attempt;
use super::{Store, StoreError};

/// What decides at a tenant whose host starts.
#[derive(Debug)]
pub struct Beginning {
    /// The last change of what decides; none when nothing was ever activated.
    pub last: Result<Option<Activation>, StoreError>,
    /// What the version that it names says of itself, if all of that is kept.
    pub description: Result<Option<Description>, StoreError>,
}

impl Store {
    /// Of each of these tenants, in their order, what decides there; of a few hundred at most, since databases take some ten thousand values. What cannot be opened
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
            Beginning {
                last: change.map(|row| self.open_activation(tenant, &row)).transpose(),
                description: version.map_or(Ok(None), |row| self.open_description(tenant, &row)),
            }
        };
        Ok(tenants.iter().map(beginning).collect())
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
             WHERE version.tenant IN ({}) AND version.digest =
                 (SELECT digest FROM policy_activations WHERE tenant = version.tenant ORDER BY seq DESC LIMIT 1)",
            places(tenants.len())
        );
        self.by_tenant(text, tenants).await
    }

    async fn by_tenant(&self, text: String, tenants: &[TenantName]) -> Result<HashMap<String, AnyRow>, StoreError> {
        const DOING: &str = "read what decides at the tenants";
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
