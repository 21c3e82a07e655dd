//! How an application proves to the tenant which one it is, at the token endpoint.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use time::OffsetDateTime;
use url::Url;

/// RFC 7523 §2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion is good for, in seconds. Auth0 takes at most 300; it is used at once, so a stolen one is worth little.
const LIFETIME: i64 = 60;

/// What an application is registered with.
#[derive(Clone)]
pub enum ClientCredential {
    /// A shared secret, sent in the body (`client_secret_post`, Auth0's default).
    Secret(SecretString),
    /// A key whose public half the tenant has (`private_key_jwt`): what travels is an assertion that it signed, and never the key.
    PrivateKey(PrivateKey),
}

/// An RSA private key, for RS256.
#[derive(Clone)]
pub struct PrivateKey(Arc<EncodingKey>);

/// The text is no RSA private key in PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no RSA private key in PEM (PKCS #8 or PKCS #1)")]
pub struct InvalidPrivateKey;

/// An assertion could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the client assertion cannot be signed: {0}")]
pub(crate) struct Unsigned(jsonwebtoken::errors::Error);

impl PrivateKey {
    /// Reads PEM.
    ///
    /// # Errors
    /// [`InvalidPrivateKey`], which quotes nothing.
    pub fn from_pem(pem: &SecretString) -> Result<Self, InvalidPrivateKey> {
        let key = EncodingKey::from_rsa_pem(pem.expose_secret().as_bytes()).map_err(|_| InvalidPrivateKey)?;
        Ok(Self(Arc::new(key)))
    }
}

impl ClientCredential {
    /// What the token request says beside its `client_id`. `tenant` is the domain that is asked: an assertion is made for it alone.
    pub(crate) fn form(&self, client_id: &str, tenant: &Url) -> Result<Vec<(&'static str, String)>, Unsigned> {
        match self {
            Self::Secret(secret) => Ok(vec![("client_secret", secret.expose_secret().to_owned())]),
            Self::PrivateKey(key) => Ok(vec![
                ("client_assertion_type", ASSERTION_TYPE.to_owned()),
                ("client_assertion", key.assertion(client_id, tenant).map_err(Unsigned)?),
            ]),
        }
    }
}

impl PrivateKey {
    /// RFC 7523 §3, as Auth0 asks for it: issuer and subject are the client, the audience is the tenant's domain with its closing slash.
    fn assertion(&self, client_id: &str, tenant: &Url) -> Result<String, jsonwebtoken::errors::Error> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": tenant.as_str(),
            "iat": now,
            "exp": now.saturating_add(LIFETIME),
            "jti": format!("{:032x}", rand::random::<u128>()),
        });
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.0)
    }
}

impl From<SecretString> for ClientCredential {
    fn from(secret: SecretString) -> Self {
        Self::Secret(secret)
    }
}

impl fmt::Debug for ClientCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Secret(_) => "Secret",
            Self::PrivateKey(_) => "PrivateKey",
        })
    }
}
