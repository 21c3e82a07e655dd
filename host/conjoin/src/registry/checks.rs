//! Trying what was uploaded: its own cases, and what every policy must do.

use std::time::Duration;

use conjoin_cases::CaseFile;
use conjoin_engine::{JailLimits, Limits, Policy};
use conjoin_linking::audit::Actor;
use conjoin_linking::conformance;
use conjoin_linking::tenant::TenantName;
use serde_json::json;

use super::error::RegistryError;
use super::tenant::TenantPolicies;
use super::turns::Turns;
use super::{Registry, entry};
use crate::policy_test::{self, TestReport};
use crate::store::{CheckClaim, PolicyVersion, StoreError, VersionState};

/// How often it is looked whether another host let something in, or died over it.
const LOOK: Duration = Duration::from_secs(5);

/// For how many seconds a version is nobody's to check after a host failed at it. Whatever was never tried goes before it, however often that happens.
const REST: i64 = 5;

/// For the bounds of what a check is made of see [`claimed_for`]; this is for reading and writing around it, and for a wait until others are compiled.
const SPARE: Duration = Duration::from_secs(60);

/// For as long as the host runs: one version at a time, since each may keep a processor busy for minutes that people's decisions need. Tenants take turns.
pub(super) async fn run(registry: Registry) {
    let mut turns = Turns::default();
    loop {
        let uploaded = registry.0.uploaded.notified();
        match registry.claim(&mut turns).await {
            Ok(Looked::Claimed(claim)) => {
                if let Err(error) = check(&registry, &claim).await {
                    tracing::error!(tenant = %claim.tenant.0, policy = claim.digest, "an uploaded policy could not be checked: {error:#}");
                    registry.give_back(&claim).await;
                }
                continue;
            }
            Ok(Looked::Missed) => continue,
            Ok(Looked::Nothing) => {}
            Err(error) => tracing::error!(%error, "uploaded policies cannot be looked for"),
        }
        let _ = tokio::time::timeout(LOOK, uploaded).await;
    }
}

/// What came of looking for something to check.
enum Looked {
    /// It is this host's.
    Claimed(CheckClaim),
    /// Another host took it first.
    Missed,
    /// Nothing waits.
    Nothing,
}

impl Registry {
    /// The next one of this host's tenants: one that it does not know, or whose policy is fixed here, is another host's.
    async fn claim(&self, turns: &mut Turns) -> Result<Looked, StoreError> {
        let mut waiting = self.0.store.waiting_checks().await?;
        waiting.retain(|(tenant, _)| self.0.tenants.contains_key(tenant));
        let Some((tenant, digest)) = turns.next(&waiting) else {
            return Ok(Looked::Nothing);
        };
        let limits = self.0.tenants.get(tenant).map(|policies| &policies.rules.limits);
        let seconds = limits.map_or(Duration::ZERO, claimed_for).as_secs();
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let claimed = self.0.store.claim_check(tenant, digest, seconds).await?;
        turns.had(tenant);
        Ok(claimed.map_or(Looked::Missed, Looked::Claimed))
    }

    /// What this host failed at is taken up again, by it or another one, after what waits behind it.
    async fn give_back(&self, claim: &CheckClaim) {
        if let Err(error) = self.0.store.give_back_check(claim, REST).await {
            // Its time ends it.
            tracing::error!(tenant = %claim.tenant.0, policy = claim.digest, %error, "a policy that could not be checked could not be given back");
        }
    }
}

/// For how long a version is this host's to check: for as long as a check can take, and little longer, since it is also for how long nobody checks what a host that
/// died had taken. A check compiles, unless it was compiled here before; runs its cases; and runs the set. Both notice their own end between two calls, so each may take one
/// call longer. Should a check take longer yet, since many others are compiled before it, another host does the same: of two reports the first is kept.
fn claimed_for(limits: &Limits) -> Duration {
    let call = limits.deadline();
    JailLimits::INTERPRETER.wall_clock + (policy_test::MAX_CASES_WALL + call) + (conformance::MAX_WALL + call) + SPARE
}

async fn check(registry: &Registry, CheckClaim { tenant, digest, .. }: &CheckClaim) -> anyhow::Result<()> {
    let policies = registry.tenant(tenant)?;
    let mut version = match registry.0.store.version(tenant, digest).await {
        Ok(Some(version)) => version,
        Ok(None) => return Ok(()),
        Err(error @ StoreError::Altered { .. }) => return give_up(registry, tenant, digest, &error).await,
        // A key or a form that this host does not know, another one may.
        Err(error) => return Err(error.into()),
    };
    let loaded = match policies.component(digest).await {
        Ok(component) => policies.loader.load(component).await.map_err(RegistryError::from),
        Err(error) => Err(error),
    };
    let report = match loaded {
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

/// Of a version whose row was altered there is nothing to check, and nothing that a report could be kept with: the trail and the log have it.
async fn give_up(registry: &Registry, tenant: &TenantName, digest: &str, error: &StoreError) -> anyhow::Result<()> {
    let said = json!({"policy": digest, "passed": false, "problem": error.to_string()});
    let entry = entry("policy.checked", &Actor::Host, said);
    if registry.0.store.fail_unreadable(tenant, digest, &entry).await? {
        tracing::error!(tenant = %tenant.0, policy = digest, %error, "an uploaded policy cannot be read, and is not checked");
    }
    Ok(())
}

async fn keep(registry: &Registry, tenant: &TenantName, version: &PolicyVersion) -> anyhow::Result<()> {
    let said = json!({"policy": version.digest, "passed": version.state == VersionState::Checked});
    let entry = entry("policy.checked", &Actor::Host, said);
    if registry.0.store.keep_report(tenant, version, &entry).await? {
        tracing::info!(tenant = %tenant.0, policy = version.digest, state = version.state.name(), "policy checked");
    }
    Ok(())
}
