//! Policies that a tenant's team brings: uploaded, checked, activated, rolled back and revoked while people are linking.
//!
//! A version is named by the SHA-256 of its component and never changes. The store keeps versions and a list of activations that only grows; the last one decides.
//! Changing it is one compare-and-set in the database, for which everything is prepared beforehand: the new version is loaded before it becomes active, and the old
//! one stays loaded. Other hosts notice within a second.
//!
//! [`Registry`] is what the admin API, its pages and the command line call; [`tenant`] is what decides at one tenant, the domain's
//! [`Policies`](conjoin_linking::policies::Policies), `loading` gets its versions, `changing` exchanges them, and `history` knows which may decide again; `checks` tries
//! what was uploaded; `shadow`, `replay` and `bench` try a version before it
//! decides; `breaker` counts failures; [`error`] is every way in which nothing changes.

mod bench;
mod breaker;
mod changing;
mod checks;
pub mod error;
mod history;
mod loading;
mod replay;
mod shadow;
mod tenant;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use conjoin_engine::{Policy, PolicyDigest};
use conjoin_linking::audit::{Actor, AuditEntry};
use conjoin_linking::tenant::TenantName;
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, Semaphore};
use tokio::time::MissedTickBehavior;

pub use bench::{BenchAnswer, BenchTask, Benched};
pub use error::RegistryError;
pub use replay::{ChangedDecision, Replayed};
pub use tenant::{Rules, TenantPolicies};

use changing::Change;

use crate::store::{
    Activation, ActivationFacts, ActivationKind, PolicyVersion, Proposal, ProposalFacts, Shadow, Store, StoredCase,
    VersionFacts, VersionState,
};

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
    /// Its cases.
    pub cases: Vec<StoredCase>,
    /// The settings that it is checked with; for a policy whose schema demands some.
    pub settings: Map<String, Value>,
}

/// What is to decide.
pub struct Wanted {
    /// A digest of a checked version, or the name of a shipped policy.
    pub policy: String,
    /// Its settings.
    pub settings: Map<String, Value>,
    /// The number of the change that it comes after: 0 for the first.
    pub expected: i64,
}

/// What came of an activation.
pub enum Activated {
    /// It decides.
    Now(Activation),
    /// It waits for the word of a second person.
    Proposed(Proposal),
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

