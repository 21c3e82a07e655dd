//! What the tenant says of itself: its endpoints and signing keys, fetched together and kept for ten minutes.
//!
//! However many sign-ins wait, one fetch is made; a failed one is not kept. A token signed by an unknown key brings the
//! next fetch forward, since a tenant may rotate its keys at any time, but not more than once in ten seconds.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use moka::future::Cache;
use moka::ops::compute::Op;
use openidconnect::{DiscoveryError, IssuerUrl, ProviderMetadataWithLogout};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::error::{DiscoveryProblem, OidcError};
use super::transport::{Transport, TransportFailure};

/// Auth0 advises five to ten minutes for keys.
const KEPT_FOR: Duration = Duration::from_secs(600);

/// The least time between two fetches that unknown keys bring about.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(10);

pub(super) type Metadata = ProviderMetadataWithLogout;

pub(super) struct Providers {
    issuer: Url,
    transport: Transport,
    /// Made when it is first needed: it takes 30 kB, and most of a host's tenants are idle.
    cache: LazyLock<Cache<(), Arc<Metadata>>>,
    last_renewal: Mutex<Option<Instant>>,
}

impl Providers {
    pub(super) fn new(issuer: Url, transport: Transport) -> Self {
        Self {
            issuer,
            transport,
            cache: LazyLock::new(|| Cache::builder().max_capacity(1).time_to_live(KEPT_FOR).build()),
            last_renewal: Mutex::new(None),
        }
    }

    pub(super) async fn current(&self) -> Result<Arc<Metadata>, OidcError> {
        self.cache
            .try_get_with((), self.fetch())
            .await
            .map_err(|error| OidcError::clone(&error))
    }

    /// What to use instead of `outdated`, which lacks a key: something newer, unless a renewal was made just now.
    pub(super) async fn renewed(&self, outdated: &Arc<Metadata>) -> Result<Arc<Metadata>, OidcError> {
        if self.may_drop(outdated).await {
            self.cache
                .entry(())
                .and_compute_with(async |entry| match entry {
                    Some(entry) if Arc::ptr_eq(entry.value(), outdated) => Op::Remove,
                    _ => Op::Nop,
                })
                .await;
        }
        self.current().await
    }

    async fn may_drop(&self, outdated: &Arc<Metadata>) -> bool {
        let mut last_renewal = self.last_renewal.lock().await;
        // Somebody else renewed it meanwhile: theirs may hold the key, and costs no renewal.
        if !self
            .cache
            .get(&())
            .await
            .is_some_and(|current| Arc::ptr_eq(&current, outdated))
        {
            return false;
        }
        if last_renewal.is_some_and(|last| last.elapsed() < RENEWAL_INTERVAL) {
            return false;
        }
        *last_renewal = Some(Instant::now());
        true
    }

    async fn fetch(&self) -> Result<Arc<Metadata>, OidcError> {
        let issuer = IssuerUrl::from_url(self.issuer.clone());
        let metadata = Metadata::discover_async(issuer, &self.transport)
            .await
            .map_err(discovery)?;
        if metadata.issuer().as_str() != self.issuer.as_str() {
            return Err(OidcError::Discovery(DiscoveryProblem::OtherIssuer));
        }
        no_downgrade(&self.issuer, &metadata)?;
        tracing::debug!(
            keys = metadata.jwks().keys().len(),
            "fetched the tenant's endpoints and keys"
        );
        Ok(Arc::new(metadata))
    }
}

/// The client secret and codes travel to these endpoints: an issuer reached over TLS may not name one without.
fn no_downgrade(issuer: &Url, metadata: &Metadata) -> Result<(), OidcError> {
    let end_session = metadata.additional_metadata().end_session_endpoint.as_ref();
    let endpoints = [
        Some(metadata.authorization_endpoint().url()),
        metadata.token_endpoint().map(|endpoint| endpoint.url()),
        Some(metadata.jwks_uri().url()),
        end_session.map(|endpoint| endpoint.url()),
    ];
    match endpoints
        .into_iter()
        .flatten()
        .all(|url| url.scheme() == issuer.scheme())
    {
        true => Ok(()),
        false => Err(OidcError::Discovery(DiscoveryProblem::OtherScheme)),
    }
}

fn discovery(error: DiscoveryError<TransportFailure>) -> OidcError {
    match error {
        DiscoveryError::Request(failure) => failure.into(),
        DiscoveryError::Response(status, ..) if status.as_u16() != 200 => {
            OidcError::Discovery(DiscoveryProblem::Status(status.as_u16()))
        }
        DiscoveryError::Validation(_) => OidcError::Discovery(DiscoveryProblem::OtherIssuer),
        _ => OidcError::Discovery(DiscoveryProblem::Malformed),
    }
}
