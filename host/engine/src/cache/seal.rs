//! The authentication code of a cached file.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Entry;

pub(super) const MAC_BYTES: usize = 32;

/// Tells these codes from any other that might be made with the same key.
const LABEL: &[u8] = b"conjoin compiled policy 1\0";

/// HMAC-SHA256 under the host's key.
pub(super) struct Seal(Hmac<Sha256>);

impl Seal {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        // HMAC fills keys up to a block with zeros (RFC 2104, 2); done here, there is no length to get wrong.
        let mut block = [0; 64];
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        Self(Hmac::new(&block.into()))
    }

    /// Label and entry are of fixed length, so no two pairs of entry and code read the same.
    fn over(&self, entry: &Entry, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(LABEL);
        mac.update(entry.bytes());
        mac.update(code);
        mac
    }

    pub(super) fn mac(&self, entry: &Entry, code: &[u8]) -> [u8; MAC_BYTES] {
        self.over(entry, code).finalize().into_bytes().into()
    }

    /// Compared in constant time.
    pub(super) fn is_of(&self, entry: &Entry, code: &[u8], mac: &[u8; MAC_BYTES]) -> bool {
        self.over(entry, code).verify_slice(mac).is_ok()
    }
}