    /// Checks what is uploaded, and notices what other hosts activate, for as long as the host runs.
    pub async fn run(self) {
        tokio::join!(checks::run(self.clone()), self.follow());
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
    /// people, what it was checked with stays.
    ///
    /// # Errors
    /// [`RegistryError::Rejected`] with the gate's report; [`RegistryError::Busy`].
    pub async fn upload(
        &self,
        tenant: &TenantName,
        by: &Actor,
        upload: Upload,
    ) -> Result<(PolicyVersion, bool), RegistryError> {
        let policies = self.tenant(tenant)?;
        let digest = PolicyDigest::of(&upload.component).to_string();
        if self.0.store.is_revoked(tenant, &digest).await? {
            return Err(RegistryError::Revoked);
        }
        if let Some(known) = self.0.store.version(tenant, &digest).await? {
            let same = known.facts.cases == upload.cases && known.facts.settings == upload.settings;
            if same || self.0.store.has_decided(tenant, &digest).await? {
                return Ok((known, false));
            }
        }
        let permit = tokio::time::timeout(UPLOAD_WAIT, self.0.uploads.acquire()).await;
        let _permit = permit.map_err(|_| RegistryError::Busy)?;
        let (policy, component) = policies.loader.load(upload.component).await?;
        let facts = VersionFacts {
            cases: upload.cases,
            settings: upload.settings,
            ..described(&policy, &component, by)
        };
        let entry = uploaded(&digest, &facts, by);
        let state = VersionState::Uploaded;
        let new = self
            .0
            .store
            .keep_version(tenant, &digest, &component, state, &facts, &entry)
            .await?;
        self.0.uploaded.notify_one();
        Ok((self.version(tenant, &digest).await?, new))
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

    /// What decides at a tenant: the last change, or, numbered 0, what decides before the first.
    ///
    /// # Errors
    /// The store's; [`RegistryError::Fixed`].
    pub async fn active(&self, tenant: &TenantName) -> Result<Activation, RegistryError> {
        let default = &self.tenant(tenant)?.default;
        let activation = self.0.store.activation(tenant).await?;
        Ok(activation.unwrap_or_else(|| Activation {
            number: 0,
            at: 0,
            facts: ActivationFacts {
                policy: Some(default.reference().clone()),
                settings: (*default.settings).clone(),
                by: called(&Actor::Host),
                kind: ActivationKind::Default,
            },
        }))
    }

    /// Makes a version decide, or proposes it where a second person has to agree. `token` is whose wish it is, by its id or as `auth0:` and an account's.
    ///
    /// # Errors
    /// [`RegistryError::Changed`] when something else was activated meanwhile; [`RegistryError::NotChecked`], [`RegistryError::Settings`].
    pub async fn activate(
        &self,
        tenant: &TenantName,
        by: &Actor,
        token: &str,
        wanted: Wanted,
    ) -> Result<Activated, RegistryError> {
        let policies = self.tenant(tenant)?;
        let activated = policies.prepare(by, &wanted.policy, wanted.settings.clone()).await?;
        if policies.rules.second_approval {
            let number = self.active(tenant).await?.number;
            if number != wanted.expected {
                return Err(RegistryError::Changed(number));
            }
            let facts = ProposalFacts {
                policy: activated.reference().policy.clone(),
                settings: wanted.settings,
                expected: wanted.expected,
                by: called(by),
                token: token.to_owned(),
            };
            let entry = entry("policy.proposed", by, json!({"policy": facts.policy}));
            return Ok(Activated::Proposed(
                self.0.store.keep_proposal(tenant, &facts, &entry).await?,
            ));
        }
        let change = Change::by(by, ActivationKind::Activate, "policy.activated");
        let change = policies.swap(wanted.expected, Some(activated), change).await?;
        Ok(Activated::Now(change))
    }

    /// A second person agrees to a proposal, which is then carried out.
    ///
    /// # Errors
    /// [`RegistryError::SamePerson`], [`RegistryError::NotFound`]; [`RegistryError::Changed`] when something else was activated since it was proposed.
    pub async fn approve(
        &self,
        tenant: &TenantName,
        by: &Actor,
        token: &str,
        id: &str,
    ) -> Result<Activation, RegistryError> {
        let policies = self.tenant(tenant)?;
        let proposal = self.0.store.proposal(tenant, id).await?;
        let proposal = proposal.ok_or(RegistryError::NotFound)?;
        if proposal.facts.token == token {
            return Err(RegistryError::SamePerson);
        }
        let activated = policies
            .prepare(by, &proposal.facts.policy, proposal.facts.settings)
            .await?;
        // Two who approve at once want the same number: one of them gets it.
        let change = Change::by(by, ActivationKind::Activate, "policy.approved");
        let change = Change {
            proposal: Some(id),
            ..change
        };
        policies.swap(proposal.facts.expected, Some(activated), change).await
    }

    /// Takes a proposal back.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where it is not open.
    pub async fn withdraw(&self, tenant: &TenantName, by: &Actor, id: &str) -> Result<(), RegistryError> {
        let said = entry("policy.withdrawn", by, json!({"proposal": id}));
        if self.0.store.withdraw_proposal(tenant, id, &said).await? {
            Ok(())
        } else {
            Err(RegistryError::NotFound)
        }
    }

    /// Goes back to what was good before, or to what decided since the change numbered `to`. What somebody went back from is not gone back to, unless it is named.
    ///
    /// # Errors
    /// [`RegistryError::NothingBefore`], [`RegistryError::Changed`].
    pub async fn roll_back(
        &self,
        tenant: &TenantName,
        by: &Actor,
        expected: Option<i64>,
        to: Option<i64>,
    ) -> Result<Activation, RegistryError> {
        let policies = self.tenant(tenant)?;
        let history = policies.history().await?;
        let number = history.number();
        if expected.is_some_and(|expected| expected != number) {
            return Err(RegistryError::Changed(number));
        }
        let target = match to {
            Some(to) => policies.first_usable(history.at(to)).await?,
            None => policies.first_usable(history.good_before()).await?,
        };
        let target = target.ok_or(RegistryError::NothingBefore)?;
        let change = Change::by(by, ActivationKind::Rollback, "policy.rolled_back");
        policies.swap(number, Some(target), change).await
    }

    /// Takes a version back for ever: previews that it made can no longer be confirmed, and if it decides, what decided before does again.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for what is not uploaded, or revoked already.
    pub async fn revoke(&self, tenant: &TenantName, by: &Actor, digest: &str) -> Result<(), RegistryError> {
        let policies = self.tenant(tenant)?;
        policies.revoke(by, digest).await
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
        bytes: component.len() as u64,
        by: called(by),
        cases: Vec::new(),
        settings: Map::new(),
        report: None,
    }
}

fn uploaded(digest: &str, facts: &VersionFacts, by: &Actor) -> AuditEntry {
    let said = json!({
        "policy": digest, "name": facts.name, "version": facts.version, "bytes": facts.bytes, "cases": facts.cases.len(),
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
