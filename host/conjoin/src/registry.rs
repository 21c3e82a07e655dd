//! Policies that a tenant's team brings: uploaded, checked, activated, rolled back and revoked while people are linking.
//!
//! A version is named by the SHA-256 of its component and never changes. The store keeps versions and a list of activations that only grows; the last one decides.
//! Changing it is one compare-and-set in the database, for which everything is prepared beforehand: the new version is loaded before it becomes active, and the old
//! one stays loaded. Other hosts notice within a second.
//!
//! [`Registry`] is what the admin API, its pages and the command line call, `activating` what of it changes what decides; [`tenant`] is what decides at one tenant, the domain's
//! [`Policies`](conjoin_linking::policies::Policies), `starting` what does when a host starts, `loading` gets its versions, `changing` exchanges them, `history` knows which may decide again, and `signatures` which
//! may by who signed them; `checks` tries what was uploaded, tenants taking `turns`; `shadow`, `replay` and `bench` try a version before it
//! decides; `breaker` counts failures; [`error`] is every way in which nothing changes.

mod activating;
mod bench;
mod breaker;
mod changing;
mod checks;
pub mod error;
mod history;
mod loading;
mod replay;
mod shadow;
mod signatures;
mod starting;
mod tenant;
mod turns;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use conjoin_engine::{Policy, PolicyDigest};
use conjoin_linking::audit::{Actor, AuditEntry};
use conjoin_linking::tenant::TenantName;
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, Semaphore};
use tokio::time::MissedTickBehavior;

pub use activating::{Activated, Wanted};
pub use bench::{BenchAnswer, BenchTask, Benched};
pub use error::RegistryError;
pub use replay::{ChangedDecision, Replayed};
pub(crate) use signatures::is_the_hosts;
use signatures::ships;
pub use tenant::{Rules, TenantPolicies};

use crate::store::{NewVersion, PolicyVersion, Shadow, Store, StoredCase, VersionFacts, VersionState};

/// How often the activations of other hosts are looked for.
const FOLLOW: Duration = Duration::from_millis(500);

/// How many components are compiled at once for uploads. Each can take a processor for a minute.
const UPLOADS_AT_ONCE: usize = 1;

/// How long a bench or a replay waits for those before it.
const TRIAL_WAIT: Duration = Duration::from_secs(15);

/// How long an upload waits for those before it.
const UPLOAD_WAIT: Duration = Duration::from_secs(30);

/// The policies of all tenants of this host. Cheap to clone.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    store: Store,
    tenants: BTreeMap<TenantName, Arc<TenantPolicies>>,
    uploads: Semaphore,
    /// One at a time: what is asked again can wait for who asks now.
    replays: Arc<Semaphore>,
    /// Something was uploaded.
    uploaded: Notify,
}

/// What came with an upload.
pub struct Upload {
    /// The component.
    pub component: Vec<u8>,
    /// The text of a detached signature of it, as minisign writes it.
    pub signature: Option<String>,
    /// Its cases.
    pub cases: Vec<StoredCase>,
    /// The settings that it is checked with; for a policy whose schema demands some.
    pub settings: Map<String, Value>,
}

impl Registry {
    /// For tenants whose policies are activated by upload.
    pub fn new(store: Store, tenants: Vec<Arc<TenantPolicies>>) -> Self {
        let tenants = tenants.into_iter().map(|tenant| (tenant.name.clone(), tenant));
        Self(Arc::new(Inner {
            store,
            tenants: tenants.collect(),
            uploads: Semaphore::new(UPLOADS_AT_ONCE),
            replays: Arc::new(Semaphore::new(1)),
            uploaded: Notify::new(),
        }))
    }

    /// Checks what is uploaded, and notices what other hosts activate, for as long as the host runs; and compiles what the start has left for later.
    pub async fn run(self) {
        tokio::join!(checks::run(self.clone()), self.follow(), self.see());
    }

    /// One tenant after another: a component is megabytes, and the engine compiles one at a time.
    async fn see(&self) {
        for (tenant, policies) in &self.0.tenants {
            if let Err(error) = policies.see().await {
                tracing::error!(tenant = %tenant.0, %error, "what decides could not be loaded, and is when it is asked");
            }
        }
    }

