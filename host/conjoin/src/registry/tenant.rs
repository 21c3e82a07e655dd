//! What decides at one tenant.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use conjoin_auth0::UserId;
use conjoin_engine::{Engine, Limits, Policy, PolicyDigest};
use conjoin_linking::audit::Actor;
use conjoin_linking::journal::JournalError;
use conjoin_linking::notice::Notice;
use conjoin_linking::policies::{Activated, Outcome, Policies, PolicyReference, PolicyUnavailable};
use conjoin_linking::shelf::Shelf;
use conjoin_linking::tenant::{Guards, TenantName};
use conjoin_policies::Shipped;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::breaker::Breaker;
use super::error::RegistryError;
use super::shadow::Trial;
use super::{LOOKED_BACK, called, described, entry, uploaded};
use crate::config::{Fallback, PolicyFailureConfig};
use crate::policies::settings;
use crate::store::{Activation, ActivationFacts, ActivationKind, Store, Swapped, VersionState};
use crate::telemetry;

/// After an activation of another host could not be followed, the next try waits this long: compiling costs a processor.
const AGAIN: Duration = Duration::from_secs(60);

/// The policies of one tenant whose team activates them by upload.
pub struct TenantPolicies {
    /// Whose.
    pub(super) name: TenantName,
    pub(super) limits: Limits,
    pub(super) guards: Guards,
    pub(super) second_approval: bool,
    pub(super) failure: PolicyFailureConfig,
    pub(super) store: Store,
    pub(super) trial: Trial,
    engine: Engine,
    /// What decides before anything was activated.
    default: Activated,
    shelf: Shelf,
    /// Of the last change that this host follows.
    number: AtomicI64,
    /// Held from the change in the database until the shelf has it, so that this host follows changes in their order.
    swapping: Mutex<Option<Instant>>,
    breaker: Breaker,
}

/// What a tenant's configuration says of its policies.
pub struct Rules {
    /// What one call may cost.
    pub limits: Limits,
    /// What no policy may do.
    pub guards: Guards,
    /// Whether a second person has to agree.
    pub second_approval: bool,
    /// What happens when a policy keeps failing.
    pub failure: PolicyFailureConfig,
}

impl TenantPolicies {
    /// With what is active now. A version that cannot be loaded any more does not keep the host from starting: what the tenant chose for a policy that keeps failing
    /// decides instead, and the log says so.
    ///
    /// # Errors
    /// The store's.
    pub async fn start(
        name: TenantName,
        rules: Rules,
        store: Store,
        engine: Engine,
        default: Activated,
    ) -> Result<Arc<Self>, RegistryError> {
        let policies = Self {
            name,
            limits: rules.limits,
            guards: rules.guards,
            second_approval: rules.second_approval,
            failure: rules.failure,
            store,
            trial: Trial::default(),
            engine,
            shelf: Shelf::new(default.clone()),
            default,
            number: AtomicI64::new(0),
            swapping: Mutex::new(None),
            breaker: Breaker::default(),
        };
        let changes = policies
            .store
            .activations(&policies.name, i64::MAX, LOOKED_BACK)
            .await?;
        if let Some(last) = changes.first() {
            let activated = match policies.loaded(last.facts.policy.as_ref()).await {
                Ok(activated) => activated,
                Err(error) => {
                    tracing::error!(tenant = %policies.name.0, %error, "the active policy cannot be loaded");
                    policies.instead(&changes).await?
                }
            };
            policies.shelf.activate(activated);
            policies.number.store(last.number, Ordering::Release);
        }
        Ok(Arc::new(policies))
    }

    /// The number of the last change that this host follows.
    pub(super) fn number(&self) -> i64 {
        self.number.load(Ordering::Acquire)
    }

    /// Loads a component, off the threads that serve people; gives it back.
    pub(super) async fn load(&self, component: Vec<u8>) -> Result<(Policy, Vec<u8>), RegistryError> {
        let engine = self.engine.clone();
        let loaded = tokio::task::spawn_blocking(move || (engine.load(&component), component)).await;
        let (policy, component) = loaded.map_err(|error| RegistryError::Internal(error.to_string()))?;
        match policy {
            Ok(policy) => Ok((policy, component)),
            Err(rejection) => Err(RegistryError::Rejected(Box::new(rejection))),
        }
    }

