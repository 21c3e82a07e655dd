use std::fmt;

use serde::Deserialize;
use subtle::ConstantTimeEq;
use url::Url;

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
    /// A token for a person's password, sent by the client ("Resource Owner Password", with or without a realm).
    Password,
    /// A token for a code that was mailed (`http://auth0.com/oauth/grant-type/passwordless/otp`).
    PasswordlessOtp,
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
    /// Whose pages may be answered by `web_message`, and call the tenant from a browser; the callbacks' origins may do the latter too.
    #[serde(default)]
    pub web_origins: Vec<UrlPattern>,
    /// Whether each refresh token is good for one use, and a second use ends all that came of it (Auth0's "rotation"). Off by default, as there.
    #[serde(default)]
    pub refresh_token_rotation: bool,
    /// How it may obtain tokens; all but the password and the mailed code by default, as in Auth0.
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

    /// Whether a page of this origin may be answered by `web_message`.
    #[must_use]
    pub fn allows_web_origin(&self, origin: &Url) -> bool {
        self.web_origins.iter().any(|pattern| pattern.matches(origin))
    }

    /// Whether a page of this origin may call the tenant (CORS).
    #[must_use]
    pub fn allows_cross_origin(&self, origin: &Url) -> bool {
        self.allows_web_origin(origin) || self.callbacks.iter().any(|pattern| pattern.is_of_origin(origin))
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
