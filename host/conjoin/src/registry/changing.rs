//! Changing what decides: in the database first, by compare-and-set, then on this host.

use conjoin_linking::audit::Actor;
use conjoin_linking::notice::Notice;
use conjoin_linking::policies::{Activated, Policies, PolicyReference};
use serde_json::{Value, json};

use super::error::RegistryError;
use super::history::History;
use super::tenant::TenantPolicies;
use super::{called, entry};
use crate::config::Fallback;
use crate::store::{Activation, ActivationFacts, ActivationKind, Swapped};
use crate::telemetry;

/// How often a revocation is tried where something else is activated each time.
const REVOKING: u32 = 5;

/// Why there is a change, and who hears of it.
pub(super) struct Change<'a> {
    pub(super) kind: ActivationKind,
    /// Its name in the audit trail.
    pub(super) event: &'static str,
    pub(super) by: &'a Actor,
    pub(super) notice: Option<&'a Notice>,
    /// The proposal that it carries out: ended with it, or it is not carried out.
    pub(super) proposal: Option<&'a str>,
}

impl<'a> Change<'a> {
    /// One that nobody is told of.
    pub(super) fn by(by: &'a Actor, kind: ActivationKind, event: &'static str) -> Self {
        Self {
            kind,
            event,
            by,
            notice: None,
            proposal: None,
        }
    }

    fn facts(&self, activated: Option<&Activated>) -> ActivationFacts {
        ActivationFacts {
            policy: activated.map(|activated| activated.reference().clone()),
            settings: activated
                .map(|activated| (*activated.settings).clone())
                .unwrap_or_default(),
            by: called(self.by),
            kind: self.kind,
        }
    }
}

impl TenantPolicies {
    /// Makes `activated` decide, or nothing, after the change numbered `expected`.
    pub(super) async fn swap(
        &self,
        expected: i64,
        activated: Option<Activated>,
        change: Change<'_>,
    ) -> Result<Activation, RegistryError> {
        if let Some(activated) = &activated {
            self.keep_default(&activated.reference().policy, change.by).await?;
        }
        let facts = change.facts(activated.as_ref());
        let entry = entry(change.event, change.by, said(&facts, expected));
        let _order = self.swapping.lock().await;
        let swapped = self
            .store
            .activate(&self.name, expected, &facts, &entry, (change.notice, change.proposal))
            .await?;
        let number = done(swapped)?;
        self.follow(number, activated);
        Ok(Activation {
            number,
            at: conjoin_linking::clock::now(),
            facts,
        })
    }

    /// What decides in the place of the last change, as the tenant has chosen. After `failed`, which stood there: what was good before it, or the latest that was good where
    /// that is not known.
    pub(super) async fn instead(
        &self,
        history: &History,
        failed: Option<&PolicyReference>,
    ) -> Result<Option<Activated>, RegistryError> {
        match self.rules.failure.then {
            Fallback::OfferNothing => Ok(None),
            Fallback::LastGood => {
                let good = history.good_before();
                let place = good.iter().position(|one| Some(*one) == failed);
                let after = place.map_or(0, |place| place + 1);
                self.first_usable(good.into_iter().skip(after)).await
            }
        }
    }

    /// Takes out what keeps failing.
    pub(super) async fn take_out(&self, reference: &PolicyReference) -> Result<(), RegistryError> {
        let history = self.history().await?;
        if history.decides() != Some(reference) {
            return self.stand_in(reference, &history).await;
        }
        let instead = self.instead(&history, None).await?;
        let named = instead.as_ref().map(|instead| instead.reference().policy.clone());
        let notice = Notice::policy_taken_out(&reference.policy, named.as_deref());
        let change = Change {
            notice: Some(&notice),
            ..Change::by(&Actor::Host, ActivationKind::Breaker, "policy.taken_out")
        };
        match self.swap(history.number(), instead, change).await {
            // Somebody, or another host, did something about it.
            Err(RegistryError::Changed(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                telemetry::taken_out(&self.name);
                tracing::error!(tenant = %self.name.0, policy = reference.policy, "a policy that kept failing was taken out");
                Ok(())
            }
        }
    }

    /// The same of what decides on this host in the place of the last change, which it cannot follow. That change stays the last: for a version that this host cannot load another
    /// one may, so nothing of it is written down but in the trail.
    async fn stand_in(&self, reference: &PolicyReference, history: &History) -> Result<(), RegistryError> {
        let next = self.instead(history, Some(reference)).await?;
        let _order = self.swapping.lock().await;
        let decides = self.shelf.active();
        if self.trouble(history.number()).is_none() || decides.is_none_or(|decides| decides.reference() != reference) {
            // Something else decides by now, or does in a moment. Should it not after all, the next failure says so again.
            self.close_breaker();
            return Ok(());
        }
        let named = next.as_ref().map(|next| next.reference().policy.clone());
        self.stand(next);
        telemetry::taken_out(&self.name);
        tracing::error!(tenant = %self.name.0, policy = reference.policy, instead = named, "a policy that decided in the place of one that cannot be loaded kept failing; another decides on this host");
        let notice = Notice::policy_taken_out(&reference.policy, named.as_deref());
        let said = json!({"policy": named, "taken_out": reference.policy, "in_the_place_of": history.number()});
        let entry = entry("policy.taken_out", &Actor::Host, said);
        if let Err(error) = self.store.note_and_tell(&self.name, &entry, &notice).await {
            // It is out all the same, and this host does not take it out twice.
            tracing::error!(tenant = %self.name.0, policy = reference.policy, %error, "that a policy was taken out could not be told");
        }
        Ok(())
    }

    /// Revokes a version, and puts what was good before it in its place if it decides.
    pub(super) async fn revoke(&self, by: &Actor, digest: &str) -> Result<(), RegistryError> {
        self.keep_default(digest, by).await?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_to_revoke(by, digest).await {
                // Whoever revokes means it whatever decides by now.
                Err(RegistryError::Changed(_) | RegistryError::NotUsable) if tries < REVOKING => {}
                revoked => return revoked,
            }
        }
    }

    async fn try_to_revoke(&self, by: &Actor, digest: &str) -> Result<(), RegistryError> {
        let _order = self.swapping.lock().await;
        let history = self.history().await?;
        let decides = history.decides().is_some_and(|now| now.policy == digest);
        let mut instead = None;
        if decides {
            let good = history.good_before();
            let others = good.into_iter().filter(|one| one.policy != digest);
            instead = self.first_usable(others).await?;
        }
        if let Some(instead) = &instead {
            self.keep_default(&instead.reference().policy, by).await?;
        }
        let facts = Change::by(by, ActivationKind::Revoke, "policy.revoked").facts(instead.as_ref());
        let entry = entry("policy.revoked", by, json!({"policy": digest, "decided": decides}));
        let revoked = self
            .store
            .revoke(&self.name, digest, history.number(), decides.then_some(&facts), &entry)
            .await?;
        let number = done(revoked.ok_or(RegistryError::NotFound)?)?;
        if decides {
            self.follow(number, instead);
        }
        self.trial.forget(digest);
        Ok(())
    }
}

fn done(swapped: Swapped) -> Result<i64, RegistryError> {
    match swapped {
        Swapped::Now(number) => Ok(number),
        Swapped::Meanwhile(number) => Err(RegistryError::Changed(number)),
        Swapped::NotChecked => Err(RegistryError::NotUsable),
        Swapped::Withdrawn => Err(RegistryError::NotFound),
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
