//! Who signs a team's policies: keys and signatures of [minisign](https://jedisct1.github.io/minisign/), and what a signature is worth.
//!
//! A signature is over the component's bytes and nothing else: cases and settings decide nothing by themselves. Nothing here signs; the secret keys are the team's.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{Error, PublicKey, Signature};
use serde::{Deserialize, Serialize};

/// The most bytes of a signature: minisign's own has about 300, with a comment of any sensible length.
pub const MAX_SIGNATURE: usize = 4 << 10;

/// Where a key's id stands in what a public key or a signature encodes: after two letters that name the algorithm.
const KEY_ID: std::ops::Range<usize> = 2..10;

/// Older releases of minisign sign the bytes themselves, later ones their BLAKE2b hash. Either is Ed25519 over all of them.
const ALLOW_LEGACY: bool = true;

/// The id of a key as minisign writes it: 16 hexadecimal digits in capitals. It tells keys apart and proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

/// A public key whose signatures count.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Signer {
    id: KeyId,
    key: PublicKey,
}

/// The text is no public key of minisign's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no public key of minisign's: the line of `minisign.pub` that begins with `RW`")]
pub struct InvalidSigner;

/// Whose signatures count at a tenant. Where there are none, none is needed.
#[derive(Clone, Debug, Default)]
pub struct Signers(Vec<Signer>);

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is none.
    #[error(
        "the signature cannot be read: it must be what `minisign -S` writes, a `.minisig` file of at most {MAX_SIGNATURE} bytes"
    )]
    Unreadable,
    /// Somebody else's.
    #[error("the signature is by the key {0}, which is none of this tenant's `policy_signers`")]
    UnknownKey(KeyId),
    /// Of other bytes, or not made with the key that it names.
    #[error(
        "the signature by the key {0} is not one of these bytes: either was changed since it was signed, or it is that of another file"
    )]
    Mismatch(KeyId),
}

impl Signers {
    /// Whose signatures count.
    #[must_use]
    pub fn new(signers: Vec<Signer>) -> Self {
        Self(signers)
    }

    /// Whether only what they signed may decide.
    #[must_use]
    pub fn are_named(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether one of them has the key with this id.
    #[must_use]
    pub fn have(&self, id: &KeyId) -> bool {
        self.0.iter().any(|signer| signer.id == *id)
    }

    /// Whose signature of the component it is. Takes some tenths of a second for the largest.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn verify(&self, component: &[u8], signature: &str) -> Result<KeyId, SignatureError> {
        if signature.len() > MAX_SIGNATURE {
            return Err(SignatureError::Unreadable);
        }
        let decoded = Signature::decode(signature).map_err(|_| SignatureError::Unreadable)?;
        let named = signature.lines().nth(1).and_then(key_id);
        let named = named.ok_or(SignatureError::Unreadable)?;
        let mut refused = SignatureError::UnknownKey(named);
        // Ids are not unique: whoever makes a key can give it any.
        for signer in &self.0 {
            match signer.key.verify(component, &decoded, ALLOW_LEGACY) {
                Ok(()) => return Ok(signer.id.clone()),
                Err(Error::UnexpectedKeyId) => {}
                Err(_) => refused = SignatureError::Mismatch(signer.id.clone()),
            }
        }
        Err(refused)
    }
}

impl FromStr for Signer {
    type Err = InvalidSigner;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            key: PublicKey::from_base64(text).map_err(|_| InvalidSigner)?,
            id: key_id(text).ok_or(InvalidSigner)?,
        })
    }
}

impl TryFrom<String> for Signer {
    type Error = InvalidSigner;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The library keeps it to itself. minisign reads the eight bytes as a little-endian number.
fn key_id(line: &str) -> Option<KeyId> {
    let bytes = STANDARD.decode(line.trim_end()).ok()?;
    let id: [u8; 8] = bytes.get(KEY_ID)?.try_into().ok()?;
    Some(KeyId(format!("{:016X}", u64::from_le_bytes(id))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the documentation of `minisign-verify`: "test", signed in both of minisign's ways.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const HASHED: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1633700835\tfile:test\tprehashed
wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==";

    const LEGACY: &str = "untrusted comment: signature from minisign secret key
RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=
trusted comment: timestamp:1555779966\tfile:test
QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==";

    fn signers() -> Signers {
        Signers::new(vec![KEY.parse().unwrap()])
    }

    #[test]
    fn a_key_is_called_as_minisign_calls_it() {
        for signature in [HASHED, LEGACY] {
            let id = signers().verify(b"test", signature).unwrap();
            assert_eq!(id.to_string(), "E7620F1842B4E81F");
            assert!(signers().have(&id) && !Signers::default().have(&id));
        }
    }

    #[test]
    fn a_signature_of_other_bytes_or_with_another_comment_does_not_count() {
        let mismatch = Err(SignatureError::Mismatch(KeyId("E7620F1842B4E81F".to_owned())));
        assert_eq!(signers().verify(b"Test", HASHED), mismatch);
        assert_eq!(signers().verify(b"Test", LEGACY), mismatch);
        assert_eq!(
            signers().verify(b"test", &HASHED.replace("file:test", "file:best")),
            mismatch
        );
        let unknown = Err(SignatureError::UnknownKey(KeyId("E7620F1842B4E81F".to_owned())));
        assert_eq!(Signers::default().verify(b"test", HASHED), unknown);
    }

    #[test]
    fn what_is_no_signature_or_no_key_is_refused() {
        let long = format!("{HASHED}\n{}", " ".repeat(MAX_SIGNATURE));
        for text in ["", "RW", "a\nb\nc\nd", KEY, long.as_str()] {
            assert_eq!(
                signers().verify(b"test", text),
                Err(SignatureError::Unreadable),
                "{text}"
            );
        }
        for text in [
            "",
            "RW",
            &KEY[..40],
            &format!("untrusted comment: minisign public key\n{KEY}"),
        ] {
            assert_eq!(text.parse::<Signer>().unwrap_err(), InvalidSigner, "{text}");
        }
    }
}
