//! The tenant's signing keys: RSA only, as its JWKS says.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A key could not be made or read.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The system's cryptography refused to make one.
    #[error("cannot make an RSA key")]
    Generate,
    /// The text is not an RSA private key in PKCS#8 PEM.
    #[error("not an RSA private key in PKCS#8 PEM")]
    Unreadable,
}

/// One RSA key with everything made from it.
pub struct SigningKey {
    /// The name under which the JWKS publishes it.
    pub key_id: String,
    /// Signs.
    pub private: EncodingKey,
    /// Verifies.
    pub public: DecodingKey,
    /// The public key in PEM: what a verifier that confuses algorithms takes for an HMAC secret.
    pub public_pem: String,
    /// The public key as the JWKS lists it.
    pub jwk: Value,
}

impl SigningKey {
    /// Makes a key of 2048 bits. Takes some 100 ms: not for an async thread.
    ///
    /// # Errors
    /// When the system's cryptography refuses.
    pub fn generate() -> Result<Self, KeyError> {
        Self::from_pair(&KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?)
    }

    /// Reads a private key in PKCS#8 PEM.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = BASE64_STANDARD.decode(body.trim()).map_err(|_| KeyError::Unreadable)?;
        Self::from_pair(&KeyPair::from_pkcs8(&der).map_err(|_| KeyError::Unreadable)?)
    }

    fn from_pair(pair: &KeyPair) -> Result<Self, KeyError> {
        let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generate)?;
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| KeyError::Generate)?;
        let private = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes())
            .map_err(|_| KeyError::Unreadable)?;
        let public_pem = pem("PUBLIC KEY", public.as_ref());
        let jwk = Jwk::from_encoding_key(&private, Algorithm::RS256).map_err(|_| KeyError::Unreadable)?;
        let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| KeyError::Unreadable)?;
        let key_id = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(public.as_ref()));
        let mut jwk = serde_json::to_value(&jwk).map_err(|_| KeyError::Unreadable)?;
        if let (Value::Object(jwk), Value::Object(names)) =
            (&mut jwk, json!({"kid": key_id, "use": "sig", "alg": "RS256"}))
        {
            jwk.extend(names);
        }
        Ok(Self {
            key_id,
            private,
            public: decoding,
            public_pem,
            jwk,
        })
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(der);
    let lines: Vec<String> = encoded
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The current key, and those still published so that older tokens verify.
#[derive(Clone)]
pub struct KeyRing {
    current: Arc<SigningKey>,
    earlier: Vec<Arc<SigningKey>>,
}

impl KeyRing {
    /// A ring of one key.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        Self {
            current: Arc::new(key),
            earlier: Vec::new(),
        }
    }

    /// The key that signs.
    #[must_use]
    pub fn current(&self) -> Arc<SigningKey> {
        Arc::clone(&self.current)
    }

    /// Every published key, the current one first.
    pub fn published(&self) -> impl Iterator<Item = &Arc<SigningKey>> {
        std::iter::once(&self.current).chain(&self.earlier)
    }

    /// Signs with a new key from now on. The old one stays published only if asked to, as after Auth0's "rotate"; else it is gone, as after "revoke".
    pub fn rotate(&mut self, key: SigningKey, keep_previous: bool) {
        let previous = std::mem::replace(&mut self.current, Arc::new(key));
        if keep_previous {
            self.earlier.insert(0, previous);
            // Auth0 publishes the current, the next and the previous key; a bound keeps a rotating test from growing the set.
            self.earlier.truncate(3);
        } else {
            self.earlier.clear();
        }
    }
}
