//! What a tenant is started with: one TOML file, or the seeded `dev` tenant by default.

mod action;
mod client;
mod connection;
mod rate_limit;
mod readings;
mod resource_server;
mod tls;
mod url_pattern;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use url::Url;

pub use action::PostLoginAction;
pub use client::{Client, GrantType};
pub use connection::{Connection, Organization};
pub use rate_limit::{Bucket, Endpoint, Kind, Plan, RateLimit};
pub use readings::{Absent, Readings};
pub use resource_server::ResourceServer;
pub use tls::TlsConfig;
pub use url_pattern::UrlPattern;

use crate::dev::FaultRule;
use crate::seed;

/// The whole configuration. Every field has a default: the seeded tenant described in the crate's documentation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where browsers and clients reach the tenant, when that is not the listening address: behind a TLS front, say. Path `/` only.
    pub issuer: Option<Url>,
    /// A second origin that leads to the tenant (Auth0's custom domains): what is asked there says so in `iss`. The Management API's audience stays the issuer's.
    pub custom_domain: Option<Url>,
    /// A further origin that leads to the tenant's listener, where the simulated providers are, and nothing else: to a browser they are other sites then, as real ones are.
    /// By default they are pages of the tenant's own origin.
    pub providers_origin: Option<Url>,
    /// HTTPS instead of HTTP, with a certificate by an authority that is made at each start.
    pub tls: Option<TlsConfig>,
    /// The applications.
    pub clients: Vec<Client>,
    /// The connections, in the order of the sign-in page. The first of strategy `auth0` takes the password form.
    pub connections: Vec<Connection>,
    /// The organizations that `organization=` may name.
    pub organizations: Vec<Organization>,
    /// The APIs that access tokens can be for, beside the Management API.
    pub resource_servers: Vec<ResourceServer>,
    /// Limits of the Management API, and with one of Auth0's plans of the Authentication API too; none by default.
    pub rate_limit: RateLimit,
    /// Faults in force from the start, as `PUT /_dev/faults` takes them.
    pub faults: Vec<FaultRule>,
    /// A JSON array of users in Auth0's shape with `password` added; relative to the configuration file. The seed by default.
    pub users: Option<PathBuf>,
    /// Milliseconds until the users search sees a change.
    pub search_lag_ms: u64,
    /// Milliseconds until an export or import is done.
    pub job_lag_ms: u64,
    /// An RSA private key in PKCS#8 PEM; relative to the configuration file. A new key of 2048 bits by default.
    pub signing_key: Option<PathBuf>,
    /// Whether a simulated provider with a live session answers without asking, as real ones do. By default it always asks.
    pub silent_upstream: bool,
    /// Seconds that the tenant's whole clock is ahead, or behind when negative.
    pub clock_skew: i64,
    /// Whether the plan includes the management of sessions and refresh tokens; without it their endpoints answer 403 `insufficient_entitlement`.
    pub session_management: bool,
    /// Whether discovery names an `end_session_endpoint`, as tenants made since November 2023 do.
    pub rp_initiated_logout: bool,
    /// Whether the tenant takes pushed authorization requests (RFC 9126) and says so in discovery.
    pub pushed_authorization_requests: bool,
    /// What is not confirmed of Auth0, and can be switched.
    pub unconfirmed: Readings,
    /// JavaScript that runs before each sign-in is answered, as a post-login Action does at Auth0. None by default.
    pub post_login_action: Option<PostLoginAction>,
    /// Where `/v2/logout` may return to when the request names no client.
    pub logout_urls: Vec<UrlPattern>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: None,
            custom_domain: None,
            providers_origin: None,
            tls: None,
            clients: seed::clients(),
            connections: seed::connections(),
            organizations: seed::organizations(),
            resource_servers: seed::resource_servers(),
            rate_limit: RateLimit::default(),
            faults: Vec::new(),
            users: None,
            search_lag_ms: 0,
            job_lag_ms: 0,
            signing_key: None,
            silent_upstream: false,
            clock_skew: 0,
            session_management: true,
            rp_initiated_logout: true,
            pushed_authorization_requests: false,
            unconfirmed: Readings::default(),
            post_login_action: None,
            logout_urls: seed::logout_urls(),
        }
    }
}

/// Why a configuration file is not accepted.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML, or names a setting that does not exist, or gives one a wrong type.
    #[error("{path}: {source}")]
    Parse {
        /// Which file.
        path: PathBuf,
        /// What and where.
        source: Box<toml::de::Error>,
    },
}

impl Config {
    /// Reads a TOML file. Paths in it are taken relative to its folder.
    ///
    /// # Errors
    /// When the file cannot be read or holds anything but these settings.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let parsed: Result<Self, _> = toml::from_str(&text);
        let mut config = parsed.map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let authority = config.tls.as_mut().and_then(|tls| tls.authority.as_mut());
        let action = config.post_login_action.as_mut().map(|action| &mut action.file);
        let files = [config.users.as_mut(), config.signing_key.as_mut(), authority, action];
        for file in files.into_iter().flatten() {
            *file = folder.join(&*file);
        }
        Ok(config)
    }

    /// The client with this id.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.client_id == id)
    }

    /// The connection with this name.
    #[must_use]
    pub fn connection(&self, name: &str) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.name == name)
    }

    /// The organization of this id or name: Auth0 takes both.
    #[must_use]
    pub fn organization(&self, named: &str) -> Option<&Organization> {
        self.organizations
            .iter()
            .find(|known| known.id == named || known.name == named)
    }

    /// The API with this identifier.
    #[must_use]
    pub fn resource_server(&self, identifier: &str) -> Option<&ResourceServer> {
        self.resource_servers
            .iter()
            .find(|known| known.identifier == identifier)
    }

    /// The connection that takes the password form when a request names none.
    #[must_use]
    pub fn default_database(&self) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.is_database())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_sets_what_it_names_and_keeps_the_rest() {
        let text = r#"
            issuer = "https://tenant.example.com"
            rate_limit = "free"
            search_lag_ms = 250
            [[clients]]
            client_id = "app"
            client_secret = "secret"
            callbacks = ["https://app.example.com/callback"]
            grant_types = ["authorization_code"]
            [[faults]]
            method = "PATCH"
            path = "/api/v2/users/*"
            status = 500
        "#;
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(
            config.issuer.as_ref().map(Url::as_str),
            Some("https://tenant.example.com/")
        );
        assert_eq!(config.clients.len(), 1);
        assert_eq!(config.faults.len(), 1);
        assert!(config.connection("google-oauth2").is_some());
    }

    #[test]
    fn an_unknown_setting_is_named() {
        let error = toml::from_str::<Config>("isuer = \"https://x.example\"").unwrap_err();
        assert!(error.to_string().contains("isuer"), "{error}");
    }
}
