//! Getting at versions: from the shelf, the database, or the host itself.

use std::sync::Arc;

use conjoin_engine::{Policy, PolicyDigest, Source};
use conjoin_linking::audit::Actor;
use conjoin_linking::policies::{Activated, PolicyReference};
use conjoin_policies::Shipped;
use serde_json::{Map, Value};
use tokio::runtime::Handle;

use super::error::RegistryError;
use super::tenant::TenantPolicies;
use super::{described, uploaded};
use crate::policies::settings;
use crate::store::{KeptDescription, NewVersion, VersionState};

impl TenantPolicies {
    /// Loads what is to be activated, and checks its settings.
    pub(super) async fn prepare(
        &self,
        by: &Actor,
        policy: &str,
        settings: Map<String, Value>,
    ) -> Result<Activated, RegistryError> {
        let component = match conjoin_policies::by_name(policy) {
            Some(shipped) => self.shipped(by, shipped).await?,
            None => self.checked(policy).await?,
        };
        let source = self.source(&PolicyDigest::of(&component).to_string());
        let policy = self.loader.load_to_decide(component, source).await?;
        set(policy, settings).await
    }

    /// Loads what is tried, and checks its settings.
    pub(super) async fn prepare_to_try(
        &self,
        component: Vec<u8>,
        settings: Map<String, Value>,
    ) -> Result<Activated, RegistryError> {
        let (policy, _) = self.loader.load(component).await?;
        set(policy, settings).await
    }

    /// A policy that ships with this host, kept as a version of the tenant's: the next release of the host may ship another one under the name.
    pub(super) async fn shipped(&self, by: &Actor, shipped: &Shipped) -> Result<Vec<u8>, RegistryError> {
        let digest = PolicyDigest::of(shipped.component).to_string();
        match self.store.version(&self.name, &digest).await? {
            Some(version) if version.state == VersionState::Revoked => return Err(RegistryError::Revoked),
            Some(version) if version.state == VersionState::Checked => return Ok(shipped.component.to_vec()),
            _ => {}
        }
        let (policy, component) = self.loader.load(shipped.component.to_vec()).await?;
        let version = NewVersion {
            digest: &digest,
            component: &component,
            state: VersionState::Checked,
            facts: &described(&policy, &component, by),
            signature: None,
        };
        let entry = uploaded(&version, by);
        self.store.keep_version(&self.name, version, &entry).await?;
        Ok(component)
    }

    /// What decides before anything is activated comes with the host: once it is named by a change it is kept like any other.
    pub(super) async fn keep_default(&self, digest: &str, by: &Actor) -> Result<(), RegistryError> {
        if self.default.reference().policy == digest {
            self.shipped(by, &conjoin_policies::JOINED).await?;
        }
        Ok(())
    }

    async fn checked(&self, digest: &str) -> Result<Vec<u8>, RegistryError> {
        let version = self.store.version(&self.name, digest).await?;
        match version.ok_or(RegistryError::NotFound)?.state {
            VersionState::Checked => self.component_to_decide(digest).await,
            VersionState::Revoked => Err(RegistryError::Revoked),
            other => Err(RegistryError::NotChecked(other)),
        }
    }

    /// A version to try at nobody's cost: also one that failed its checks. One that ships with the host is not kept for it, since nothing is decided about it.
    pub(super) async fn component_to_try(&self, named: &str) -> Result<Vec<u8>, RegistryError> {
        if let Some(shipped) = conjoin_policies::by_name(named) {
            return Ok(shipped.component.to_vec());
        }
        let version = self.store.version(&self.name, named).await?;
        if version.ok_or(RegistryError::NotFound)?.state == VersionState::Revoked {
            return Err(RegistryError::Revoked);
        }
        self.component(named).await
    }

    pub(super) async fn component(&self, digest: &str) -> Result<Vec<u8>, RegistryError> {
        let component = self.store.component(&self.name, digest).await?;
        component.ok_or(RegistryError::NotFound)
    }

    /// A version that is kept and may decide, with settings that were checked when it was activated.
    pub(super) async fn with_settings(
        &self,
        digest: &str,
        settings: Map<String, Value>,
    ) -> Result<Activated, RegistryError> {
        let policy = match self.known(digest, None).await? {
            Some(policy) if self.loader.keeps(policy.digest()) => policy,
            _ => self.load_to_decide(digest).await?,
        };
        Ok(Activated::new(policy, settings))
    }

