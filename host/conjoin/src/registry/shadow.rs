//! A version in shadow: asked the same as the one that decides, and decides nothing.

use std::sync::{Arc, PoisonError, RwLock};

use conjoin_auth0::UserId;
use conjoin_linking::audit::Actor;
use conjoin_linking::policies::{Activated, Outcome, PolicyReference};
use serde_json::json;

use super::breaker::Breaker;
use super::error::RegistryError;
use super::tenant::TenantPolicies;
use super::{called, entry};
use crate::store::{Shadow, ShadowFacts};

/// The trial that this host takes part in.
#[derive(Default)]
pub(super) struct Trial {
    running: RwLock<Option<Arc<Running>>>,
    breaker: Breaker,
}

struct Running {
    id: String,
    activated: Activated,
}

impl Trial {
    pub(super) fn activated(&self) -> Option<Activated> {
        self.running().map(|running| running.activated.clone())
    }

    /// The name of the trial; none where there is none.
    pub(super) fn id(&self) -> Option<String> {
        self.running().map(|running| running.id.clone())
    }

    fn running(&self) -> Option<Arc<Running>> {
        self.running.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, running: Option<Running>) {
        *self.running.write().unwrap_or_else(PoisonError::into_inner) = running.map(Arc::new);
    }
}

impl TenantPolicies {
    /// Begins to ask a version that was checked, in the place of the one that is tried.
    pub(super) async fn try_out(&self, by: &Actor, activated: Activated) -> Result<Shadow, RegistryError> {
        let facts = ShadowFacts {
            policy: activated.reference(),
            settings: (*activated.settings).clone(),
            by: called(by),
        };
        let said = json!({"policy": facts.policy.policy, "settings": facts.policy.settings});
        let shadow = self
            .store
            .begin_shadow(&self.name, &facts, &entry("policy.shadow_begun", by, said))
            .await?;
        self.trial.set(Some(Running {
            id: shadow.id.clone(),
            activated,
        }));
        Ok(shadow)
    }

    /// Stops asking it.
    pub(super) async fn stop_trying(&self, by: &Actor, why: &str) -> Result<(), RegistryError> {
        let shadow = self
            .store
            .shadow(&self.name)
            .await?
            .filter(|shadow| shadow.stopped_at.is_none());
        let shadow = shadow.ok_or(RegistryError::NotFound)?;
        let said = json!({"policy": shadow.facts.policy.policy, "why": why, "asked": shadow.asked, "differed": shadow.differed, "failed": shadow.failed});
        self.store
            .end_shadow(&self.name, &shadow.id, &entry("policy.shadow_ended", by, said))
            .await?;
        self.trial.set(None);
        Ok(())
    }

    /// Follows what another host began or ended: `id` is what the store says is tried.
    pub(super) async fn follow_trial(&self, id: Option<&String>) {
        if self.trial.id().as_ref() == id {
            return;
        }
        let followed = async {
            let shadow = self
                .store
                .shadow(&self.name)
                .await?
                .filter(|shadow| shadow.stopped_at.is_none());
            let Some(shadow) = shadow else {
                self.trial.set(None);
                return Ok(());
            };
            let activated = self.with_settings(&shadow.facts.policy, shadow.facts.settings).await?;
            self.trial.set(Some(Running {
                id: shadow.id,
                activated,
            }));
            Ok::<_, RegistryError>(())
        };
        if let Err(error) = followed.await {
            tracing::error!(tenant = %self.name.0, %error, "a policy in shadow cannot be followed");
        }
    }

    pub(super) async fn heard_shadow(
        &self,
        reference: &PolicyReference,
        subject: &UserId,
        outcome: Outcome,
        differs: bool,
    ) {
        let Some(running) = self
            .trial
            .running()
            .filter(|running| running.activated.reference() == *reference)
        else {
            return;
        };
        let failed = outcome == Outcome::Failed;
        if let Err(error) = self.store.count_shadow(&self.name, &running.id, differs, failed).await {
            tracing::error!(tenant = %self.name.0, %error, "what a policy in shadow answered could not be counted");
        }
        if !self
            .trial
            .breaker
            .opens(reference, subject.as_ref(), outcome, self.failure.after)
        {
            return;
        }
        tracing::warn!(tenant = %self.name.0, policy = reference.policy, "a policy in shadow keeps failing and is not asked any more");
        if let Err(error) = self.stop_trying(&Actor::Host, "it kept failing").await {
            tracing::error!(tenant = %self.name.0, %error, "a policy in shadow could not be stopped");
        }
    }
}
