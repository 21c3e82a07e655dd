//! The running host: what every handler can reach of the tenant that it answers for.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use conjoin_auth0::{HttpTimeouts, Management, RelyingParty, http_client};
use conjoin_linking::clock::now;
use conjoin_linking::decide::Decider;
use conjoin_linking::flow::Linking;
use conjoin_linking::pace::Pace;
use conjoin_linking::policies::Policies;
use secrecy::SecretString;
use url::Url;

use crate::compiling::turns;
use crate::config::TenantConfig;
use crate::events::Events;
use crate::store::Store;

/// How many records are made to forget at a time.
const FORGOTTEN_AT_ONCE: u32 = 100;

/// One tenant of this host; shared by all requests to it.
#[derive(Clone)]
pub struct App {
    /// The domain.
    pub linking: Linking,
    /// OpenID Connect with the tenant.
    pub relying_party: RelyingParty,
    /// Sessions, sign-ins under way, the journal.
    pub store: Store,
    /// What others are told, and who may ask.
    pub events: Events,
    /// Where browsers reach this host, and the tenant.
    pub addresses: Arc<Addresses>,
    /// What the tenant's Action and this host know; none where there is no Action.
    pub action_secret: Option<SecretString>,
    /// How it runs.
    pub options: Options,
    /// For how long what policies are asked is kept.
    keep_exchanges: Duration,
}

/// What the tenants of a host have in common.
#[derive(Clone)]
pub struct Shared {
    /// Where everything is kept.
    pub store: Store,
    /// Bounds how many policies run at once.
    pub decider: Decider,
    /// Connections to the tenants.
    pub http: reqwest::Client,
    /// How the host runs.
    pub options: Options,
}

/// How a host runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether this is `conjoin dev`: pages say so.
    pub dev: bool,
    /// How patient the work after a confirmation is.
    pub pace: Pace,
    /// How often unfinished links are taken up and expired rows removed.
    pub every: Duration,
    /// For how long originals are kept after the end of a link: the time within which it can be taken apart with its metadata.
    pub keep_originals: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dev: false,
            pace: Pace::default(),
            every: Duration::from_secs(10),
            keep_originals: Duration::from_secs(365 * 24 * 60 * 60),
        }
    }
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
    /// `/continue` of the tenant, where a sign-in that an Action interrupted goes on.
    pub continue_sign_in: Url,
    /// What the tenant calls itself in tokens of its Actions: its host name, and that of its own domain where the issuer is a custom one. Which of the two it is under a
    /// custom domain is UNCONFIRMED.
    pub tenant_hosts: Vec<String>,
}

impl Shared {
    /// For a host that keeps everything in `store`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(store: Store, options: Options) -> anyhow::Result<Self> {
        Ok(Self {
            decider: Decider::new(turns(), Arc::new(store.clone())),
            http: http_client(HttpTimeouts::default()).context("making the HTTP client")?,
            store,
            options,
        })
    }
}

impl App {
    /// Wires one tenant.
    ///
    /// # Errors
    /// A configuration that cannot work.
    pub fn new(
        name: &str,
        tenant: &TenantConfig,
        policies: Arc<dyn Policies>,
        shared: &Shared,
    ) -> anyhow::Result<Self> {
        let Shared {
            store,
            decider,
            http,
            options,
        } = shared.clone();
        let linking = Linking {
            tenant: Arc::new(tenant.linking(name)?),
            management: Management::new(tenant.management()?, http.clone()),
            decider: decider.for_tenant(),
            journal: Arc::new(store.clone()),
            policies,
            pace: options.pace.clone(),
        };
        let base = &tenant.base_url;
        let events = Events::new(tenant, linking.tenant.clone(), base)?;
        let addresses = Addresses {
            base: base.clone(),
            issuer: tenant.issuer.clone(),
            callback: base.join("/callback")?,
            link_callback: base.join("/link/callback")?,
            continue_sign_in: tenant.issuer.join("/continue")?,
            tenant_hosts: [Some(&tenant.issuer), tenant.management_url.as_ref()]
                .into_iter()
                .filter_map(|url| Some(url?.host_str()?.to_owned()))
                .collect(),
        };
        let relying_party = RelyingParty::new(tenant.relying_party()?, http);
        Ok(Self {
            linking,
            relying_party,
            store,
            events,
            addresses: Arc::new(addresses),
            action_secret: tenant.action.as_ref().map(|action| action.secret.clone()),
            options,
            keep_exchanges: tenant.replay.kept(),
        })
    }

    /// Removes what is kept of accounts once its time is over.
    pub(crate) async fn forget_old(&self) {
        let kept = i64::try_from(self.options.keep_originals.as_secs()).unwrap_or(i64::MAX);
        let (tenant, cutoff) = (&self.linking.tenant.name, now().saturating_sub(kept));
        let exchanges = i64::try_from(self.keep_exchanges.as_secs()).unwrap_or(i64::MAX);
        let exchanges = self
            .store
            .forget_exchanges_before(tenant, now().saturating_sub(exchanges))
            .await;
        if let Err(error) = exchanges {
            tracing::error!(%error, "what policies were asked, and is old, could not be removed");
        }
        loop {
            match self.store.forget_older_than(tenant, cutoff, FORGOTTEN_AT_ONCE).await {
                Ok(FORGOTTEN_AT_ONCE) => {}
                Ok(_) => return,
                Err(error) => return tracing::error!(%error, "originals whose time is over could not be removed"),
            }
        }
    }
}
