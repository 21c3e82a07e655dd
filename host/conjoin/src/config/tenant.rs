//! `[tenants.NAME]`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use conjoin_auth0::{ClientCredential, ManagementConfig, PrivateKey, RelyingPartyConfig};
use conjoin_linking::tenant::{Connection, GuardPath, Guards, Mode, Tenant, TenantName};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::registry::Rules;
use crate::signing::{Signer, Signers};

use super::{
    ActionConfig, AdminConfig, LimitsConfig, MailConfig, PolicyConfig, PolicyFailureConfig, ReplayConfig, WebhookConfig,
};

/// An Auth0 tenant and how accounts are joined in it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantConfig {
    /// The address under which this tenant's people reach the host, with a host name that no other tenant has: names keep cookies apart, paths would not. Callbacks
    /// are made from it.
    #[schemars(with = "String", extend("format" = "uri"))]
    pub base_url: Url,
    /// The issuer, with the trailing slash that Auth0 uses: `https://example.eu.auth0.com/`.
    #[schemars(with = "String", extend("format" = "uri"))]
    pub issuer: Url,
    /// Whether accounts are joined: `on`; or `observe`: policies are asked and their decisions recorded, and nobody is offered anything, which tries a policy on real
    /// accounts; or `paused`: nothing is asked, offered, linked or unlinked. What was confirmed before is finished in any mode. Default: `on`.
    #[serde(default)]
    pub mode: ModeConfig,
    /// The regular web application through which people sign in.
    #[schemars(length(min = 1))]
    pub client_id: String,
    /// Its secret; or give `client_private_key`.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub client_secret: Option<SecretString>,
    /// Its RSA private key in PEM, whose public half the application has as credential (`private_key_jwt`); instead of `client_secret`.
    #[schemars(with = "Option<String>", extend("format" = "private-key"))]
    pub client_private_key: Option<SecretString>,
    /// The tenant's own domain when the issuer is a custom one: the Management API is always there. Default: the issuer.
    #[schemars(with = "Option<String>", extend("format" = "uri"))]
    pub management_url: Option<Url>,
    /// The machine-to-machine application with `read:users` and `update:users`.
    #[schemars(length(min = 1))]
    pub management_client_id: String,
    /// Its secret; or give `management_client_private_key`.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub management_client_secret: Option<SecretString>,
    /// Its RSA private key in PEM, instead of `management_client_secret`.
    #[schemars(with = "Option<String>", extend("format" = "private-key"))]
    pub management_client_private_key: Option<SecretString>,
    /// The connections whose accounts are searched from and offered, by their names in the tenant. Default: the database, passwordless e-mail and Google, which
    /// verify the addresses that they report.
    #[serde(default = "default_connections")]
    pub connections: BTreeMap<String, ConnectionConfig>,
    /// What a policy may never do.
    #[serde(default)]
    pub guards: GuardsConfig,
    /// How old a sign-in may be when it counts as proof, in seconds. Default: 600, long enough to read a preview, too short for an unattended browser.
    #[serde(default = "default_proof_max_age")]
    #[schemars(range(min = 30, max = 86_400))]
    pub proof_max_age: u64,
    /// Whether both sign-ins must show a second factor. Default: no.
    #[serde(default)]
    pub require_mfa: bool,
    /// Whether sessions and refresh tokens at the tenant are ended: at a link those of the account that is joined, so that a stranger's session there does not come to
    /// lead to both; at an unlink the primary's. Needs the scopes `delete:sessions` and `delete:refresh_tokens`, which Auth0 offers on Enterprise plans; elsewhere the
    /// tenant refuses, the link goes on, and the page and the audit trail say so. Default: yes.
    #[serde(default = "default_end_sessions")]
    pub end_sessions: bool,
    /// The policy that decides here, fixed by this file. Default: none is fixed, so the shipped `joined` decides until the tenant's team activates another by
    /// `conjoin policy activate`, the admin API or its pages.
    pub policy: Option<PolicyConfig>,
    /// Whether an activation needs the word of a second person, with a token or an account of their own. Default: no. Rollback, revocation and shadow need none: they are for when something is wrong, or decide nothing.
    #[serde(default)]
    pub second_approval: bool,
    /// Public keys of [minisign](https://jedisct1.github.io/minisign/), each the line of `minisign.pub` that begins with `RW`. With any, only versions that were uploaded with
    /// a signature by one of them can be activated, proposed, gone back to or tried in shadow, on top of every other condition; policies that ship with the host need none. A
    /// key that is taken out counts no more from the next start on: what it alone signed does not decide then, and what was good before does. Does not concern `policy`,
    /// which this file fixes itself. Default: none, and signatures are neither needed nor taken.
    #[serde(default)]
    #[schemars(with = "Vec<String>", extend("items" = {"type": "string", "format": "minisign-key"}))]
    pub policy_signers: Vec<Signer>,
    /// How the tenant's team signs in to the admin pages beside admin tokens. Default: with tokens alone.
    pub admin: Option<AdminConfig>,
    /// What happens when the active policy fails again and again.
    #[serde(default)]
    pub policy_failure: PolicyFailureConfig,
    /// What is kept of what policies are asked, for asking another version the same.
    #[serde(default)]
    pub replay: ReplayConfig,
    /// The bounds of one policy call.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// The tenant's post-login Action that sends people here in the middle of a sign-in. Default: there is none.
    pub action: Option<ActionConfig>,
    /// Tells a system of yours of every link. Default: nobody is told.
    pub webhook: Option<WebhookConfig>,
    /// Tells the people themselves. Default: nobody is written to.
    pub mail: Option<MailConfig>,
    /// What support staff and consumers of webhooks show as bearer token to ask what became of an account; at least 32 characters. Default: nobody can ask, and the
    /// endpoint is not there.
    #[schemars(with = "Option<String>", length(min = 32))]
    pub lookup_token: Option<SecretString>,
}

