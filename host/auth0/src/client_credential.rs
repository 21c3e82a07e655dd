//! How an application proves to the tenant which one it is, at the token endpoint.

use std::fmt;
use std::ops::RangeInclusive;
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

/// Bytes of the longest text that is read as a key: one of 4096 bits has 3.3 kB, and a comment before it fits too.
const LONGEST: usize = 16 << 10;

/// Characters of a signature in base64url, which is as long as the modulus: 2048 bits, which RS256 asks for (RFC 7518, 3.3), to 4096. Whether Auth0 takes longer keys is
/// UNCONFIRMED; each token request would wait for them.
const SIGNATURE: RangeInclusive<usize> = 342..=683;

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

/// Why a text is no key to sign with. Nothing of it is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPrivateKey {
    /// Something else, or the key of another algorithm, or one that a passphrase protects.
    #[error("this is no RSA private key in PEM (PKCS #8 or PKCS #1, without a passphrase)")]
    Unreadable,
    /// The half that the tenant has.
    #[error("this is a public key; the private one is needed, and the tenant has the public one")]
    Public,
    /// Nothing can be signed with it.
    #[error("nothing can be signed with this key: it must be whole, and have 2048 to 4096 bits")]
    Unusable,
}

/// An assertion could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the client assertion cannot be signed: {0}")]
pub(crate) struct Unsigned(jsonwebtoken::errors::Error);

impl PrivateKey {
    /// Reads PEM, and signs once with it: whether a key is good for that, nothing else says.
    ///
    /// # Errors
    /// [`InvalidPrivateKey`].
    pub fn from_pem(pem: &SecretString) -> Result<Self, InvalidPrivateKey> {
        let pem = pem.expose_secret();
        if pem.contains("PUBLIC KEY-----") {
            return Err(InvalidPrivateKey::Public);
        }
        if pem.len() > LONGEST {
            return Err(InvalidPrivateKey::Unreadable);
        }
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| InvalidPrivateKey::Unreadable)?;
        let signed = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &json!({}), &key);
        let signed = signed.map_err(|_| InvalidPrivateKey::Unusable)?;
        let signature = signed.rsplit('.').next().unwrap_or_default();
        if !SIGNATURE.contains(&signature.len()) {
            return Err(InvalidPrivateKey::Unusable);
        }
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
