//! What the team asks for: to activate, to approve, to go back, to revoke.

use conjoin_linking::audit::Actor;
use conjoin_linking::tenant::TenantName;
use serde_json::{Map, Value, json};

use super::changing::Change;
use super::error::RegistryError;
use super::{Registry, called, entry};
use crate::store::{Activation, ActivationFacts, ActivationKind, Proposal, ProposalFacts};

/// What is to decide.
pub struct Wanted {
    /// A digest of a checked version, or the name of a shipped policy.
    pub policy: String,
    /// Its settings.
    pub settings: Map<String, Value>,
    /// The number of the change that it comes after: 0 for the first.
    pub expected: i64,
}

/// What came of an activation.
pub enum Activated {
    /// It decides.
    Now(Activation),
    /// It waits for the word of a second person.
    Proposed(Proposal),
}

impl Registry {
    /// What decides at a tenant: the last change, or, numbered 0, what decides before the first.
    ///
    /// # Errors
    /// The store's; [`RegistryError::Fixed`].
    pub async fn active(&self, tenant: &TenantName) -> Result<Activation, RegistryError> {
        let default = &self.tenant(tenant)?.default;
        let activation = self.0.store.activation(tenant).await?;
        Ok(activation.unwrap_or_else(|| Activation {
            number: 0,
            at: 0,
            facts: ActivationFacts {
                policy: Some(default.reference().clone()),
                settings: (*default.settings).clone(),
                by: called(&Actor::Host),
                kind: ActivationKind::Default,
            },
        }))
    }

    /// Why the change with this number, which is the last, decides nothing on this host, in words for the team. What was good before does instead, or what
    /// `policy_failure` says. None where it decides.
    ///
    /// # Errors
    /// [`RegistryError::Fixed`].
    pub fn trouble(&self, tenant: &TenantName, number: i64) -> Result<Option<String>, RegistryError> {
        Ok(self.tenant(tenant)?.trouble(number))
    }

    /// Makes a version decide, or proposes it where a second person has to agree. `token` is whose wish it is, by its id or as `auth0:` and an account's.
    ///
    /// # Errors
    /// [`RegistryError::Changed`] when something else was activated meanwhile; [`RegistryError::NotChecked`], [`RegistryError::NotSigned`], [`RegistryError::Settings`].
    pub async fn activate(
        &self,
        tenant: &TenantName,
        by: &Actor,
        token: &str,
        wanted: Wanted,
    ) -> Result<Activated, RegistryError> {
        let policies = self.tenant(tenant)?;
        let activated = policies.prepare(by, &wanted.policy, wanted.settings.clone()).await?;
        if policies.rules.second_approval {
            let number = self.active(tenant).await?.number;
            if number != wanted.expected {
                return Err(RegistryError::Changed(number));
            }
            let facts = ProposalFacts {
                policy: activated.reference().policy.clone(),
                settings: wanted.settings,
                expected: wanted.expected,
                by: called(by),
                token: token.to_owned(),
            };
            let entry = entry("policy.proposed", by, json!({"policy": facts.policy}));
            return Ok(Activated::Proposed(
                self.0.store.keep_proposal(tenant, &facts, &entry).await?,
            ));
        }
        let change = Change::by(by, ActivationKind::Activate, "policy.activated");
        let change = policies.swap(wanted.expected, Some(activated), change).await?;
        Ok(Activated::Now(change))
    }

    /// A second person agrees to a proposal, which is then carried out.
    ///
    /// # Errors
    /// [`RegistryError::SamePerson`], [`RegistryError::NotFound`]; [`RegistryError::Changed`] when something else was activated since it was proposed.
    pub async fn approve(
        &self,
        tenant: &TenantName,
        by: &Actor,
        token: &str,
        id: &str,
    ) -> Result<Activation, RegistryError> {
        let policies = self.tenant(tenant)?;
        let proposal = self.0.store.proposal(tenant, id).await?;
        let proposal = proposal.ok_or(RegistryError::NotFound)?;
        if proposal.facts.token == token {
            return Err(RegistryError::SamePerson);
        }
        let activated = policies
            .prepare(by, &proposal.facts.policy, proposal.facts.settings)
            .await?;
        // Two who approve at once want the same number: one of them gets it.
        let change = Change::by(by, ActivationKind::Activate, "policy.approved");
        let change = Change {
            proposal: Some(id),
            ..change
        };
        policies.swap(proposal.facts.expected, Some(activated), change).await
    }

    /// Takes a proposal back.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] where it is not open.
    pub async fn withdraw(&self, tenant: &TenantName, by: &Actor, id: &str) -> Result<(), RegistryError> {
        let said = entry("policy.withdrawn", by, json!({"proposal": id}));
        if self.0.store.withdraw_proposal(tenant, id, &said).await? {
            Ok(())
        } else {
            Err(RegistryError::NotFound)
        }
    }

    /// Goes back to what was good before, or to what decided since the change numbered `to`. What somebody went back from is not gone back to, unless it is named.
    ///
    /// # Errors
    /// [`RegistryError::NothingBefore`], [`RegistryError::Changed`]; [`RegistryError::NotSigned`] of one that is named.
    pub async fn roll_back(
        &self,
        tenant: &TenantName,
        by: &Actor,
        expected: Option<i64>,
        to: Option<i64>,
    ) -> Result<Activation, RegistryError> {
        let policies = self.tenant(tenant)?;
        let history = policies.history().await?;
        let number = history.number();
        if expected.is_some_and(|expected| expected != number) {
            return Err(RegistryError::Changed(number));
        }
        let target = match to {
            Some(to) => {
                let named = history.at(to);
                if let Some(named) = named {
                    policies.must_be_signed(named).await?;
                }
                policies.first_usable(named).await?
            }
            None => policies.first_usable(history.good_before()).await?,
        };
        let target = target.ok_or(RegistryError::NothingBefore)?;
        let change = Change::by(by, ActivationKind::Rollback, "policy.rolled_back");
        policies.swap(number, Some(target), change).await
    }

    /// Takes a version back for ever: previews that it made can no longer be confirmed, and if it decides, what decided before does again.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] for what is not uploaded, or revoked already.
    pub async fn revoke(&self, tenant: &TenantName, by: &Actor, digest: &str) -> Result<(), RegistryError> {
        let policies = self.tenant(tenant)?;
        policies.revoke(by, digest).await
    }
}
