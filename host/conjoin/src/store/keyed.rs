//! Keyed digests: what only this installation can make and check. They come from one random key, made when the database is first opened and kept in it under the
//! encryption key, so that they stay the same when the encryption key changes.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::{AnyPool, Row};

use super::StoreError;
use super::error::Attempt;
use super::seal::{Place, Sealer};

const TABLE: &str = "secrets";
/// The row of the key that all others are derived from.
const AUDIT: &str = "audit";

/// One key for each purpose: a digest made for one means nothing for another.
pub(super) struct Keys {
    /// Entries of the audit trail.
    pub(super) chain: Keyed,
    /// The ends of audit trails.
    pub(super) head: Keyed,
    /// Metadata bags in the audit trail.
    pub(super) bag: Keyed,
    /// The accounts that sessions belong to.
    pub(super) owner: Keyed,
    /// Secrets of tokens.
    pub(super) token: Keyed,
    /// Compiled policies in a host's folder; not this module's digests but the engine's.
    pub(super) compiled: [u8; 32],
}

/// HMAC-SHA256 under one key.
pub(super) struct Keyed(Hmac<Sha256>);

impl Keys {
    /// Those of this database; made when it has none.
    pub(super) async fn of_database(pool: &AnyPool, sealer: &Sealer) -> Result<Self, StoreError> {
        let sealed = match stored(pool).await? {
            Some(sealed) => sealed,
            None => make(pool, sealer).await?,
        };
        let key: String = sealer.open(place(), &sealed)?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(&key, &mut bytes).map_err(|_| StoreError::UnknownForm { table: TABLE })?;
        let root = Keyed::new(&bytes);
        let derived = |label: &str| Keyed::new(&root.bytes(&[label.as_bytes()]));
        Ok(Self {
            chain: derived("conjoin audit chain"),
            head: derived("conjoin audit head"),
            bag: derived("conjoin audit digest"),
            owner: derived("conjoin session owner"),
            token: derived("conjoin admin token"),
            compiled: root.bytes(&[b"conjoin compiled policies"]),
        })
    }
}

async fn stored(pool: &AnyPool) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT sealed FROM secrets WHERE name = $1")
        .bind(AUDIT)
        .fetch_optional(pool)
        .await
        .to("read the audit key")?;
    row.map(|row| row.try_get("sealed").to("read the audit key"))
        .transpose()
}

/// Of hosts that start at once, one makes it and all read it.
async fn make(pool: &AnyPool, sealer: &Sealer) -> Result<String, StoreError> {
    let key = hex::encode(rand::random::<[u8; 32]>());
    sqlx::query("INSERT INTO secrets (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(AUDIT)
        .bind(sealer.seal(place(), &key)?)
        .execute(pool)
        .await
        .to("keep the audit key")?;
    stored(pool).await?.ok_or(StoreError::Altered { table: TABLE })
}

fn place() -> Place<'static> {
    Place {
        table: TABLE,
        tenant: "",
        row: AUDIT,
    }
}

impl Keyed {
    fn new(key: &[u8; 32]) -> Self {
        // HMAC fills keys up to a block with zeros (RFC 2104, 2); done here, there is no length to get wrong.
        let mut block = [0; 64];
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        Self(Hmac::new(&block.into()))
    }

    /// The digest of `parts` in hexadecimal.
    pub(super) fn of(&self, parts: &[&[u8]]) -> String {
        hex::encode(self.bytes(parts))
    }

    /// Whether `digest` is that of `parts`, compared in constant time.
    pub(super) fn is_of(&self, parts: &[&[u8]], digest: &str) -> bool {
        hex::decode(digest).is_ok_and(|digest| self.over(parts).verify_slice(&digest).is_ok())
    }

    fn bytes(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Each part with its length before it: no two lists of parts read the same.
    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_hmac_sha256_and_depends_on_key_and_parts() {
        // RFC 4231's algorithm over the length-prefixed part, by another implementation.
        let keyed = Keyed::new(&[7; 32]);
        let mut reference = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        reference.update(b"\0\0\0\0\0\0\0\x02ab");
        assert_eq!(keyed.of(&[b"ab"]), hex::encode(reference.finalize().into_bytes()));
        assert_ne!(keyed.of(&[b"ab"]), keyed.of(&[b"a", b"b"]));
        assert_ne!(keyed.of(&[b"ab"]), Keyed::new(&[8; 32]).of(&[b"ab"]));
        assert!(keyed.is_of(&[b"ab"], &keyed.of(&[b"ab"])));
        for wrong in ["", "x", &keyed.of(&[b"ac"]), &keyed.of(&[b"ab"])[..32]] {
            assert!(!keyed.is_of(&[b"ab"], wrong), "{wrong}");
        }
    }
}
