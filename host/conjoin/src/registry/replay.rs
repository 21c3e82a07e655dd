//! Asking a version what others were asked: which decisions would come out differently.

use std::sync::Arc;
use std::time::{Duration, Instant};

use conjoin_linking::audit::Actor;
use conjoin_linking::policies::Activated;
use conjoin_linking::question::{Answer, Exchange};
use conjoin_linking::tenant::TenantName;
use serde_json::json;

use super::error::RegistryError;
use super::{Registry, Wanted, entry};

/// How many exchanges are asked again at a time.
const BATCH: u32 = 50;

/// A page ends early after this long, so that whoever waits for it gets an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of asking again.
pub struct Replayed {
    /// How many were asked.
    pub asked: u32,
    /// Those that would come out differently.
    pub changed: Vec<ChangedDecision>,
    /// Where to go on: microseconds and id; none when all were asked.
    pub next: Option<(i64, String)>,
}

/// A decision that would come out differently.
pub struct ChangedDecision {
    /// The transaction.
    pub transaction: String,
    /// The hook.
    pub hook: &'static str,
    /// Unix microseconds.
    pub at: i64,
    /// The version that decided.
    pub policy: String,
    /// Names of keys and ids, never a value.
    pub differences: Vec<String>,
}

impl Registry {
    /// Asks a version the exchanges kept after `since`, a page of them, and compares. Nothing is written but that it was done.
    ///
    /// # Errors
    /// As [`Registry::bench`].
    pub async fn replay(
        &self,
        tenant: &TenantName,
        by: &Actor,
        wanted: Wanted,
        since: (i64, &str),
    ) -> Result<Replayed, RegistryError> {
        let policies = self.tenant(tenant)?;
        let component = policies.component_to_try(&wanted.policy).await?;
        let activated = policies.prepare_to_try(component, wanted.settings).await?;
        let kept = self.0.store.exchanges(tenant, since, BATCH).await?;
        let (began, all) = (Instant::now(), u32::try_from(kept.len()).unwrap_or(BATCH));
        let (mut asked, mut unreadable, mut last, mut changed) = (0, 0, None, Vec::new());
        for exchange in kept {
            last = Some((exchange.noted_at, exchange.id.clone()));
            let Some(was) = exchange.exchange else {
                unreadable += 1;
                continue;
            };
            changed.extend(self.again(tenant, &activated, exchange.noted_at, was).await?);
            asked += 1;
            if began.elapsed() > PATIENCE {
                break;
            }
        }
        let said = json!({"policy": activated.reference().policy, "asked": asked, "changed": changed.len()});
        self.0
            .store
            .note_event(tenant, &entry("policy.replayed", by, said))
            .await?;
        Ok(Replayed {
            asked,
            changed,
            // A page that was cut short goes on where it was.
            next: last.filter(|_| asked + unreadable < all || all == BATCH),
        })
    }

    /// One at a time, off the threads that serve people, and never more than one of a host's.
    async fn again(
        &self,
        tenant: &TenantName,
        activated: &Activated,
        at: i64,
        was: Exchange,
    ) -> Result<Option<ChangedDecision>, RegistryError> {
        let policies = self.tenant(tenant)?;
        let question = Arc::new(was.question.under(&activated.settings));
        let (asked, policy, limits) = (
            question.clone(),
            activated.policy.clone(),
            policies.rules.limits.clone(),
        );
        let decision = self.aside(move || asked.ask(&policy, &limits)).await?;
        let now = Answer::of(&decision.outcome);
        let differences = question.differences(&policies.rules.guards, &was.answer, &now);
        Ok((!differences.is_empty()).then(|| ChangedDecision {
            transaction: question.transaction().to_owned(),
            hook: question.hook().name(),
            at,
            policy: was.policy,
            differences,
        }))
    }
}
