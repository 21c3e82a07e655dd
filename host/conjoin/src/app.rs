//! The running host: what every handler can reach.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use conjoin_auth0::{HttpTimeouts, Management, RelyingParty, http_client};
use conjoin_engine::Policy;
use conjoin_linking::decide::Decider;
use conjoin_linking::flow::Linking;
use conjoin_linking::shelf::Shelf;
use url::Url;

use crate::config::TenantConfig;
use crate::store::Store;

/// How often abandoned links are taken up and expired rows removed.
const HOUSEKEEPING: Duration = Duration::from_secs(10);

/// Shared by all requests.
#[derive(Clone)]
pub struct App {
    /// The domain.
    pub linking: Linking,
    /// OpenID Connect with the tenant.
    pub relying_party: RelyingParty,
    /// Sessions, sign-ins under way, the journal.
    pub store: Store,
    /// Where browsers reach this host, and the tenant.
    pub addresses: Arc<Addresses>,
    /// Whether this is `conjoin dev`: pages say so.
    pub dev: bool,
}

/// The addresses that go into redirects and security headers.
#[derive(Debug)]
pub struct Addresses {
    /// This host, as browsers know it.
    pub base: Url,
    /// The tenant's issuer.
    pub issuer: Url,
    /// `/callback` of this host.
    pub callback: Url,
    /// `/link/callback` of this host.
    pub link_callback: Url,
}

impl App {
    /// Wires a host for one tenant.
    ///
    /// # Errors
    /// A configuration that cannot work.
    pub fn new(tenant: &TenantConfig, base: &Url, store: Store, policy: Policy, dev: bool) -> anyhow::Result<Self> {
        let http = http_client(HttpTimeouts::default()).context("making the HTTP client")?;
        let journal: Arc<dyn conjoin_linking::journal::Journal> = Arc::new(store.clone());
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let linking = Linking {
            tenant: Arc::new(tenant.linking()),
            management: Management::new(tenant.management()?, http.clone()),
            decider: Decider::new(threads, journal.clone()),
            journal,
            shelf: Arc::new(Shelf::new(policy)),
        };
        let addresses = Addresses {
            base: base.clone(),
            issuer: tenant.issuer.clone(),
            callback: base.join("/callback")?,
            link_callback: base.join("/link/callback")?,
        };
        let relying_party = RelyingParty::new(tenant.relying_party(), http);
        Ok(Self {
            linking,
            relying_party,
            store,
            addresses: Arc::new(addresses),
            dev,
        })
    }

    /// Carries on what a stopped host left behind and removes what has expired, for as long as the host runs.
    pub async fn keep_house(self) {
        let mut interval = tokio::time::interval(HOUSEKEEPING);
        loop {
            interval.tick().await;
            if let Err(error) = self.linking.resume().await {
                tracing::error!(%error, "unfinished links could not be carried on");
            }
            if let Err(error) = self.store.sweep().await {
                tracing::error!(%error, "expired rows could not be removed");
            }
        }
    }
}
