//! Asking a policy: off the async threads, a bounded number at a time, with a record of every decision.

use std::sync::Arc;

use conjoin_engine::{Account, Candidate, Decision, Ending, Event, Limits, Plan, Policy, Suggestion};
use tokio::sync::{AcquireError, Semaphore};

use crate::journal::{DecisionRecord, Journal};
use crate::tenant::Tenant;

/// Runs policies for a tenant. However many it wants to run, half of the host's turns are left to others: each tenant waits for a turn among its own, and then among
/// all in the order of asking, where no tenant ever stands more often than it may run.
#[derive(Clone)]
pub struct Decider {
    all: Arc<Semaphore>,
    own: Arc<Semaphore>,
    share: usize,
    journal: Arc<dyn Journal>,
}

impl Decider {
    /// `slots`: how many policies run at once; as many as there are threads to run them.
    pub fn new(slots: usize, journal: Arc<dyn Journal>) -> Self {
        let share = (slots / 2).max(1);
        Self {
            all: Arc::new(Semaphore::new(slots.max(1))),
            own: Arc::new(Semaphore::new(share)),
            share,
            journal,
        }
    }

    /// For another tenant of the same host.
    #[must_use]
    pub fn for_tenant(&self) -> Self {
        Self {
            own: Arc::new(Semaphore::new(self.share)),
            ..self.clone()
        }
    }

    /// Which of `found` to offer.
    ///
    /// # Errors
    /// The policy's [`Ending`].
    pub async fn select_candidates(
        &self,
        tenant: &Tenant,
        policy: &Policy,
        event: Event,
        current: Account,
        found: Vec<Candidate>,
    ) -> Result<Vec<Suggestion>, Ending> {
        let transaction = event.transaction_id.clone();
        let run = move |policy: &Policy, limits: &Limits| policy.select_candidates(&event, &current, &found, limits);
        self.decide(tenant, policy, "select-candidates", transaction, run).await
    }

    /// How the secondary's metadata goes into the primary's.
    ///
    /// # Errors
    /// The policy's [`Ending`].
    pub async fn merge(
        &self,
        tenant: &Tenant,
        policy: &Policy,
        event: Event,
        primary: Account,
        secondary: Account,
    ) -> Result<Plan, Ending> {
        let transaction = event.transaction_id.clone();
        let run = move |policy: &Policy, limits: &Limits| policy.merge(&event, &primary, &secondary, limits);
        self.decide(tenant, policy, "merge", transaction, run).await
    }

    /// Waits for a slot, no longer than a decision may take, runs, and records how it ended.
    async fn decide<T: Send + 'static>(
        &self,
        tenant: &Tenant,
        policy: &Policy,
        hook: &'static str,
        transaction: String,
        run: impl FnOnce(&Policy, &Limits) -> Decision<T> + Send + 'static,
    ) -> Result<T, Ending> {
        let turn = async {
            let own = self.own.acquire().await?;
            Ok((own, self.all.acquire().await?))
        };
        let turn = tokio::time::timeout(tenant.limits.deadline(), turn).await;
        let permits = turn
            .map_err(|_| Ending::Internal("no turn within the deadline".to_owned()))?
            .map_err(|closed: AcquireError| Ending::Internal(closed.to_string()))?;
        let (running, limits) = (policy.clone(), tenant.limits.clone());
        let ran = tokio::task::spawn_blocking(move || run(&running, &limits)).await;
        drop(permits);
        let decision = ran.map_err(|error| Ending::Internal(error.to_string()))?;
        let record = DecisionRecord {
            transaction,
            hook: hook.to_owned(),
            policy: policy.digest().to_string(),
            ending: decision
                .outcome
                .as_ref()
                .map_or_else(|ending| ending.code(), |_| "answered")
                .to_owned(),
            detail: decision.outcome.as_ref().err().map(ToString::to_string),
            fuel: decision.usage.fuel,
            micros: decision.usage.micros,
            log: decision.log,
        };
        tracing::info!(hook, policy = %record.policy, ending = %record.ending, micros = record.micros, "policy decision");
        // The decision stands whether or not it could be written down.
        if let Err(error) = self.journal.note(&tenant.name, &record).await {
            tracing::error!(%error, "a policy decision could not be recorded");
        }
        decision.outcome
    }
}
