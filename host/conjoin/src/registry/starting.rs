//! What decides when a host starts: loaded when it is asked, or before, where another one may have to decide instead.

use std::sync::atomic::Ordering;
use std::time::Instant;

use conjoin_linking::policies::Activated;

use super::error::RegistryError;
use super::history::History;
use super::tenant::{AGAIN, NOTHING, TenantPolicies, Unfollowed, may_pass};
use crate::store::{Activation, Beginning, KeptDescription};

impl TenantPolicies {
    pub(super) async fn begin(&self, beginning: Beginning) -> Result<(), RegistryError> {
        let Some(last) = beginning.last? else {
            return Ok(());
        };
        match self.at_first(&last, beginning.version).await {
            Ok(activated) => self.follow(last.number, activated),
            Err(error) if may_pass(&error) => return Err(error),
            Err(error) => {
                let history = self.history().await?;
                let mut unfollowed = self.following.lock().await;
                self.begin_instead(&history, last.number, &error, &mut unfollowed)
                    .await?;
            }
        }
        Ok(())
    }

    /// What a change has decide: not loaded, where nothing about it has to be looked at before it may. What is not compiled here either is left for later: a host of thousands
    /// of tenants would not be ready for an hour after its update.
    async fn at_first(
        &self,
        last: &Activation,
        read: Option<KeptDescription>,
    ) -> Result<Option<Activated>, RegistryError> {
        let unloaded = last.facts.policy.as_ref().filter(|one| self.at_hand(one).is_none());
        let known = match unloaded {
            Some(reference) => self.known(&reference.policy, read).await?,
            None => None,
        };
        let Some(policy) = known else {
            return self.activated(last).await;
        };
        if !self.loader.keeps(policy.digest()) {
            self.unseen.store(last.number, Ordering::Release);
        }
        Ok(Some(Activated::new(policy, last.facts.settings.clone())))
    }

    /// Compiles what the start has left for later, if nothing else decides by now. What cannot be loaded gives way to another, as at the start.
    pub(super) async fn see(&self) -> Result<(), RegistryError> {
        let number = self.unseen.swap(NOTHING, Ordering::AcqRel);
        if number == NOTHING {
            return Ok(());
        }
        let last = self.store.activation(&self.name).await?;
        let last = last.filter(|last| last.number == number);
        let Some(reference) = last.and_then(|last| last.facts.policy) else {
            return Ok(());
        };
        let loaded = self.load_to_decide(&reference.policy).await;
        let Some(error) = loaded.err().filter(|error| !may_pass(error)) else {
            return Ok(());
        };
        let history = self.history().await?;
        // In the order in which whoever follows another host takes them.
        let mut unfollowed = self.following.lock().await;
        let _order = self.swapping.lock().await;
        if self.number() == number {
            self.number.store(number - 1, Ordering::Release);
            self.begin_instead(&history, number, &error, &mut unfollowed).await?;
        }
        Ok(())
    }

    /// What decides in the place of the last change, which cannot be loaded.
    async fn begin_instead(
        &self,
        history: &History,
        number: i64,
        error: &RegistryError,
        unfollowed: &mut Unfollowed,
    ) -> Result<(), RegistryError> {
        tracing::error!(tenant = %self.name.0, number, %error, "the active policy cannot be loaded; another decides");
        let instead = match self.instead(history, None).await {
            Ok(instead) => instead,
            Err(error) if may_pass(&error) => return Err(error),
            Err(error) => {
                tracing::error!(tenant = %self.name.0, %error, "nothing of before can be loaded either; nobody is offered anything");
                None
            }
        };
        self.is_in_trouble(number, error);
        // Its number stays behind, so that the change is followed as soon as it can be.
        self.stand(instead);
        unfollowed.number = Some((number, Instant::now() + AGAIN));
        Ok(())
    }
}
