use std::fmt;

use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::url_pattern::UrlPattern;

/// How a client may obtain tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// `code`, exchanged at `/oauth/token`.
    AuthorizationCode,
    /// Tokens from `/authorize`.
    Implicit,
    /// A token for the client itself.
    ClientCredentials,
    /// A token for a refresh token.
    RefreshToken,
}

/// An application registered with the tenant.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its id.
    pub client_id: String,
    /// Its secret; a client with neither secret nor key is public and needs PKCE.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// The public half of the key that it signs assertions with, in PEM, instead of a secret (`private_key_jwt`).
    #[serde(default)]
    pub client_public_key: Option<String>,
    /// Where `/authorize` may answer to.
    #[serde(default)]
    pub callbacks: Vec<UrlPattern>,
    /// Where `/v2/logout` may return to.
    #[serde(default)]
    pub logout_urls: Vec<UrlPattern>,
    /// How it may obtain tokens; everything by default.
    #[serde(default = "every_grant")]
    pub grant_types: Vec<GrantType>,
    /// The scopes of its client grant for the Management API; without any there is no grant.
    #[serde(default)]
    pub management_scopes: Vec<String>,
}

fn every_grant() -> Vec<GrantType> {
    vec![
        GrantType::AuthorizationCode,
        GrantType::Implicit,
        GrantType::ClientCredentials,
        GrantType::RefreshToken,
    ]
}

impl Client {
    /// Whether it may obtain tokens in this way.
    #[must_use]
    pub fn may(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether it has nothing to prove itself with.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.client_secret.is_none() && self.client_public_key.is_none()
    }

    /// Whether a secret is the client's; a public client has none to give.
    #[must_use]
    pub fn accepts(&self, secret: Option<&str>) -> bool {
        match (&self.client_secret, secret) {
            (Some(own), Some(given)) => own.as_bytes().ct_eq(given.as_bytes()).into(),
            _ => self.is_public(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
