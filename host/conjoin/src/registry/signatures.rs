//! Which versions may decide by who signed them. Verified whenever a version is about to decide and never taken from what was found before: keys go out of the
//! configuration, and nothing but the signature itself says whose it is.

use std::sync::LazyLock;

use conjoin_engine::PolicyDigest;
use conjoin_linking::audit::Actor;
use conjoin_linking::policies::PolicyReference;
use conjoin_linking::tenant::TenantName;
use serde_json::json;

use super::error::RegistryError;
use super::tenant::TenantPolicies;
use super::{Registry, entry};
use crate::signing::{SignatureError, Signers};
use crate::store::{PolicyVersion, Signed, VersionSignature};

/// The digests of what ships with this host.
static SHIPPED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let shipped = conjoin_policies::shipped().iter();
    shipped
        .map(|shipped| PolicyDigest::of(shipped.component).to_string())
        .collect()
});

impl Registry {
    /// Whose signatures count at a tenant.
    ///
    /// # Errors
    /// [`RegistryError::Fixed`].
    pub fn signers(&self, tenant: &TenantName) -> Result<&Signers, RegistryError> {
        Ok(&self.tenant(tenant)?.rules.signers)
    }

    /// Keeps a signature that was verified, if the version does not have it; answers the version with it.
    pub(super) async fn sign(
        &self,
        tenant: &TenantName,
        by: &Actor,
        digest: &str,
        signature: Option<&VersionSignature>,
    ) -> Result<PolicyVersion, RegistryError> {
        let version = self.version(tenant, digest).await?;
        let Some(signature) = signature.filter(|given| !version.signatures.contains(given)) else {
            return Ok(version);
        };
        let said = entry(
            "policy.signed",
            by,
            json!({"policy": digest, "signed_by": signature.key}),
        );
        match self.0.store.keep_signature(tenant, digest, signature, &said).await? {
            Signed::Now => self.version(tenant, digest).await,
            Signed::NotThere => Err(RegistryError::Revoked),
            Signed::TooMany => Err(RegistryError::TooManySignatures),
        }
    }
}

impl TenantPolicies {
    /// Whose signature came with a component; none where none came. Gives the component back.
    pub(super) async fn signature(
        &self,
        component: Vec<u8>,
        text: Option<String>,
    ) -> Result<(Vec<u8>, Option<VersionSignature>), RegistryError> {
        let Some(text) = text else {
            return Ok((component, None));
        };
        // Kept unverified it would look like more than it is.
        if !self.rules.signers.are_named() {
            return Err(RegistryError::NoSigners);
        }
        let signers = self.rules.signers.clone();
        let verified = move || {
            let key = signers.verify(&component, &text)?;
            Ok((component, Some(VersionSignature { key, text })))
        };
        let verified = off_the_threads(verified).await?;
        verified.map_err(RegistryError::Signature)
    }

    /// The component of a version, if it may decide here: where signers are named, one of them signed it, or it ships with the host.
    pub(super) async fn component_to_decide(&self, digest: &str) -> Result<Vec<u8>, RegistryError> {
        let component = self.component(digest).await?;
        if !self.rules.signers.are_named() || ships(digest) {
            return Ok(component);
        }
        let version = self.store.version(&self.name, digest).await?;
        let version = version.ok_or(RegistryError::NotFound)?;
        if is_the_hosts(&version) {
            return Ok(component);
        }
        let (signers, signatures) = (self.rules.signers.clone(), version.signatures);
        let verified = move || one_counts(&signers, &component, &signatures).map(|()| component);
        let verified = off_the_threads(verified).await?;
        verified.map_err(RegistryError::NotSigned)
    }

    /// Refuses what may not decide here for want of a signature. What is loaded was looked at when it was.
    pub(super) async fn must_be_signed(&self, reference: &PolicyReference) -> Result<(), RegistryError> {
        if self.rules.signers.are_named() && self.at_hand(reference).is_none() {
            self.component_to_decide(&reference.policy).await?;
        }
        Ok(())
    }
}

/// Whether any of these does; otherwise why the first does not, if there is one.
fn one_counts(
    signers: &Signers,
    component: &[u8],
    signatures: &[VersionSignature],
) -> Result<(), Option<SignatureError>> {
    let mut why = None;
    for signature in signatures {
        match signers.verify(component, &signature.text) {
            Ok(_) => return Ok(()),
            Err(error) => why = why.or(Some(error)),
        }
    }
    Err(why)
}

/// Whether a version needs no signature, whoever else has to sign: it ships with this host, or did with one before.
pub(crate) fn is_the_hosts(version: &PolicyVersion) -> bool {
    version.facts.shipped || ships(&version.digest)
}

/// Whether these bytes ship with this host: they are as trusted as it is, whoever sends them.
pub(super) fn ships(digest: &str) -> bool {
    SHIPPED.iter().any(|shipped| shipped == digest)
}

/// A signature is over megabytes.
async fn off_the_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, RegistryError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| RegistryError::Internal(error.to_string()))
}
