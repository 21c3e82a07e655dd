//! The key that everything about a person is sealed with.

use std::fmt;

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Generate, Key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};

/// Separates a key's id from every other digest that might be made of the key.
const ID_LABEL: &[u8] = b"conjoin encryption key id\0";

/// 256 random bits for AES-256-GCM.
///
/// Nonces are random, so one key is good for 2^32 rows written (NIST SP 800-38D, 8.3): over a century at one write a second.
pub struct EncryptionKey(SecretBox<[u8; 32]>);

/// The text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an encryption key is 32 random bytes in base64; `openssl rand -base64 32` makes one")]
pub struct InvalidKey;

impl EncryptionKey {
    /// Reads a key from standard base64 with padding, as [`Self::to_base64`] writes it.
    ///
    /// # Errors
    /// [`InvalidKey`] when the text is not base64 of exactly 32 bytes, or all of them are zero.
    pub fn from_base64(text: &SecretString) -> Result<Self, InvalidKey> {
        let mut bytes = STANDARD.decode(text.expose_secret().trim()).map_err(|_| InvalidKey)?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| InvalidKey)?;
        bytes.fill(0);
        if key == [0; 32] {
            return Err(InvalidKey);
        }
        Ok(Self(SecretBox::new(Box::new(key))))
    }

    /// A new key from the operating system's generator.
    pub fn generate() -> Self {
        Self(SecretBox::new(Box::new(Key::<Aes256Gcm>::generate().into())))
    }

    /// The key itself, for the one place that keeps it. Whoever has it reads everything.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0.expose_secret())
    }

    /// A short name that says nothing about the key: eight hexadecimal digits, stored with every row it sealed.
    pub fn id(&self) -> String {
        let digest = Sha256::new()
            .chain_update(ID_LABEL)
            .chain_update(self.0.expose_secret())
            .finalize();
        hex::encode(digest).chars().take(8).collect()
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EncryptionKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_base64_and_keeps_its_id() {
        let key = EncryptionKey::generate();
        let again = EncryptionKey::from_base64(&SecretString::from(format!(" {}\n", key.to_base64()))).unwrap();
        assert_eq!(key.bytes(), again.bytes());
        assert_eq!(key.id(), again.id());
        assert_eq!(key.id().len(), 8);
        assert_ne!(key.id(), EncryptionKey::generate().id());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "short",
            &STANDARD.encode([7; 31]),
            &STANDARD.encode([7; 33]),
            &STANDARD.encode([0; 32]),
        ] {
            assert_eq!(
                EncryptionKey::from_base64(&SecretString::from(text)).unwrap_err(),
                InvalidKey
            );
        }
    }

    #[test]
    fn its_debug_output_does_not_hold_it() {
        let key = EncryptionKey::generate();
        assert_eq!(format!("{key:?}"), format!("EncryptionKey({})", key.id()));
    }
}
