//! Trying what was uploaded: its own cases, and what every policy must do.

use std::time::Duration;

use conjoin_cases::CaseFile;
use conjoin_engine::Policy;
use conjoin_linking::audit::Actor;
use conjoin_linking::tenant::TenantName;
use serde_json::json;

use super::error::RegistryError;
use super::tenant::TenantPolicies;
use super::{Registry, entry};
use crate::policy_test::{self, TestReport};
use crate::store::{PolicyVersion, StoreError, VersionState};

/// How often it is looked whether another host let something in, or died over it.
const LOOK: Duration = Duration::from_secs(5);

/// For how long a version is this host's to check, in seconds. Longer than the slowest policy takes for its cases and the set.
const CLAIM: i64 = 15 * 60;

/// For as long as the host runs.
pub(super) async fn run(registry: Registry) {
    loop {
        let uploaded = registry.0.uploaded.notified();
        match registry.claim().await {
            Ok(Some((tenant, digest))) => {
                if let Err(error) = check(&registry, &tenant, &digest).await {
                    tracing::error!(tenant = %tenant.0, policy = digest, "an uploaded policy could not be checked: {error:#}");
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "uploaded policies cannot be looked for"),
        }
        let _ = tokio::time::timeout(LOOK, uploaded).await;
    }
}

impl Registry {
    /// The next one of this host's tenants: one that it does not know, or whose policy is fixed here, is another host's.
    async fn claim(&self) -> Result<Option<(TenantName, String)>, StoreError> {
        let is_ours = |tenant: &TenantName| self.0.tenants.contains_key(tenant);
        self.0.store.claim_check(is_ours, CLAIM).await
    }
}

async fn check(registry: &Registry, tenant: &TenantName, digest: &str) -> anyhow::Result<()> {
    let policies = registry.tenant(tenant)?;
    let (Some(mut version), Some(component)) = (
        registry.0.store.version(tenant, digest).await?,
        registry.0.store.component(tenant, digest).await?,
    ) else {
        return Ok(());
    };
    let loaded = policies.loader.load(component).await;
    let report = match loaded.map_err(RegistryError::from) {
        Ok((policy, _)) => examine(policies, &version, policy).await,
        // It was let in once: what this host cannot do now, it or another one can later.
        Err(error) if !error.is_lasting() => return Err(error.into()),
        Err(error) => Err(error.into()),
    };
    version.state = match &report {
        Ok(report) if report.passed => VersionState::Checked,
        _ => VersionState::Failed,
    };
    version.facts.report = Some(match report {
        Ok(report) => serde_json::to_value(report)?,
        Err(problem) => json!({"passed": false, "problem": format!("{problem:#}")}),
    });
    keep(registry, tenant, &version).await
}

async fn examine(policies: &TenantPolicies, version: &PolicyVersion, policy: Policy) -> anyhow::Result<TestReport> {
    let terms = (policies.rules.limits.clone(), policies.rules.guards.clone());
    let cases: Vec<CaseFile> = version.facts.cases.iter().map(CaseFile::from).collect();
    let settings = version.facts.settings.clone();
    let examined =
        tokio::task::spawn_blocking(move || policy_test::examine(policy, settings, &terms.0, &terms.1, &cases));
    examined.await?
}

async fn keep(registry: &Registry, tenant: &TenantName, version: &PolicyVersion) -> anyhow::Result<()> {
    let said = json!({"policy": version.digest, "passed": version.state == VersionState::Checked});
    let entry = entry("policy.checked", &Actor::Host, said);
    if registry.0.store.keep_report(tenant, version, &entry).await? {
        tracing::info!(tenant = %tenant.0, policy = version.digest, state = version.state.name(), "policy checked");
    }
    Ok(())
}
