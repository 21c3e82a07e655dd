//! What decides at one tenant.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use conjoin_engine::Limits;
use conjoin_linking::journal::JournalError;
use conjoin_linking::policies::{Activated, Heard, Policies, PolicyReference, PolicyUnavailable};
use conjoin_linking::shelf::Shelf;
use conjoin_linking::tenant::{Guards, TenantName};
use tokio::sync::Mutex;

use super::breaker::Breaker;
use super::error::RegistryError;
use super::history::History;
use super::shadow::Trial;
use crate::config::PolicyFailureConfig;
use crate::policies::Loader;
use crate::signing::Signers;
use crate::store::{Activation, Beginning, Store};

/// Changes are counted from 1.
pub(super) const NOTHING: i64 = 0;

/// How many changes are looked through for one to go back to.
const LOOKED_BACK: u32 = 100;

/// After an activation of another host could not be followed, the next try waits this long: compiling costs a processor.
pub(super) const AGAIN: Duration = Duration::from_secs(60);

/// The policies of one tenant whose team activates them by upload.
pub struct TenantPolicies {
    /// Whose.
    pub(super) name: TenantName,
    pub(super) rules: Rules,
    pub(super) store: Store,
    pub(super) loader: Loader,
    /// What decides before anything was activated.
    pub(super) default: Activated,
    pub(super) shelf: Shelf,
    pub(super) trial: Trial,
    /// Held from the change in the database until the shelf has it, so that this host follows changes in their order.
    pub(super) swapping: Mutex<()>,
    /// Held while this host follows what others did, with what it could not follow, and the time before which it does not try that again.
    pub(super) following: Mutex<Unfollowed>,
    /// Of the last change that this host follows.
    pub(super) number: AtomicI64,
    /// A change that it cannot follow, by its number, and why, for the team.
    trouble: RwLock<Option<(i64, String)>>,
    breaker: Breaker,
    /// The last change, as the host found it at its start: what is to decide by it is not compiled here yet, and has not been loaded to see whether it can be.
    pub(super) unseen: AtomicI64,
    /// For what goes on after a person has their answer, and for code that is had again.
    pub(super) me: Weak<Self>,
}

/// What could not be followed, each by itself: a trial keeps nobody from what decides, nor a change from the one after it.
#[derive(Default)]
pub(super) struct Unfollowed {
    pub(super) number: Option<(i64, Instant)>,
    trial: Option<(Option<String>, Instant)>,
}

/// What a tenant's configuration says of its policies.
pub struct Rules {
    /// What one call may cost.
    pub limits: Limits,
    /// What no policy may do.
    pub guards: Guards,
    /// Whether a second person has to agree.
    pub second_approval: bool,
    /// Whose signature a version needs before it may decide.
    pub signers: Signers,
    /// What happens when a policy keeps failing.
    pub failure: PolicyFailureConfig,
}

impl TenantPolicies {
    /// With what is active now, as `beginning` says. A version that cannot be loaded does not keep the host from starting: what the tenant chose for a policy that keeps
    /// failing decides instead, the log says so, and it is tried again for as long as the host runs.
    ///
    /// # Errors
    /// The store's.
    pub async fn start(
        beginning: Beginning,
        rules: Rules,
        store: Store,
        loader: Loader,
        default: Activated,
    ) -> Result<Arc<Self>, RegistryError> {
        let policies = Arc::new_cyclic(|me| Self {
            name: beginning.tenant.clone(),
            rules,
            store,
            loader,
            shelf: Shelf::new(default.clone()),
            default,
            trial: Trial::default(),
            swapping: Mutex::new(()),
            following: Mutex::default(),
            number: AtomicI64::new(0),
            trouble: RwLock::default(),
            unseen: AtomicI64::new(NOTHING),
            breaker: Breaker::default(),
            me: me.clone(),
        });
        policies.begin(beginning).await?;
        Ok(policies)
    }

    /// The number of the last change that this host follows.
    pub(super) fn number(&self) -> i64 {
        self.number.load(Ordering::Acquire)
    }

    /// Why this host does not follow the change with this number, which is the last; none where it does, or has not tried yet.
    pub(super) fn trouble(&self, number: i64) -> Option<String> {
        let trouble = self.trouble.read().unwrap_or_else(PoisonError::into_inner);
        let trouble = trouble
            .as_ref()
            .filter(|(failed, _)| *failed == number && number > self.number());
        trouble.map(|(_, why)| why.clone())
    }

    pub(super) fn is_in_trouble(&self, number: i64, error: &RegistryError) {
        let why = match error {
            // Nothing that the team could do about it: the log has it.
            RegistryError::Internal(_) => "this host failed at it, and its log says how".to_owned(),
            error => error.to_string(),
        };
        *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = Some((number, why));
    }

