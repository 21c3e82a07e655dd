//! `[tenant]`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use conjoin_auth0::{ManagementConfig, RelyingPartyConfig};
use conjoin_engine::Limits;
use conjoin_linking::tenant::{Connection, Guards, Tenant, TenantName};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::{MailConfig, WebhookConfig};

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
    /// The tenant's own domain when the issuer is a custom one: the Management API is always there. Default: the issuer.
    pub management_url: Option<Url>,
    /// The machine-to-machine application with `read:users` and `update:users`.
    pub management_client_id: String,
    /// Its secret.
    pub management_client_secret: SecretString,
    /// The connections whose accounts are searched from and offered, by their names in the tenant. Default: the database, passwordless e-mail and Google, which
    /// verify the addresses that they report.
    #[serde(default = "default_connections")]
    pub connections: BTreeMap<String, ConnectionConfig>,
    /// What a policy may never do.
    #[serde(default)]
    pub guards: Guards,
    /// How old a sign-in may be when it counts as proof, in seconds. Default: 600.
    #[serde(default = "default_proof_max_age")]
    pub proof_max_age: u64,
    /// Whether both sign-ins must show a second factor. Default: no.
    #[serde(default)]
    pub require_mfa: bool,
    /// Whether sessions and refresh tokens at the tenant are ended: at a link those of the account that is joined, so that a stranger's session there does not come to
    /// lead to both; at an unlink the primary's. Needs the scopes `delete:sessions` and `delete:refresh_tokens`, which Auth0 offers on Enterprise plans; elsewhere the
    /// tenant refuses, the link goes on, and the page and the audit trail say so. Default: yes.
    #[serde(default = "default_end_sessions")]
    pub end_sessions: bool,
    /// Settings for the policy. Default: none.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// Tells a system of yours of every link. Default: nobody is told.
    pub webhook: Option<WebhookConfig>,
    /// Tells the people themselves. Default: nobody is written to.
    pub mail: Option<MailConfig>,
    /// What support staff and consumers of webhooks show as bearer token to ask what became of an account; at least 32 characters. Default: nobody can ask, and the
    /// endpoint is not there.
    pub lookup_token: Option<SecretString>,
}

/// A connection that the tenant trusts to have verified the addresses it reports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// What a person calls it.
    pub label: String,
    /// SCIM-provisioned accounts must stay primary. Default: no.
    #[serde(default)]
    pub must_be_primary: bool,
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
            end_sessions: self.end_sessions,
            settings: self.settings.clone(),
            limits: Limits::default(),
        }
    }
}

/// Ten minutes: long enough to read a preview, too short for an unattended browser.
pub fn default_proof_max_age() -> u64 {
    600
}

fn default_end_sessions() -> bool {
    true
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
