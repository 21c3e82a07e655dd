//! What is agreed with a tenant's Action.

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

/// The Action is in [assets/action](assets/action/README.md), with how to install it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionConfig {
    /// What the Action signs with, and shows when it asks for what a person agreed to; its secret `CONJOIN_SECRET`. At least 32 characters: `openssl rand -base64 32` makes
    /// one. While the two differ, people sign in as if there were no Action.
    #[schemars(with = "String", length(min = 32))]
    pub secret: SecretString,
}
