//! A version in shadow: asked the same as the one that decides, and decides nothing.

use std::sync::{Arc, PoisonError, RwLock};

use conjoin_linking::audit::Actor;
use conjoin_linking::policies::{Activated, Heard, Outcome};
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
    /// Stops asking a version on this host that was revoked.
    pub(super) fn forget(&self, digest: &str) {
        if self
            .running()
            .is_some_and(|running| running.activated.reference().policy == digest)
        {
            self.set(None);
        }
    }

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
        self.breaker.reset();
        *self.running.write().unwrap_or_else(PoisonError::into_inner) = running.map(Arc::new);
    }
}

impl TenantPolicies {
    /// Begins to ask a version that was checked, in the place of the one that is tried.
    pub(super) async fn try_out(&self, by: &Actor, activated: Activated) -> Result<Shadow, RegistryError> {
        let facts = ShadowFacts {
            policy: activated.reference().clone(),
            settings: (*activated.settings).clone(),
            by: called(by),
        };
        let said = json!({"policy": facts.policy.policy, "settings": facts.policy.settings});
        let shadow = self
            .store
            .begin_shadow(&self.name, &facts, &entry("policy.shadow_begun", by, said))
            .await?
            .ok_or(RegistryError::Revoked)?;
        self.trial.set(Some(Running {
            id: shadow.id.clone(),
            activated,
        }));
        Ok(shadow)
    }

    /// Stops asking it; only where the trial is `id`, if there is one.
    pub(super) async fn stop_trying(&self, by: &Actor, id: Option<&str>, why: &str) -> Result<(), RegistryError> {
        let shadow = self
            .under_way()
            .await?
            .filter(|shadow| id.is_none_or(|id| id == shadow.id));
        let shadow = shadow.ok_or(RegistryError::NotFound)?;
        let said = json!({"policy": shadow.facts.policy.policy, "why": why, "asked": shadow.asked, "differed": shadow.differed, "failed": shadow.failed});
        self.store
            .end_shadow(&self.name, &shadow.id, &entry("policy.shadow_ended", by, said))
            .await?;
        if self.trial.id().as_ref() == Some(&shadow.id) {
            self.trial.set(None);
        }
        Ok(())
    }

    /// Follows what another host began or ended.
    pub(super) async fn follow_trial(&self) -> Result<(), RegistryError> {
        let running = match self.under_way().await? {
            Some(shadow) => Some(Running {
                activated: self
                    .with_settings(&shadow.facts.policy.policy, shadow.facts.settings)
                    .await?,
                id: shadow.id,
            }),
            None => None,
        };
        self.trial.set(running);
        Ok(())
    }

    async fn under_way(&self) -> Result<Option<Shadow>, RegistryError> {
        let shadow = self.store.shadow(&self.name).await?;
        Ok(shadow.filter(|shadow| shadow.stopped_at.is_none()))
    }

    pub(super) async fn heard_shadow(&self, heard: Heard<'_>, differs: bool) {
        let Some(running) = self
            .trial
            .running()
            .filter(|running| running.activated.reference() == heard.policy)
        else {
            return;
        };
        // What this host failed at is nothing that the version answered.
        if heard.outcome == Outcome::Unknown {
            return;
        }
        let failed = heard.outcome == Outcome::Failed;
        if let Err(error) = self.store.count_shadow(&self.name, &running.id, differs, failed).await {
            tracing::error!(tenant = %self.name.0, %error, "what a policy in shadow answered could not be counted");
        }
        if !self.trial.breaker.opens(heard, self.rules.failure.after) {
            return;
        }
        tracing::warn!(tenant = %self.name.0, policy = heard.policy.policy, "a policy in shadow keeps failing and is not asked any more");
        match self
            .stop_trying(&Actor::Host, Some(&running.id), "it kept failing")
            .await
        {
            // Somebody stopped it, or tries another.
            Ok(()) | Err(RegistryError::NotFound) => {}
            Err(error) => {
                tracing::error!(tenant = %self.name.0, %error, "a policy in shadow could not be stopped");
                self.trial.breaker.close();
            }
        }
    }
}
