//! Asking a policy: off the async threads, a bounded number at a time, with a record of every decision.

use std::sync::Arc;

use conjoin_engine::{Decision, Ending};
use tokio::sync::{AcquireError, Semaphore};

use crate::journal::{DecisionRecord, Journal};
use crate::policies::Activated;
use crate::question::{Answer, Question, Reply};
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

    /// Asks, and writes down how it ended. `shadow`: the version does not decide, and what its answer is compared with.
    ///
    /// # Errors
    /// The policy's [`Ending`].
    pub async fn ask(
        &self,
        tenant: &Tenant,
        activated: &Activated,
        question: &Arc<Question>,
        shadow: Option<&Answer>,
    ) -> Result<Reply, Ending> {
        let decision = self.run(tenant, activated, question.clone()).await?;
        let answer = Answer::of(&decision.outcome);
        let record = DecisionRecord {
            transaction: question.transaction().to_owned(),
            hook: question.hook().to_owned(),
            policy: activated.policy.digest().to_string(),
            ending: decision
                .outcome
                .as_ref()
                .map_or_else(|ending| ending.code(), |_| "answered")
                .to_owned(),
            detail: decision.outcome.as_ref().err().map(ToString::to_string),
            fuel: decision.usage.fuel,
            micros: decision.usage.micros,
            log: decision.log,
            shadow: shadow.map(|was| question.differences(&tenant.guards, was, &answer)),
        };
        tracing::info!(
            hook = record.hook, policy = %record.policy, ending = %record.ending, micros = record.micros, shadow = record.shadow.is_some(),
            "policy decision"
        );
        // The decision stands whether or not it could be written down.
        if let Err(error) = self.journal.note(&tenant.name, &record).await {
            tracing::error!(%error, "a policy decision could not be recorded");
        }
        decision.outcome
    }

    /// Waits for a turn, no longer than a decision may take, and runs.
    async fn run(
        &self,
        tenant: &Tenant,
        activated: &Activated,
        question: Arc<Question>,
    ) -> Result<Decision<Reply>, Ending> {
        let turn = async {
            let own = self.own.acquire().await?;
            Ok((own, self.all.acquire().await?))
        };
        let turn = tokio::time::timeout(tenant.limits.deadline(), turn).await;
        let permits = turn
            .map_err(|_| Ending::Internal("no turn within the deadline".to_owned()))?
            .map_err(|closed: AcquireError| Ending::Internal(closed.to_string()))?;
        let (policy, limits) = (activated.policy.clone(), tenant.limits.clone());
        let ran = tokio::task::spawn_blocking(move || question.ask(&policy, &limits)).await;
        drop(permits);
        ran.map_err(|error| Ending::Internal(error.to_string()))
    }
}
