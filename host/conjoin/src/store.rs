//! What the host keeps: the journal of links, the audit trail, messages to others, locks, decisions, sign-ins under way and browser sessions, in SQLite or
//! PostgreSQL.
//!
//! One set of queries serves both: `$1` placeholders, TEXT and BIGINT columns. Whatever describes a person is sealed before it reaches the database (see
//! [`KeyRing`]); plain columns hold only what queries need. What is not here: any rule about when a stage may follow another, who may confirm, or how a
//! message is delivered.
//!
//! Reading order: `connect` opens the database and `write` begins transactions; `seal` encrypts and `keyed` makes digests; then one file for each table:
//! `journal` with `links`, `locks`, and `decisions`, which `noting` writes; `audit`, `outbox`, `sign_ins`, `visits`, `sessions`; and what the team brings: `policy_versions` with `checks`, `signatures`, `activations`, `beginnings`, `proposals`,
//! `shadows`, `exchanges`, `tokens`. Last what operating needs: `lookups`, `listing`, `sweep`, `retention`,
//! `erasure`, `reseal`, `backup`.

mod activations;
mod audit;
mod backup;
mod beginnings;
mod checks;
mod clock;
mod connect;
mod decisions;
mod erasure;
mod error;
mod exchanges;
mod journal;
mod key;
mod key_ring;
mod keyed;
mod links;
mod listing;
mod locks;
mod lookups;
mod noting;
mod outbox;
mod policy_versions;
mod proposals;
mod reports;
mod reseal;
mod retention;
mod seal;
mod sessions;
mod shadows;
mod sign_ins;
mod signatures;
mod sweep;
mod tokens;
mod visits;
mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use conjoin_linking::tenant::TenantName;
use sqlx::AnyPool;
use tokio::sync::{Mutex, Notify};

pub use activations::{Activation, ActivationFacts, ActivationKind, Swapped};
pub use audit::{AuditBroken, AuditHead, AuditLine};
pub use beginnings::{Beginning, KeptDescription};
pub use checks::CheckClaim;
pub use decisions::NotedDecision;
pub use erasure::Forgotten;
pub use error::StoreError;
pub use exchanges::KeptExchange;
pub use key::{EncryptionKey, InvalidKey};
pub use key_ring::KeyRing;
pub use outbox::{Channel, Channels, Message, MessageState};
pub use policy_versions::{NewVersion, PolicyVersion, StoredCase, VersionFacts, VersionState};
pub use proposals::{Proposal, ProposalFacts};
pub use reports::{DuplicatesReport, ReportState};
pub use reseal::{Resealed, UnreadableRow};
pub use sessions::{SESSION_HANDLE, SESSION_OWNER};
pub use shadows::{Shadow, ShadowFacts};
pub use sign_ins::TakenSignIn;
pub use signatures::{MOST_SIGNATURES, Signed, VersionSignature};
pub use tokens::{Token, TokenFacts};

use connect::{Connections, Kind};
use error::Attempt;
use keyed::Keys;
use noting::Noting;
use seal::Sealer;

/// A handle on the database, cheap to clone; also the journal of [`conjoin_linking`] and the
/// session middleware's store. Several hosts can share one PostgreSQL database: nothing is kept outside it.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    /// For what costs nobody anything if the last of it is lost with the machine's power; see `write`.
    unsynced: AnyPool,
    kind: Kind,
    sealer: Arc<Sealer>,
    keys: Arc<Keys>,
    /// Who writes next, on SQLite; see `write`.
    turn: Arc<Mutex<()>>,
    noting: Arc<Noting>,
    /// Who is told of what happens to links, by tenant.
    announcing: Arc<BTreeMap<String, Channels>>,
    outbox_added: Arc<Notify>,
}

impl Store {
    /// Opens `sqlite:///path/file.db`, which is created where it does not exist, or `postgres://…`, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`] when the address cannot be used, the database does not answer within five seconds, its tables are those of a newer version, or it was
    /// written with a key that is not among `keys`: better no host than one that can carry nothing on.
    pub async fn open(url: &str, keys: impl Into<KeyRing>) -> Result<Self, StoreError> {
        let sealer = Sealer::new(&keys.into());
        let Connections { pool, unsynced, kind } = connect::open(url).await?;
        let keys = Keys::of_database(&pool, &sealer).await?;
        Ok(Self {
            pool,
            unsynced,
            kind,
            sealer: Arc::new(sealer),
            keys: Arc::new(keys),
            turn: Arc::default(),
            noting: Arc::default(),
            announcing: Arc::default(),
            outbox_added: Arc::default(),
        })
    }

    /// The same store, which from now on also keeps messages about `tenant`'s links for these channels. Every host, and every command that carries links on, must
    /// be given the same.
    #[must_use]
    pub fn announcing(mut self, tenant: TenantName, channels: Channels) -> Self {
        Arc::make_mut(&mut self.announcing).insert(tenant.0, channels);
        self
    }

    /// What compiled policies are authenticated with, in whatever folder a host keeps them. Whoever has it can have this host run any code.
    #[must_use]
    pub fn compiled_policies_key(&self) -> [u8; 32] {
        self.keys.compiled
    }

    /// Whether the database answers, for `/readyz`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it does not.
    pub async fn check(&self) -> Result<(), StoreError> {
        // Reads a table of ours: a server that answers without our tables is not ready either.
        sqlx::query("SELECT id FROM sessions WHERE id = ''")
            .execute(&self.pool)
            .await
            .to("ask the database")?;
        Ok(())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Store")
            .field("sealer", &self.sealer)
            .finish_non_exhaustive()
    }
}
