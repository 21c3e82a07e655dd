//! What the host is told: by `conjoin serve --config FILE`, or by `conjoin dev` on its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use conjoin_auth0::{ManagementConfig, RelyingPartyConfig};
use conjoin_engine::Limits;
use conjoin_linking::tenant::{Connection, Guards, Tenant, TenantName};
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

/// A host with one tenant. Every key can also come from the environment: `CONJOIN_TENANT__CLIENT_SECRET` is `client_secret` of `[tenant]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the host listens. Put a TLS front before it.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The address under which browsers reach the host; callbacks are made from it.
    pub base_url: Url,
    /// `sqlite:///path/conjoin.db` or `postgres://…`.
    pub database_url: String,
    /// 32 random bytes in base64: what keeps originals, sessions and proofs encrypted at rest. Losing it loses the ability to unlink with metadata.
    pub encryption_key: SecretString,
    /// A policy component; the shipped policy `joined` without one.
    pub policy: Option<PathBuf>,
    /// The Auth0 tenant.
    pub tenant: TenantConfig,
}

/// An Auth0 tenant and how accounts are joined in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// What this host calls it.
    pub name: String,
    /// The issuer, with the trailing slash that Auth0 uses: `https://example.eu.auth0.com/`.
    pub issuer: Url,
    /// The regular web application through which people sign in.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// The tenant's own domain when the issuer is a custom one: the Management API is always there.
    pub management_url: Option<Url>,
    /// The machine-to-machine application with `read:users` and `update:users`.
    pub management_client_id: String,
    /// Its secret.
    pub management_client_secret: SecretString,
    /// The connections whose accounts are searched from and offered, by their names in the tenant.
    #[serde(default = "default_connections")]
    pub connections: BTreeMap<String, ConnectionConfig>,
    /// What a policy may never do.
    #[serde(default)]
    pub guards: Guards,
    /// How old a sign-in may be when it counts as proof, in seconds.
    #[serde(default = "default_proof_max_age")]
    pub proof_max_age: u64,
    /// Whether both sign-ins must show a second factor.
    #[serde(default)]
    pub require_mfa: bool,
    /// Settings for the policy.
    #[serde(default)]
    pub settings: Map<String, Value>,
}

/// A connection that the tenant trusts to have verified the addresses it reports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// What a person calls it.
    pub label: String,
    /// SCIM-provisioned accounts must stay primary.
    #[serde(default)]
    pub must_be_primary: bool,
}

impl Config {
    /// Reads a file and the environment over it.
    ///
    /// # Errors
    /// Every unknown key and bad value, with its place.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        // The environment variable that sets the log is not a key.
        let environment = Env::prefixed("CONJOIN_").ignore(&["log"]).split("__");
        let figment = Figment::new().merge(Toml::file_exact(path)).merge(environment);
        figment.extract().with_context(|| format!("reading {}", path.display()))
    }
}

impl TenantConfig {
    /// For the OIDC relying party.
    pub fn relying_party(&self) -> RelyingPartyConfig {
        RelyingPartyConfig {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
        }
    }

    /// For the Management API client.
    ///
    /// # Errors
    /// When the address cannot carry paths.
    pub fn management(&self) -> anyhow::Result<ManagementConfig> {
        let base = self.management_url.as_ref().unwrap_or(&self.issuer).clone();
        let audience = base
            .join("api/v2/")
            .context("`management_url` cannot be the base of an address")?
            .to_string();
        Ok(ManagementConfig {
            base,
            audience,
            client_id: self.management_client_id.clone(),
            client_secret: self.management_client_secret.clone(),
        })
    }

    /// For the domain.
    pub fn linking(&self) -> Tenant {
        let connections = self.connections.iter().map(|(name, connection)| Connection {
            name: name.clone(),
            label: connection.label.clone(),
            must_be_primary: connection.must_be_primary,
        });
        Tenant {
            name: TenantName(self.name.clone()),
            client_id: self.client_id.clone(),
            connections: connections.collect(),
            guards: self.guards.clone(),
            proof_max_age: Duration::from_secs(self.proof_max_age),
            require_mfa: self.require_mfa,
            end_sessions: true,
            settings: self.settings.clone(),
            limits: Limits::default(),
        }
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 3000))
}

/// Ten minutes: long enough to read a preview, too short for an unattended browser.
pub fn default_proof_max_age() -> u64 {
    600
}

/// The connections whose e-mail addresses Auth0 or the provider verifies.
pub fn default_connections() -> BTreeMap<String, ConnectionConfig> {
    let known = [
        ("Username-Password-Authentication", "e-mail and password"),
        ("email", "a code by e-mail"),
        ("google-oauth2", "Google"),
    ];
    let entry = |(name, label): (&str, &str)| {
        (
            name.to_owned(),
            ConnectionConfig {
                label: label.to_owned(),
                must_be_primary: false,
            },
        )
    };
    known.into_iter().map(entry).collect()
}