    async fn follow(&self) {
        let mut interval = tokio::time::interval(FOLLOW);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            let numbers = self.0.store.activation_numbers().await;
            let both = match numbers {
                Ok(numbers) => self.0.store.shadows().await.map(|trials| (numbers, trials)),
                Err(error) => Err(error),
            };
            let (numbers, trials) = match both {
                Ok(both) => both,
                Err(error) => {
                    tracing::error!(%error, "new activations cannot be looked for");
                    continue;
                }
            };
            for (tenant, policies) in &self.0.tenants {
                let number = numbers.get(&tenant.0).copied().unwrap_or_default();
                let trial = trials.get(&tenant.0).cloned();
                if policies.is_behind(number, trial.as_deref()) {
                    // Each by itself: what takes long at one keeps no other back.
                    let policies = policies.clone();
                    tokio::spawn(async move { policies.catch_up(number, trial.as_deref()).await });
                }
            }
        }
    }

    /// Runs something that asks a policy for nobody who waits for a link: one at a time on a host, off the threads that serve people. The place is given back when it has
    /// ended, also where nobody waits for it any more.
    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, RegistryError> {
        let permit = tokio::time::timeout(TRIAL_WAIT, self.0.replays.clone().acquire_owned()).await;
        let permit = permit
            .map_err(|_| RegistryError::Busy)?
            .map_err(|closed| RegistryError::Internal(closed.to_string()))?;
        let ran = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        ran.await.map_err(|error| RegistryError::Internal(error.to_string()))
    }

    fn tenant(&self, tenant: &TenantName) -> Result<&Arc<TenantPolicies>, RegistryError> {
        self.0.tenants.get(tenant).ok_or(RegistryError::Fixed)
    }

    /// Lets a component in, if it is one that the engine runs, to be checked. The same one again is checked again if other cases come with it; once it has decided for
    /// people, what it was checked with stays. A signature counts from then on, also of one that is there already.
    ///
    /// # Errors
    /// [`RegistryError::Rejected`] with the gate's report; [`RegistryError::Signature`], [`RegistryError::NoSigners`]; [`RegistryError::Busy`].
    pub async fn upload(
        &self,
        tenant: &TenantName,
        by: &Actor,
        upload: Upload,
    ) -> Result<(PolicyVersion, bool), RegistryError> {
        let policies = self.tenant(tenant)?;
        let (component, signature) = policies.signature(upload.component, upload.signature).await?;
        let (digest, signature) = (PolicyDigest::of(&component).to_string(), signature.as_ref());
        let known = match self.0.store.version(tenant, &digest).await {
            // While it never decided, it is written anew.
            Err(error) if error.is_lasting() => None,
            known => known?,
        };
        if let Some(known) = known {
            if known.state == VersionState::Revoked {
                return Err(RegistryError::Revoked);
            }
            let same = known.facts.cases == upload.cases && known.facts.settings == upload.settings;
            if same || self.0.store.has_decided(tenant, &digest).await? {
                return Ok((self.sign(tenant, by, &digest, signature).await?, false));
            }
        }
        let permit = tokio::time::timeout(UPLOAD_WAIT, self.0.uploads.acquire()).await;
        let _permit = permit.map_err(|_| RegistryError::Busy)?;
        let (policy, component) = policies.loader.load(component).await?;
        let facts = VersionFacts {
            cases: upload.cases,
            settings: upload.settings,
            ..described(&policy, &component, by)
        };
        let version = NewVersion {
            digest: &digest,
            component: &component,
            state: VersionState::Uploaded,
            facts: &facts,
            signature,
        };
        let entry = uploaded(&version, by);
        let new = self.0.store.keep_version(tenant, version, &entry).await?;
        self.0.uploaded.notify_one();
        // Where it decided meanwhile, it was kept as it was, and its signature is still to be.
        Ok((self.sign(tenant, by, &digest, signature).await?, new))
    }

    /// A version by its digest.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`].
    pub async fn version(&self, tenant: &TenantName, digest: &str) -> Result<PolicyVersion, RegistryError> {
        self.0
            .store
            .version(tenant, digest)
            .await?
            .ok_or(RegistryError::NotFound)
    }

    /// Begins to ask a version the same as the one that decides.
    ///
    /// # Errors
    /// As [`Registry::activate`].
    pub async fn try_out(&self, tenant: &TenantName, by: &Actor, wanted: Wanted) -> Result<Shadow, RegistryError> {
        let policies = self.tenant(tenant)?;
        let activated = policies.prepare(by, &wanted.policy, wanted.settings).await?;
        policies.try_out(by, activated).await
    }

    /// Stops asking it.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when nothing is tried.
    pub async fn stop_trying(&self, tenant: &TenantName, by: &Actor) -> Result<(), RegistryError> {
        self.tenant(tenant)?.stop_trying(by, None, "somebody stopped it").await
    }

    /// The store, for lists that need no rule.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Whether a tenant's policy is fixed by the configuration, so that nothing can be activated there.
    #[must_use]
    pub fn is_fixed(&self, tenant: &TenantName) -> bool {
        !self.0.tenants.contains_key(tenant)
    }
}

/// What a component says of itself.
fn described(policy: &Policy, component: &[u8], by: &Actor) -> VersionFacts {
    let description = policy.description();
    VersionFacts {
        name: description.name.clone(),
        version: description.version.clone(),
        summary: description.summary.clone(),
        settings_schema: serde_json::from_str(&description.settings_schema).unwrap_or_default(),
        reasons: Some(description.reasons.clone()),
        bytes: component.len() as u64,
        shipped: ships(&policy.digest().to_string()),
        by: called(by),
        cases: Vec::new(),
        settings: Map::new(),
        report: None,
    }
}

fn uploaded(version: &NewVersion<'_>, by: &Actor) -> AuditEntry {
    let (facts, signature) = (version.facts, version.signature);
    let said = json!({
        "policy": version.digest, "name": facts.name, "version": facts.version, "bytes": facts.bytes, "cases": facts.cases.len(),
        "signed_by": signature.map(|signature| &signature.key),
    });
    entry("policy.uploaded", by, said)
}

/// Who it was, for lists; the audit trail has it exactly.
fn called(by: &Actor) -> String {
    match by {
        Actor::Person(name) | Actor::Operator(name) | Actor::Token(name) => name.clone(),
        Actor::Member(account) => format!("{account} via Auth0"),
        Actor::Host => "this host".to_owned(),
    }
}

fn entry(event: &str, by: &Actor, facts: Value) -> AuditEntry {
    let facts = if let Value::Object(facts) = facts {
        facts
    } else {
        Map::new()
    };
    AuditEntry::of_tenant(event, by.clone(), facts)
}