/// Whether accounts are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum ModeConfig {
    /// Policies are asked, and nobody is offered anything.
    Observe,
    /// Yes.
    #[default]
    On,
    /// Nothing is asked, offered, linked or unlinked.
    Paused,
}

/// A connection that the tenant trusts to have verified the addresses it reports.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionConfig {
    /// What a person calls it. Shown before anyone has proven anything, so it names nobody.
    pub label: String,
    /// SCIM-provisioned accounts must stay primary, or the next provisioning run makes them anew. Default: no.
    #[serde(default)]
    pub must_be_primary: bool,
}

/// What a policy may never do to this tenant's metadata, whatever it answers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GuardsConfig {
    /// Paths that a link never changes, such as `app_metadata/roles`. What a policy writes there is left out and shown as "kept out". Default: none.
    #[schemars(with = "Vec<String>", extend("items" = {"type": "string", "format": "metadata-path"}))]
    pub locked: Vec<GuardPath>,
    /// Paths where a policy may write values that neither account holds. Default: none, so that a policy can invent nothing.
    #[schemars(with = "Vec<String>", extend("items" = {"type": "string", "format": "metadata-path"}))]
    pub computed: Vec<GuardPath>,
    /// Whether a policy may remove keys of the primary. Default: no.
    pub allow_removals: bool,
    /// Whether the found account may become primary. When not, the account signed in survives whatever the policy says. Default: yes.
    pub allow_found_primary: bool,
}

impl TenantConfig {
    /// For the OIDC relying party.
    ///
    /// # Errors
    /// When there is not exactly one of secret and private key.
    pub fn relying_party(&self) -> anyhow::Result<RelyingPartyConfig> {
        Ok(RelyingPartyConfig {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            credential: credential(self.client_secret.as_ref(), self.client_private_key.as_ref())
                .context("`client_secret`")?,
        })
    }

    /// For the Management API client.
    ///
    /// # Errors
    /// When the address cannot carry paths, or there is not exactly one of secret and private key.
    pub fn management(&self) -> anyhow::Result<ManagementConfig> {
        let base = self.management_url.as_ref().unwrap_or(&self.issuer).clone();
        let audience = base
            .join("api/v2/")
            .context("`management_url` cannot be the base of an address")?
            .to_string();
        let (secret, key) = (
            self.management_client_secret.as_ref(),
            self.management_client_private_key.as_ref(),
        );
        Ok(ManagementConfig {
            base,
            audience,
            client_id: self.management_client_id.clone(),
            credential: credential(secret, key).context("`management_client_secret`")?,
        })
    }

    /// For the registry of policies.
    ///
    /// # Errors
    /// A limit that the engine cannot enforce.
    pub fn rules(&self) -> anyhow::Result<Rules> {
        Ok(Rules {
            limits: self.limits.limits().context("`limits`")?,
            guards: self.guards.clone().into(),
            second_approval: self.second_approval,
            signers: Signers::new(self.policy_signers.clone()),
            failure: self.policy_failure.clone(),
        })
    }

    /// For the domain.
    ///
    /// # Errors
    /// A limit that the engine cannot enforce.
    pub fn linking(&self, name: &str) -> anyhow::Result<Tenant> {
        let connections = self.connections.iter().map(|(name, connection)| Connection {
            name: name.clone(),
            label: connection.label.clone(),
            must_be_primary: connection.must_be_primary,
        });
        Ok(Tenant {
            name: TenantName(name.to_owned()),
            mode: self.mode.into(),
            client_id: self.client_id.clone(),
            connections: connections.collect(),
            guards: self.guards.clone().into(),
            proof_max_age: Duration::from_secs(self.proof_max_age),
            require_mfa: self.require_mfa,
            end_sessions: self.end_sessions,
            limits: self.limits.limits().context("`limits`")?,
            keep: self.replay.keep(),
        })
    }
}

/// # Errors
/// When there is not exactly one of the two.
pub(super) fn credential(
    secret: Option<&SecretString>,
    key: Option<&SecretString>,
) -> anyhow::Result<ClientCredential> {
    match (secret, key) {
        (Some(secret), None) => Ok(ClientCredential::Secret(secret.clone())),
        (None, Some(key)) => Ok(ClientCredential::PrivateKey(PrivateKey::from_pem(key)?)),
        (None, None) => anyhow::bail!("is missing, and so is the private key that can be given instead"),
        (Some(_), Some(_)) => anyhow::bail!("and the private key are both given; one of them proves the application"),
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

impl From<ModeConfig> for Mode {
    fn from(mode: ModeConfig) -> Self {
        match mode {
            ModeConfig::Observe => Self::Observe,
            ModeConfig::On => Self::On,
            ModeConfig::Paused => Self::Paused,
        }
    }
}

impl Default for GuardsConfig {
    fn default() -> Self {
        let Guards {
            locked,
            computed,
            allow_removals,
            allow_found_primary,
        } = Guards::default();
        Self {
            locked,
            computed,
            allow_removals,
            allow_found_primary,
        }
    }
}

impl From<GuardsConfig> for Guards {
    fn from(config: GuardsConfig) -> Self {
        Self {
            locked: config.locked,
            computed: config.computed,
            allow_removals: config.allow_removals,
            allow_found_primary: config.allow_found_primary,
        }
    }
}
