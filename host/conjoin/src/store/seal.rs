//! Encrypts values so that they open only in the row they were written to.

use std::fmt;

use aes_gcm::aead::{Aead, Generate, Nonce, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conjoin_linking::tenant::TenantName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{EncryptionKey, KeyRing, StoreError};

/// AES-GCM's nonce, in bytes.
const NONCE: usize = 12;

/// Seals and opens values: AES-256-GCM over JSON, written `key id.base64(nonce + ciphertext)`.
pub(super) struct Sealer {
    /// Seals, and opens.
    current: Lock,
    /// Only open.
    previous: Vec<Lock>,
}

struct Lock {
    cipher: Aes256Gcm,
    key_id: String,
}

/// The row that a value belongs to. It is authenticated with the value, so that a ciphertext copied to another row does not open there.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The table's name.
    pub table: &'static str,
    /// Empty for what belongs to no tenant.
    pub tenant: &'a str,
    /// The rest of the primary key.
    pub row: &'a str,
}

impl<'a> Place<'a> {
    /// A row of a tenant's.
    pub(super) fn of(table: &'static str, tenant: &'a TenantName, row: &'a str) -> Self {
        Self {
            table,
            tenant: &tenant.0,
            row,
        }
    }
}

/// A name that nobody can guess, and that nothing else has.
pub(super) fn new_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// What is stored in place of a value that is itself a credential, such as a session id: whoever reads the database cannot use it.
pub(super) fn digest(credential: &str) -> String {
    hex::encode(Sha256::digest(credential))
}

impl Sealer {
    pub(super) fn new(keys: &KeyRing) -> Self {
        Self {
            current: Lock::new(&keys.current),
            previous: keys.previous.iter().map(Lock::new).collect(),
        }
    }

    /// What every value starts with that is sealed under the current key.
    pub(super) fn current_prefix(&self) -> String {
        format!("{}.", self.current.key_id)
    }

    pub(super) fn seal<T: Serialize>(&self, place: Place<'_>, value: &T) -> Result<String, StoreError> {
        let unsealable = StoreError::Unsealable { table: place.table };
        let Ok(clear) = serde_json::to_vec(value) else {
            return Err(unsealable);
        };
        // The parser stops at 128 levels, the writer does not. What could not be read back must fail now, before anyone relies on it.
        if serde_json::from_slice::<Value>(&clear).is_err() {
            return Err(unsealable);
        }
        self.seal_bytes(place, &clear)
    }

    /// The same value under the current key.
    pub(super) fn reseal(&self, place: Place<'_>, sealed: &str) -> Result<String, StoreError> {
        let clear = self.open_bytes(place, sealed)?;
        self.seal_bytes(place, &clear)
    }

    fn seal_bytes(&self, place: Place<'_>, clear: &[u8]) -> Result<String, StoreError> {
        let nonce = Nonce::<Aes256Gcm>::generate();
        let associated = place.to_bytes();
        let payload = Payload {
            msg: clear,
            aad: &associated,
        };
        let Ok(ciphertext) = self.current.cipher.encrypt(&nonce, payload) else {
            return Err(StoreError::Unsealable { table: place.table });
        };
        let mut sealed = nonce.to_vec();
        sealed.extend(ciphertext);
        Ok(format!("{}.{}", self.current.key_id, STANDARD.encode(sealed)))
    }

    pub(super) fn open<T: DeserializeOwned>(&self, place: Place<'_>, sealed: &str) -> Result<T, StoreError> {
        let clear = self.open_bytes(place, sealed)?;
        serde_json::from_slice(&clear).map_err(|_| StoreError::UnknownForm { table: place.table })
    }

    fn open_bytes(&self, place: Place<'_>, sealed: &str) -> Result<Vec<u8>, StoreError> {
        let table = place.table;
        let (key_id, text) = sealed.split_once('.').ok_or(StoreError::Altered { table })?;
        let Some(lock) = self.locks().find(|lock| lock.key_id == key_id) else {
            return Err(StoreError::OtherKey {
                table,
                found: key_id.chars().take(8).collect(),
                held: self.key_ids(),
            });
        };
        lock.decrypt(place, text).ok_or(StoreError::Altered { table })
    }

    fn locks(&self) -> impl Iterator<Item = &Lock> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    fn key_ids(&self) -> String {
        let ids: Vec<_> = self.locks().map(|lock| lock.key_id.as_str()).collect();
        ids.join(", ")
    }
}