    /// What decided, as far back as anybody goes.
    pub(super) async fn history(&self) -> Result<History, RegistryError> {
        let changes = self.store.activations(&self.name, i64::MAX, LOOKED_BACK).await?;
        Ok(History::new(changes, self.default.reference().clone()))
    }

    /// Lets this decide on this host, unless a later change does.
    pub(super) fn follow(&self, number: i64, activated: Option<Activated>) {
        if number <= self.number() {
            return;
        }
        let policy = activated.as_ref().map(|activated| activated.reference().policy.clone());
        self.shelf.activate(activated);
        self.breaker.reset();
        self.number.store(number, Ordering::Release);
        tracing::info!(tenant = %self.name.0, number, policy, "policy activated");
    }

    /// Lets this decide on this host until the last change can be followed.
    pub(super) fn stand(&self, activated: Option<Activated>) {
        self.shelf.activate(activated);
        self.breaker.reset();
    }

    /// The next failure says once more that what decides keeps failing.
    pub(super) fn close_breaker(&self) {
        self.breaker.close();
    }

    /// Follows what other hosts did: what decides first. While it is at that already it does nothing, and what it could not follow a moment ago is left for later.
    pub(super) async fn catch_up(&self, number: i64, trial: Option<&str>) {
        let Ok(mut unfollowed) = self.following.try_lock() else {
            return;
        };
        let now = Instant::now();
        let waits = unfollowed
            .number
            .is_some_and(|(failed, at)| failed == number && now < at);
        if number > self.number() && !waits {
            let followed = self.follow_activation().await;
            if let Some(error) = followed.as_ref().err().filter(|error| !may_pass(error)) {
                self.is_in_trouble(number, error);
            }
            unfollowed.number = self.again(followed).map(|at| (number, at));
        }
        let tried = unfollowed.trial.as_ref();
        let waits = tried.is_some_and(|(failed, at)| failed.as_deref() == trial && now < *at);
        if self.trial.id().as_deref() != trial && !waits {
            let followed = self.follow_trial().await;
            unfollowed.trial = self.again(followed).map(|at| (trial.map(str::to_owned), at));
        }
    }

    /// When to try again; none where it worked, or may work in a moment.
    fn again(&self, followed: Result<(), RegistryError>) -> Option<Instant> {
        let error = followed.err()?;
        tracing::error!(tenant = %self.name.0, %error, "what was activated or tried cannot be followed");
        (!may_pass(&error)).then(|| Instant::now() + AGAIN)
    }

    /// Loading can take minutes, so nobody who changes something here waits for it; what they changed meanwhile is later, and stays.
    async fn follow_activation(&self) -> Result<(), RegistryError> {
        if let Some(last) = self.store.activation(&self.name).await? {
            let activated = self.activated(&last).await?;
            let _order = self.swapping.lock().await;
            self.follow(last.number, activated);
        }
        Ok(())
    }

    /// Whether another host did something that this one has not followed.
    pub(super) fn is_behind(&self, number: i64, trial: Option<&str>) -> bool {
        number > self.number() || self.trial.id().as_deref() != trial
    }

    pub(super) async fn activated(&self, change: &Activation) -> Result<Option<Activated>, RegistryError> {
        let Some(reference) = &change.facts.policy else {
            return Ok(None);
        };
        if let Some(activated) = self.at_hand(reference) {
            return Ok(Some(activated));
        }
        let settings = change.facts.settings.clone();
        Ok(Some(self.with_settings(&reference.policy, settings).await?))
    }
}

/// Whether it may work in a moment: the database was away.
pub(super) fn may_pass(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Store(error) if !error.is_lasting())
}

#[async_trait]
impl Policies for TenantPolicies {
    fn active(&self) -> Option<Activated> {
        self.shelf.active()
    }

    async fn version(&self, reference: &PolicyReference) -> Result<Activated, PolicyUnavailable> {
        self.check(reference).await?;
        self.loaded(reference).await.map_err(|error| match error {
            RegistryError::Store(error) => PolicyUnavailable::Journal(error.into()),
            error if error.is_lasting() => PolicyUnavailable::Gone,
            error => PolicyUnavailable::Journal(JournalError::Storage(error.to_string())),
        })
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

    async fn shadow_heard(&self, heard: Heard<'_>, differs: bool) {
        self.heard_shadow(heard, differs).await;
    }

    fn heard(&self, heard: Heard<'_>) {
        // Of a link that began with another version nothing follows for the one that decides.
        let decides = self.shelf.active();
        if decides.is_none_or(|decides| decides.reference() != heard.policy)
            || !self.breaker.opens(heard, self.rules.failure.after)
        {
            return;
        }
        let Some(me) = self.me.upgrade() else {
            return;
        };
        let reference = heard.policy.clone();
        tokio::spawn(async move {
            if let Err(error) = me.take_out(&reference).await {
                tracing::error!(tenant = %me.name.0, policy = reference.policy, %error, "a policy that keeps failing could not be taken out");
                me.breaker.close();
            }
        });
    }
}
