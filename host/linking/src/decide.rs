//! Asking a policy: off the async threads, a bounded number at a time, with a record of every decision.

use std::sync::Arc;

use conjoin_engine::{Decision, Ending};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

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
    shadows: Shadows,
    journal: Arc<dyn Journal>,
}

/// Versions in shadow run beside the turns of people and never in one: one at a time on a host.
#[derive(Clone)]
struct Shadows {
    all: Arc<Semaphore>,
    /// One question of a tenant's runs or waits.
    own: Arc<Semaphore>,
}

/// Whose answer counts.
pub enum Role<'a> {
    /// It decides.
    Decides,
    /// It is tried: its answer is compared with this one.
    Shadow(&'a Answer, ShadowTurn),
}

/// A tenant's one place for its version in shadow.
pub struct ShadowTurn(OwnedSemaphorePermit);

impl Decider {
    /// `slots`: how many policies run at once; as many as there are threads to run them.
    pub fn new(slots: usize, journal: Arc<dyn Journal>) -> Self {
        let share = (slots / 2).max(1);
        Self {
            all: Arc::new(Semaphore::new(slots.max(1))),
            own: Arc::new(Semaphore::new(share)),
            share,
            shadows: Shadows {
                all: Arc::new(Semaphore::new(1)),
                own: Arc::new(Semaphore::new(1)),
            },
            journal,
        }
    }

    /// For another tenant of the same host.
    #[must_use]
    pub fn for_tenant(&self) -> Self {
        Self {
            own: Arc::new(Semaphore::new(self.share)),
            shadows: Shadows {
                own: Arc::new(Semaphore::new(1)),
                ..self.shadows.clone()
            },
            ..self.clone()
        }
    }

    /// The place of the tenant's version in shadow; none while it is still at another question, which it then is not asked.
    pub fn shadow_turn(&self) -> Option<ShadowTurn> {
        self.shadows.own.clone().try_acquire_owned().ok().map(ShadowTurn)
    }

    /// Asks, and writes down how it ended.
    ///
    /// # Errors
    /// The policy's [`Ending`].
    pub async fn ask(
        &self,
        tenant: &Tenant,
        activated: &Activated,
        question: &Arc<Question>,
        role: Role<'_>,
    ) -> Result<Reply, Ending> {
        let (was, turn) = match role {
            Role::Decides => (None, None),
            Role::Shadow(was, turn) => (Some(was), Some(turn)),
        };
        let decision = self.run(tenant, activated, question.clone(), turn).await?;
        let answer = Answer::of(&decision.outcome);
        let violation = decision.outcome.as_ref().ok();
        let violation = violation.and_then(|reply| question.violation(&tenant.guards, reply));
        let record = DecisionRecord {
            transaction: question.transaction().to_owned(),
            hook: question.hook().name().to_owned(),
            policy: activated.policy.digest().to_string(),
            ending: match (&decision.outcome, &violation) {
                (Err(ending), _) => ending.code(),
                (Ok(_), Some(_)) => "not-allowed",
                (Ok(_), None) => "answered",
            }
            .to_owned(),
            detail: decision.outcome.as_ref().err().map(ToString::to_string).or(violation),
            fuel: decision.usage.fuel,
            micros: decision.usage.micros,
            log: decision.log,
            accounts: question.accounts(),
            shadow: was.map(|was| question.differences(&tenant.guards, was, &answer)),
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
        shadow: Option<ShadowTurn>,
    ) -> Result<Decision<Reply>, Ending> {
        let turn = async {
            match shadow {
                Some(ShadowTurn(own)) => Ok((own, self.shadows.all.clone().acquire_owned().await?)),
                None => {
                    let own = self.own.clone().acquire_owned().await?;
                    Ok((own, self.all.clone().acquire_owned().await?))
                }
            }
        };
        let turn = tokio::time::timeout(tenant.limits.deadline(), turn).await;
        let permits = turn
            .map_err(|_| Ending::Internal("no turn within the deadline".to_owned()))?
            .map_err(|closed: AcquireError| Ending::Internal(closed.to_string()))?;
        let (policy, limits) = (activated.policy.clone(), tenant.limits.clone());
        // The turn is given back when the policy has ended, also where nobody waits for the answer any more.
        let ran = tokio::task::spawn_blocking(move || {
            let _permits = permits;
            question.ask(&policy, &limits)
        });
        ran.await.map_err(|error| Ending::Internal(error.to_string()))
    }
}
