//! The keys that a host has: the one that it seals with, and those that earlier rows may still be sealed with.

use super::EncryptionKey;

/// The current key, and previous ones that only open.
///
/// To change the key: give every host the new key as the current one and the old one as a previous one, then run [`super::Store::reseal`], and once nothing is left
/// under the old key take it out of the configuration.
#[derive(Debug)]
pub struct KeyRing {
    pub(super) current: EncryptionKey,
    pub(super) previous: Vec<EncryptionKey>,
}

impl KeyRing {
    /// A ring that seals with `current` and opens with any of them.
    pub fn new(current: EncryptionKey, previous: Vec<EncryptionKey>) -> Self {
        Self { current, previous }
    }
}

impl From<EncryptionKey> for KeyRing {
    fn from(current: EncryptionKey) -> Self {
        Self::new(current, Vec::new())
    }
}