    /// Loads what is to be activated, and checks its settings.
    pub(super) async fn prepare(
        &self,
        by: &Actor,
        policy: &str,
        settings: Map<String, Value>,
    ) -> Result<Activated, RegistryError> {
        let component = match conjoin_policies::by_name(policy) {
            Some(shipped) => self.shipped(by, shipped).await?,
            None => self.checked(policy).await?,
        };
        let (policy, _) = self.load(component).await?;
        settings::check(&policy, &settings).map_err(|problem| RegistryError::Settings(format!("{problem:#}")))?;
        Ok(Activated::new(policy, settings))
    }

    /// A policy that ships with this host, kept as a version of the tenant's: the next release of the host may ship another one under the name.
    async fn shipped(&self, by: &Actor, shipped: &Shipped) -> Result<Vec<u8>, RegistryError> {
        let digest = PolicyDigest::of(shipped.component).to_string();
        match self.store.version(&self.name, &digest).await? {
            Some(version) if version.state == VersionState::Revoked => return Err(RegistryError::Revoked),
            Some(version) if version.state == VersionState::Checked => return Ok(shipped.component.to_vec()),
            _ => {}
        }
        let (policy, component) = self.load(shipped.component.to_vec()).await?;
        let facts = described(&policy, &component, by);
        let (state, entry) = (VersionState::Checked, uploaded(&digest, &facts, by));
        self.store
            .keep_version(&self.name, &digest, &component, state, &facts, &entry)
            .await?;
        Ok(component)
    }

    async fn checked(&self, digest: &str) -> Result<Vec<u8>, RegistryError> {
        let version = self
            .store
            .version(&self.name, digest)
            .await?
            .ok_or(RegistryError::NotFound)?;
        match version.state {
            VersionState::Checked => {}
            VersionState::Revoked => return Err(RegistryError::Revoked),
            other => return Err(RegistryError::NotChecked(other)),
        }
        let component = self.store.component(&self.name, digest).await?;
        component.ok_or(RegistryError::NotFound)
    }

    /// Makes `activated` decide, or nothing, in the database and on this host.
    pub(super) async fn swap(
        &self,
        expected: i64,
        activated: Option<Activated>,
        kind: ActivationKind,
        by: &Actor,
        event: &str,
        notice: Option<&Notice>,
    ) -> Result<Activation, RegistryError> {
        self.keep_default(activated.as_ref(), by).await?;
        let facts = facts(activated.as_ref(), kind, by);
        let entry = entry(event, by, said(&facts, expected));
        let _order = self.swapping.lock().await;
        match self
            .store
            .activate(&self.name, expected, &facts, &entry, notice)
            .await?
        {
            Swapped::Now(number) => {
                self.follow(number, activated);
                Ok(Activation {
                    number,
                    at: conjoin_linking::clock::now(),
                    facts,
                })
            }
            Swapped::Meanwhile(number) => Err(RegistryError::Changed(number)),
            Swapped::NotChecked => Err(RegistryError::Revoked),
        }
    }

    /// What decides before anything is activated comes with the host: once it is named by an activation it is kept like any other.
    async fn keep_default(&self, activated: Option<&Activated>, by: &Actor) -> Result<(), RegistryError> {
        let default = self.default.policy.digest();
        if activated.is_some_and(|activated| activated.policy.digest() == default) {
            self.shipped(by, &conjoin_policies::JOINED).await?;
        }
        Ok(())
    }

    /// What decides before anything is activated.
    pub(super) fn default(&self) -> &Activated {
        &self.default
    }

    fn follow(&self, number: i64, activated: Option<Activated>) {
        if number <= self.number() {
            return;
        }
        let policy = activated
            .as_ref()
            .map(|activated| activated.policy.digest().to_string());
        self.shelf.activate(activated);
        self.number.store(number, Ordering::Release);
        tracing::info!(tenant = %self.name.0, number, policy, "policy activated");
    }

