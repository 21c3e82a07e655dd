use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use axum::serve::{IncomingStream, Listener};
use thiserror::Error;
use tls_listener::TlsListener;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::config::Config;
use crate::dev::{self, Aborting, Connection};
use crate::keys::{KeyError, SigningKey};
use crate::management;
use crate::oidc;
use crate::pages;
use crate::state::{Shared, Tenant, configured_users};
use crate::store::FixtureError;
use crate::tls::{Tls, TlsError};

/// How long requests under way may take once the tenant is asked to stop: a fault may be holding one for longer.
const GRACE: Duration = Duration::from_secs(5);

/// Why a tenant does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The listener has no address to make an issuer of.
    #[error("the listener has no address: {0}")]
    Address(#[source] std::io::Error),
    /// The issuer or the custom domain is not an origin.
    #[error(
        "the issuer or custom domain {0} has to be http or https, with a host and without path, query and fragment"
    )]
    Issuer(Url),
    /// The providers' origin is none, or one that is the tenant's.
    #[error(
        "providers_origin {0} has to be http or https, without path, query and fragment, and with another host or port than the issuer and the custom domain"
    )]
    Providers(Url),
    /// The users' file cannot be read.
    #[error("cannot read the users' file: {0}")]
    Users(#[source] std::io::Error),
    /// A user is malformed.
    #[error(transparent)]
    User(#[from] FixtureError),
    /// The signing key's file cannot be read.
    #[error("cannot read the signing key's file: {0}")]
    KeyFile(#[source] std::io::Error),
    /// The signing key is unusable, or none can be made.
    #[error("signing key: {0}")]
    Key(#[from] KeyError),
    /// There is no HTTPS.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// A task of the start was stopped.
    #[error("the start was interrupted")]
    Interrupted,
}

/// A running tenant. Dropping it stops it without grace.
pub struct DevTenant {
    issuer: Url,
    address: SocketAddr,
    authority: Option<String>,
    stop: watch::Sender<bool>,
    server: JoinHandle<std::io::Result<()>>,
}

impl DevTenant {
    /// Starts a tenant on a listener that is bound already, so that nothing is lost between binding and answering.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config, listener: TcpListener) -> Result<Self, StartError> {
        let address = listener.local_addr().map_err(StartError::Address)?;
        let issuer = issuer(&config, address)?;
        check_providers_origin(&config, &issuer)?;
        let prepared = tokio::task::spawn_blocking(move || prepare(&config).map(|(users, key)| (config, users, key)));
        let (config, users, key) = prepared.await.map_err(|_| StartError::Interrupted)??;
        let tenant = Shared::new(Tenant::new(config, issuer.clone(), users, key)?);
        let tls = tls(&tenant, address)?;
        let authority = tls.as_ref().map(|tls| tls.authority.clone());
        let app = router(tenant, authority.clone());
        let (stop, stopping) = watch::channel(false);
        let listener = Aborting(listener);
        let server = match tls {
            None => serve(listener, app, stopping),
            Some(tls) => serve(TlsListener::new(tls.acceptor, listener), app, stopping),
        };
        tracing::info!(%issuer, "dev tenant is ready");
        Ok(Self {
            issuer,
            address,
            authority,
            stop,
            server,
        })
    }

    /// Where browsers and clients reach it, with a trailing slash.
    #[must_use]
    pub fn issuer(&self) -> &Url {
        &self.issuer
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority that vouches for the tenant's own, in PEM; none without TLS.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Waits until the tenant ends by itself, which it does only when its listener fails.
    ///
    /// # Errors
    /// The listener's.
    pub async fn stopped(&mut self) -> std::io::Result<()> {
        match (&mut self.server).await {
            Ok(result) => result,
            Err(error) => Err(std::io::Error::other(error)),
        }
    }

    /// Stops taking requests, lets those under way finish within five seconds, and ends.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            tracing::warn!("requests were still under way after the grace period; they are cut");
        }
    }
}

impl Drop for DevTenant {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Answers requests until it is told to stop, or until the handle is gone.
fn serve<L>(listener: L, app: Router, mut stopping: watch::Receiver<bool>) -> JoinHandle<std::io::Result<()>>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
    Connection: for<'a> axum::extract::connect_info::Connected<IncomingStream<'a, L>>,
{
    let service = app.into_make_service_with_connect_info::<Connection>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        drop(stopping.wait_for(|stop| *stop).await);
    });
    tokio::spawn(async move { serving.await })
}

fn tls(tenant: &Tenant, address: SocketAddr) -> Result<Option<Tls>, StartError> {
    let Some(wanted) = &tenant.config.tls else {
        return Ok(None);
    };
    let origins: Vec<&Url> = tenant.domains().chain(&tenant.config.providers_origin).collect();
    let tls = Tls::new(address, &origins)?;
    if let Some(path) = &wanted.authority {
        tls.write_authority(path)?;
    }
    Ok(Some(tls))
}

fn issuer(config: &Config, address: SocketAddr) -> Result<Url, StartError> {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let listening = || {
        Url::parse(&format!("{scheme}://localhost:{}/", address.port()))
            .map_err(|error| StartError::Address(std::io::Error::other(error)))
    };
    let issuer = config.issuer.clone().map_or_else(listening, Ok)?;
    if let Some(custom) = config.custom_domain.as_ref().filter(|url| !is_origin(url)) {
        return Err(StartError::Issuer(custom.clone()));
    }
    if is_origin(&issuer) {
        Ok(issuer)
    } else {
        Err(StartError::Issuer(issuer))
    }
}

/// What a request was sent to is told by its `Host`, so that is what has to differ.
fn check_providers_origin(config: &Config, issuer: &Url) -> Result<(), StartError> {
    let Some(origin) = &config.providers_origin else {
        return Ok(());
    };
    let mut domains = std::iter::once(issuer).chain(&config.custom_domain);
    if !is_origin(origin) || domains.any(|domain| domain.authority() == origin.authority()) {
        return Err(StartError::Providers(origin.clone()));
    }
    Ok(())
}

fn is_origin(url: &Url) -> bool {
    let is_bare = url.has_host() && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    is_bare && matches!(url.scheme(), "http" | "https")
}

fn prepare(config: &Config) -> Result<(Vec<serde_json::Value>, SigningKey), StartError> {
    let users = configured_users(config).map_err(StartError::Users)?;
    let key = match &config.signing_key {
        None => SigningKey::generate()?,
        Some(path) => SigningKey::from_pem(&std::fs::read_to_string(path).map_err(StartError::KeyFile)?)?,
    };
    Ok((users, key))
}

fn router(tenant: Shared, authority: Option<String>) -> Router {
    let observe = middleware::from_fn_with_state(tenant.clone(), dev::observe);
    // CORS is around the faults: a browser's question before a request is not struck, and a struck request's answer can be read by the page that asked.
    let api = oidc::api()
        .merge(management::api(tenant.clone()))
        .layer(observe.clone())
        .layer(oidc::cors(tenant.clone()));
    pages::routes()
        .merge(oidc::pages())
        .merge(management::files())
        .merge(dev::routes(authority))
        .layer(observe)
        .merge(api)
        .layer(middleware::from_fn_with_state(tenant.clone(), oidc::keep_apart))
        .layer(middleware::from_fn_with_state(tenant.clone(), dev::stamp))
        .with_state(tenant)
}
