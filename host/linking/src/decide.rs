//! Asking a policy: off the async threads, a bounded number at a time, with a record of every decision.

use std::sync::Arc;

use conjoin_engine::{Decision, DecisionLog, Ending, Usage};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::journal::{DecisionRecord, Journal};
use crate::policies::{Activated, Outcome};
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
pub enum Role {
    /// It decides.
    Decides,
    /// It is tried: its answer is compared with this one.
    Shadow(Answer, ShadowTurn),
}

/// What came of asking.
pub struct Asked {
    /// The answer, or how the call ended without one.
    pub outcome: Result<Reply, Ending>,
    /// The same, for judging a version in shadow: an answer that no policy may give is a failure. What decides is judged by what is made of its answer.
    pub judged: Outcome,
    /// Of a version in shadow: how its answer differs from that of the one that decided.
    pub differences: Vec<String>,
}

/// A decision, and what the tenant's rules make of it.
struct Judged {
    decision: Decision<Reply>,
    /// In what the answer goes beyond what any policy may do.
    violation: Option<String>,
    /// Of a version in shadow.
    differences: Option<Vec<String>>,
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
    pub async fn ask(&self, tenant: &Tenant, activated: &Activated, question: &Arc<Question>, role: Role) -> Asked {
        let tried = matches!(role, Role::Shadow(..));
        let Judged {
            decision,
            violation,
            differences,
        } = match self.run(tenant, activated, question.clone(), role).await {
            Ok(judged) => judged,
            // Nobody was to hear of it, and nothing was compared that could be written down.
            Err(ending) if tried => {
                tracing::warn!(policy = %activated.policy.digest(), %ending, "a policy in shadow was not asked");
                return Asked {
                    judged: Outcome::from(&ending),
                    outcome: Err(ending),
                    differences: Vec::new(),
                };
            }
            Err(ending) => Judged {
                decision: Decision {
                    outcome: Err(ending),
                    usage: Usage::default(),
                    log: DecisionLog::default(),
                },
                violation: None,
                differences: None,
            },
        };
        let (ending, outcome) = match (&decision.outcome, &violation) {
            (Err(ending), _) => (ending.code(), Outcome::from(ending)),
            (Ok(_), Some(_)) => ("not-allowed", Outcome::Failed),
            (Ok(_), None) => ("answered", Outcome::Decided),
        };
        let record = DecisionRecord {
            transaction: question.transaction().to_owned(),
            hook: question.hook().name().to_owned(),
            policy: activated.policy.digest().to_string(),
            ending: ending.to_owned(),
            detail: decision.outcome.as_ref().err().map(ToString::to_string).or(violation),
            fuel: decision.usage.fuel,
            micros: decision.usage.micros,
            memory_bytes: decision.usage.peak_memory_bytes,
            log: decision.log,
            accounts: question.accounts(),
            shadow: differences.clone(),
        };
        tracing::info!(
            hook = record.hook, policy = %record.policy, ending = %record.ending, micros = record.micros, shadow = record.shadow.is_some(),
            "policy decision"
        );
        // The decision stands whether or not it could be written down.
        if let Err(error) = self.journal.note(&tenant.name, &record).await {
            tracing::error!(%error, "a policy decision could not be recorded");
        }
        Asked {
            outcome: decision.outcome,
            judged: outcome,
            differences: differences.unwrap_or_default(),
        }
    }

    /// Waits for a turn, no longer than a decision may take, and runs.
    async fn run(
        &self,
        tenant: &Tenant,
        activated: &Activated,
        question: Arc<Question>,
        role: Role,
    ) -> Result<Judged, Ending> {
        let (was, shadow) = match role {
            Role::Decides => (None, None),
            Role::Shadow(was, turn) => (Some(was), Some(turn)),
        };
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
        let (policy, limits, guards) = (activated.policy.clone(), tenant.limits.clone(), tenant.guards.clone());
        // Judging merges both accounts too, so it is done here as well. The turn is given back at the end, also where nobody waits for the answer any more.
        let ran = tokio::task::spawn_blocking(move || {
            let _permits = permits;
            let decision = question.ask(&policy, &limits);
            let reply = decision.outcome.as_ref().ok();
            Judged {
                violation: reply.and_then(|reply| question.violation(&guards, reply)),
                differences: was.map(|was| question.differences(&guards, &was, &Answer::of(&decision.outcome))),
                decision,
            }
        });
        ran.await.map_err(|error| Ending::Internal(error.to_string()))
    }
}