    /// Follows what another host changed.
    pub(super) async fn catch_up(&self) {
        let mut not_before = self.swapping.lock().await;
        if not_before.is_some_and(|not_before| Instant::now() < not_before) {
            return;
        }
        let followed = async {
            let Some(last) = self.store.activation(&self.name).await? else {
                return Ok(());
            };
            if last.number > self.number() {
                let activated = self.loaded(last.facts.policy.as_ref()).await?;
                self.follow(last.number, activated);
            }
            Ok::<_, RegistryError>(())
        };
        *not_before = match followed.await {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(tenant = %self.name.0, %error, "an activation of another host cannot be followed");
                Some(Instant::now() + AGAIN)
            }
        };
    }

    /// What a reference names, loaded: from the shelf, or from where it is kept.
    async fn loaded(&self, reference: Option<&PolicyReference>) -> Result<Option<Activated>, RegistryError> {
        let Some(reference) = reference else {
            return Ok(None);
        };
        if let Some(activated) = self.shelf.loaded(reference) {
            return Ok(Some(activated));
        }
        if *reference == self.default.reference() {
            return Ok(Some(self.default.clone()));
        }
        let activation = self.store.activation_of(&self.name, reference).await?;
        let settings = activation.ok_or(RegistryError::NotFound)?.facts.settings;
        let activated = self.with_settings(reference, settings).await?;
        self.shelf.keep(activated.clone());
        Ok(Some(activated))
    }

    /// A version that is kept, with settings that were checked.
    pub(super) async fn with_settings(
        &self,
        reference: &PolicyReference,
        settings: Map<String, Value>,
    ) -> Result<Activated, RegistryError> {
        let component = self.store.component(&self.name, &reference.policy).await?;
        let (policy, _) = self.load(component.ok_or(RegistryError::NotFound)?).await?;
        Ok(Activated::new(policy, settings))
    }

    /// What decided at the change numbered `to`; 0 is what decides before anything was activated.
    pub(super) async fn at(&self, changes: &[Activation], to: i64) -> Result<Option<Activated>, RegistryError> {
        if to == 0 {
            return Ok(Some(self.default.clone()));
        }
        let change = changes.iter().find(|change| change.number == to);
        let reference = change.and_then(|change| change.facts.policy.as_ref());
        self.usable(reference).await
    }

    /// What decided before the last change and is another than what decides now, of those that `fits` lets through, the latest first. What was left by going back, by a
    /// revocation or because it kept failing is not what anyone wants back: the last time that a version decided says which it is.
    pub(super) async fn before(
        &self,
        changes: &[Activation],
        fits: impl Fn(&Activation) -> bool + Send,
    ) -> Result<Option<Activated>, RegistryError> {
        let Some(last) = changes.first() else {
            return Ok(None);
        };
        let now = last.facts.policy.as_ref();
        let mut looked_at: Vec<&PolicyReference> = now.into_iter().collect();
        let mut left = false;
        let default = self.default.reference();
        for (change, next) in changes.iter().skip(1).zip(changes) {
            let Some(reference) = change.facts.policy.as_ref().filter(|one| !looked_at.contains(one)) else {
                continue;
            };
            looked_at.push(reference);
            if is_left(next.facts.kind) {
                left |= *reference == default;
                continue;
            }
            if fits(change)
                && let Some(activated) = self.usable(Some(reference)).await?
            {
                return Ok(Some(activated));
            }
        }
        Ok((now != Some(&default) && !left).then(|| self.default.clone()))
    }

    /// Loaded, unless it was revoked.
    async fn usable(&self, reference: Option<&PolicyReference>) -> Result<Option<Activated>, RegistryError> {
        let Some(reference) = reference else {
            return Ok(None);
        };
        if self.store.is_revoked(&self.name, &reference.policy).await? {
            return Ok(None);
        }
        match self.loaded(Some(reference)).await {
            Err(error @ (RegistryError::Rejected(_) | RegistryError::NotFound)) => {
                tracing::error!(tenant = %self.name.0, policy = reference.policy, %error, "a version of before cannot be loaded");
                Ok(None)
            }
            loaded => loaded,
        }
    }

    /// What decides in the place of the last change, as the tenant has chosen.
    async fn instead(&self, changes: &[Activation]) -> Result<Option<Activated>, RegistryError> {
        match self.failure.then {
            Fallback::OfferNothing => Ok(None),
            // What the breaker took out once is not what worked: it is what a breaker's change came after.
            Fallback::LastGood => {
                let taken_out = |number: i64| {
                    changes
                        .iter()
                        .any(|change| change.number == number + 1 && change.facts.kind == ActivationKind::Breaker)
                };
                self.before(changes, |change| !taken_out(change.number)).await
            }
        }
    }

    /// Takes out what keeps failing.
    async fn take_out(&self, reference: &PolicyReference) -> Result<(), RegistryError> {
        let changes = self.store.activations(&self.name, i64::MAX, LOOKED_BACK).await?;
        let (number, decides) = match changes.first() {
            Some(last) => (last.number, last.facts.policy.clone()),
            None => (0, Some(self.default.reference())),
        };
        // Somebody else did something about it.
        if decides.as_ref() != Some(reference) {
            return Ok(());
        }
        let instead = self.instead(&changes).await?;
        let named = instead.as_ref().map(|instead| instead.policy.digest().to_string());
        let notice = Notice::policy_taken_out(&reference.policy, named.as_deref());
        let (kind, event) = (ActivationKind::Breaker, "policy.taken_out");
        self.swap(number, instead, kind, &Actor::Host, event, Some(&notice))
            .await?;
        telemetry::taken_out(&self.name);
        tracing::error!(tenant = %self.name.0, policy = reference.policy, "a policy that kept failing was taken out");
        Ok(())
    }

    /// Revokes a version, and puts what decided before it in its place if it decides.
    pub(super) async fn revoke(&self, by: &Actor, digest: &str) -> Result<(), RegistryError> {
        let order = self.swapping.lock().await;
        let changes = self.store.activations(&self.name, i64::MAX, LOOKED_BACK).await?;
        let last = changes.first();
        let decides = last
            .and_then(|last| last.facts.policy.as_ref())
            .is_some_and(|now| now.policy == digest);
        let instead = match last.filter(|_| decides) {
            Some(last) => {
                let other = |change: &Activation| change.facts.policy.as_ref().is_some_and(|one| one.policy != digest);
                let activated = self.before(&changes, other).await?;
                self.keep_default(activated.as_ref(), by).await?;
                Some((
                    last.number,
                    facts(activated.as_ref(), ActivationKind::Revoke, by),
                    activated,
                ))
            }
            None => None,
        };
        let entry = entry("policy.revoked", by, json!({"policy": digest, "decided": decides}));
        let change = instead.as_ref().map(|(expected, facts, _)| (*expected, facts));
        let swapped = self.store.revoke(&self.name, digest, change, &entry).await?;
        match swapped.ok_or(RegistryError::NotFound)? {
            Swapped::Now(number) => {
                if let Some((_, _, activated)) = instead {
                    self.follow(number, activated);
                }
                drop(order);
                Ok(())
            }
            Swapped::Meanwhile(number) => Err(RegistryError::Changed(number)),
            Swapped::NotChecked => Err(RegistryError::Revoked),
        }
    }
}

