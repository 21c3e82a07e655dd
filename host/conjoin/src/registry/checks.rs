//! Trying what was uploaded: its own cases, and what every policy must do.

use std::time::Duration;

use conjoin_cases::CaseFile;
use conjoin_linking::audit::Actor;
use conjoin_linking::tenant::TenantName;
use serde_json::json;

use super::{Registry, entry};
use crate::policy_test;
use crate::store::{PolicyVersion, VersionState};

/// How often it is looked whether another host let something in, or died over it.
const LOOK: Duration = Duration::from_secs(5);

/// For how long a version is this host's to check, in seconds. Longer than the slowest policy takes for its cases and the set.
const CLAIM: i64 = 15 * 60;

/// For as long as the host runs.
pub(super) async fn run(registry: Registry) {
    loop {
        let uploaded = registry.0.uploaded.notified();
        match registry.0.store.claim_check(CLAIM).await {
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

async fn check(registry: &Registry, tenant: &TenantName, digest: &str) -> anyhow::Result<()> {
    // A tenant that this host does not know, or whose policy is fixed by now, is another host's.
    let Some(policies) = registry.0.tenants.get(tenant) else {
        return Ok(());
    };
    let (Some(mut version), Some(component)) = (
        registry.0.store.version(tenant, digest).await?,
        registry.0.store.component(tenant, digest).await?,
    ) else {
        return Ok(());
    };
    let (policy, _) = policies.load(component).await?;
    let terms = (policies.limits.clone(), policies.guards.clone());
    let cases: Vec<CaseFile> = version.facts.cases.iter().map(CaseFile::from).collect();
    let settings = version.facts.settings.clone();
    let examined =
        tokio::task::spawn_blocking(move || policy_test::examine(policy, settings, &terms.0, &terms.1, &cases));
    let report = examined.await?;
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

async fn keep(registry: &Registry, tenant: &TenantName, version: &PolicyVersion) -> anyhow::Result<()> {
    let said = json!({"policy": version.digest, "passed": version.state == VersionState::Checked});
    let entry = entry("policy.checked", &Actor::Host, said);
    if registry.0.store.keep_report(tenant, version, &entry).await? {
        tracing::info!(tenant = %tenant.0, policy = version.digest, state = version.state.name(), "policy checked");
    }
    Ok(())
}
