//! Where a tenant's events go.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// A consumer of webhooks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where events are posted to. `https`, but for an address of this machine.
    #[schemars(with = "String", extend("format" = "uri"))]
    pub url: Url,
    /// What they are signed with: `whsec_` and 24 to 64 random bytes in base64. Each signs every event, so that a consumer can change over: add the new one, change
    /// the consumer, remove the old one.
    #[schemars(with = "Vec<String>", length(min = 1), extend("items" = {"type": "string", "format": "webhook-secret"}))]
    pub secrets: Vec<SecretString>,
}

/// How people are written to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The mail server, with user and password, percent-encoded where they need it: `smtps://user:password@host` (port 465), or
    /// `smtp://user:password@host?tls=required` (port 587).
    #[schemars(with = "String")]
    pub smtp: SecretString,
    /// The sender, an address that your domain's SPF and DKIM cover: `Accounts <accounts@example.com>`.
    #[schemars(extend("format" = "mailbox"))]
    pub from: String,
    /// Whether mail may cross a network unencrypted, and then without a password. Default: no. To this machine itself, `smtp://127.0.0.1:2525`, it may anyway.
    #[serde(default)]
    pub allow_plain: bool,
}