fn facts(activated: Option<&Activated>, kind: ActivationKind, by: &Actor) -> ActivationFacts {
    ActivationFacts {
        policy: activated.map(Activated::reference),
        settings: activated
            .map(|activated| (*activated.settings).clone())
            .unwrap_or_default(),
        by: called(by),
        kind,
    }
}

/// Whether a change was made to be rid of what decided until then.
fn is_left(change: ActivationKind) -> bool {
    match change {
        ActivationKind::Rollback | ActivationKind::Revoke | ActivationKind::Breaker => true,
        ActivationKind::Default | ActivationKind::Activate => false,
    }
}

/// For the audit trail: never a setting's value.
fn said(facts: &ActivationFacts, expected: i64) -> Value {
    let policy = facts.policy.as_ref();
    json!({
        "policy": policy.map(|reference| &reference.policy),
        "settings": policy.map(|reference| &reference.settings),
        "after": expected,
    })
}

#[async_trait]
impl Policies for TenantPolicies {
    fn active(&self) -> Option<Activated> {
        self.shelf.active()
    }

    async fn version(&self, reference: &PolicyReference) -> Result<Activated, PolicyUnavailable> {
        self.check(reference).await?;
        match self.loaded(Some(reference)).await {
            Ok(Some(activated)) => Ok(activated),
            Ok(None) | Err(RegistryError::NotFound | RegistryError::Rejected(_)) => Err(PolicyUnavailable::Gone),
            Err(RegistryError::Store(error)) => Err(PolicyUnavailable::Journal(error.into())),
            Err(error) => Err(PolicyUnavailable::Journal(JournalError::Storage(error.to_string()))),
        }
    }

    async fn check(&self, reference: &PolicyReference) -> Result<(), PolicyUnavailable> {
        let revoked = self.store.is_revoked(&self.name, &reference.policy).await;
        if revoked.map_err(JournalError::from)? {
            return Err(PolicyUnavailable::Revoked);
        }
        Ok(())
    }

    fn shadow(&self) -> Option<Activated> {
        self.trial.activated()
    }

    async fn shadow_heard(&self, reference: &PolicyReference, subject: &UserId, outcome: Outcome, differs: bool) {
        self.heard_shadow(reference, subject, outcome, differs).await;
    }

    async fn heard(&self, reference: &PolicyReference, subject: &UserId, outcome: Outcome) {
        if self
            .breaker
            .opens(reference, subject.as_ref(), outcome, self.failure.after)
            && let Err(error) = self.take_out(reference).await
        {
            tracing::error!(tenant = %self.name.0, policy = reference.policy, %error, "a policy that keeps failing could not be taken out");
        }
    }
}