    pub(super) async fn load_to_decide(&self, digest: &str) -> Result<Policy, RegistryError> {
        let component = self.component_to_decide(digest).await?;
        Ok(self.loader.load_to_decide(component, self.source(digest)).await?)
    }

    /// A version that was let in, not loaded. None where signers are named: a signature is verified over the component itself. `read` is what was read of some version
    /// already, most likely of this one.
    pub(super) async fn known(
        &self,
        digest: &str,
        read: Option<KeptDescription>,
    ) -> Result<Option<Policy>, RegistryError> {
        if self.rules.signers.are_named() {
            return Ok(None);
        }
        let description = match read.filter(|read| read.digest == digest) {
            Some(read) => read.description?,
            None => {
                let version = self.store.version(&self.name, digest).await?;
                version.and_then(|version| version.facts.description())
            }
        };
        let (Some(description), Ok(parsed)) = (description, digest.parse()) else {
            return Ok(None);
        };
        Ok(Some(self.loader.known(parsed, description, self.source(digest))))
    }

    /// Where the component of a version is when its code is neither in memory nor compiled. Asked on threads that may block.
    fn source(&self, digest: &str) -> Source {
        let (me, digest, runtime) = (self.me.clone(), digest.to_owned(), Handle::current());
        Arc::new(move || {
            let me = me.upgrade().ok_or("the host stops")?;
            let component = runtime.block_on(me.component_to_decide(&digest));
            component.map_err(|error| error.to_string())
        })
    }

    /// What a reference names, where it is loaded.
    pub(super) fn at_hand(&self, reference: &PolicyReference) -> Option<Activated> {
        if let Some(activated) = self.shelf.loaded(reference) {
            return Some(activated);
        }
        (reference == self.default.reference()).then(|| self.default.clone())
    }

    /// What a reference names, loaded.
    pub(super) async fn loaded(&self, reference: &PolicyReference) -> Result<Activated, RegistryError> {
        if let Some(activated) = self.at_hand(reference) {
            return Ok(activated);
        }
        let activation = self.store.activation_of(&self.name, reference).await?;
        let settings = activation.ok_or(RegistryError::NotFound)?.facts.settings;
        let activated = self.with_settings(&reference.policy, settings).await?;
        self.shelf.keep(activated.clone());
        Ok(activated)
    }

    /// The first of these that may decide and can be loaded.
    pub(super) async fn first_usable(
        &self,
        references: impl IntoIterator<Item = &PolicyReference> + Send,
    ) -> Result<Option<Activated>, RegistryError> {
        let references: Vec<_> = references.into_iter().collect();
        for reference in references {
            match self.usable(reference).await {
                Ok(Some(activated)) => return Ok(Some(activated)),
                Ok(None) => {}
                Err(error) if error.is_lasting() => {
                    tracing::error!(tenant = %self.name.0, policy = reference.policy, %error, "a version of before cannot be loaded");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// What a reference names, loaded; none where its version may not decide.
    async fn usable(&self, reference: &PolicyReference) -> Result<Option<Activated>, RegistryError> {
        let version = self.store.version(&self.name, &reference.policy).await?;
        // The default is kept as checked by whoever names it in a change, also where somebody uploaded it with cases that it does not meet.
        let is_default = reference == self.default.reference();
        let may = version.map_or(is_default, |version| match version.state {
            VersionState::Checked => true,
            VersionState::Uploaded | VersionState::Failed => is_default,
            VersionState::Revoked => false,
        });
        if !may {
            return Ok(None);
        }
        self.loaded(reference).await.map(Some)
    }
}

/// Checks settings for a policy, which takes a processor.
async fn set(policy: Policy, settings: Map<String, Value>) -> Result<Activated, RegistryError> {
    let checked = tokio::task::spawn_blocking(move || {
        settings::check(&policy, &settings)?;
        anyhow::Ok(Activated::new(policy, settings))
    });
    let checked = checked
        .await
        .map_err(|error| RegistryError::Internal(error.to_string()))?;
    checked.map_err(|problem| RegistryError::Settings(format!("{problem:#}")))
}