impl Lock {
    fn new(key: &EncryptionKey) -> Self {
        Self {
            cipher: Aes256Gcm::new(key.bytes().into()),
            key_id: key.id(),
        }
    }

    fn decrypt(&self, place: Place<'_>, text: &str) -> Option<Vec<u8>> {
        let bytes = STANDARD.decode(text).ok()?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE>()?;
        let associated = place.to_bytes();
        let payload = Payload {
            msg: ciphertext,
            aad: &associated,
        };
        self.cipher.decrypt(nonce.into(), payload).ok()
    }
}

impl Place<'_> {
    /// Each part with its length before it: no two places read the same.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.table, self.tenant, self.row] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealer({})", self.key_ids())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'_> = Place {
        table: "links",
        tenant: "acme",
        row: "1",
    };

    fn sealer() -> Sealer {
        Sealer::new(&EncryptionKey::generate().into())
    }

    #[test]
    fn a_value_opens_where_it_was_sealed_and_is_not_readable_before() {
        let sealer = sealer();
        let sealed = sealer.seal(HERE, &"ada@example.com").unwrap();
        assert!(!sealed.contains("ada@example.com"));
        assert_eq!(sealer.open::<String>(HERE, &sealed).unwrap(), "ada@example.com");
        assert_ne!(sealed, sealer.seal(HERE, &"ada@example.com").unwrap(), "nonces repeat");
    }

    #[test]
    fn it_opens_in_no_other_row() {
        let sealer = sealer();
        let sealed = sealer.seal(HERE, &1).unwrap();
        for place in [
            Place {
                table: "decisions",
                ..HERE
            },
            Place {
                tenant: "acm",
                row: "e1",
                ..HERE
            },
            Place {
                tenant: "other",
                ..HERE
            },
            Place { row: "2", ..HERE },
        ] {
            assert!(matches!(
                sealer.open::<i32>(place, &sealed),
                Err(StoreError::Altered { .. })
            ));
        }
    }

    #[test]
    fn what_could_not_be_read_back_is_not_sealed() {
        let nested = |levels| (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
        let sealer = sealer();
        let sealed = sealer.seal(HERE, &nested(127)).unwrap();
        assert_eq!(sealer.open::<Value>(HERE, &sealed).unwrap(), nested(127));
        assert!(matches!(
            sealer.seal(HERE, &nested(128)),
            Err(StoreError::Unsealable { table: "links" })
        ));
    }

    #[test]
    fn previous_keys_open_and_only_the_current_one_seals() {
        let (old, new) = (EncryptionKey::generate(), EncryptionKey::generate());
        let copy = |key: &EncryptionKey| EncryptionKey::from_base64(&key.to_base64().into()).unwrap();
        let before = Sealer::new(&copy(&old).into());
        let between = Sealer::new(&KeyRing::new(copy(&new), vec![old]));
        let after = Sealer::new(&new.into());
        let sealed = before.seal(HERE, &1).unwrap();
        assert_eq!(between.open::<i32>(HERE, &sealed).unwrap(), 1);
        assert!(matches!(
            after.open::<i32>(HERE, &sealed),
            Err(StoreError::OtherKey { .. })
        ));
        let resealed = between.reseal(HERE, &sealed).unwrap();
        assert_eq!(after.open::<i32>(HERE, &resealed).unwrap(), 1);
        assert!(resealed.starts_with(&after.current_prefix()));
    }

    #[test]
    fn every_damage_is_an_error_that_says_what_to_do() {
        let sealer = sealer();
        let sealed = sealer.seal(HERE, &1).unwrap();
        let (id, _) = sealed.split_once('.').unwrap();
        for damaged in [
            "",
            "x",
            &format!("{id}."),
            &format!("{id}.AAAA"),
            &sealed[..sealed.len() - 4],
            &format!("{id}.é"),
        ] {
            assert!(
                matches!(
                    sealer.open::<i32>(HERE, damaged),
                    Err(StoreError::Altered { table: "links" })
                ),
                "{damaged}"
            );
        }
        assert!(matches!(
            sealer.open::<String>(HERE, &sealed),
            Err(StoreError::UnknownForm { .. })
        ));
        let other = self::sealer();
        let error = other.open::<i32>(HERE, &sealed).unwrap_err();
        assert!(
            error.to_string().contains(id) && error.to_string().contains(&other.key_ids()),
            "{error}"
        );
    }
}
