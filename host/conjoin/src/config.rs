//! What the host is told: by `conjoin serve --config FILE`, or by `conjoin dev` on its own.
//!
//! [`Config`] is the file; [`tenant`] one of its `[tenants.NAME]`, [`admin`] how its team signs in, [`policy`] and [`limits`] what decides there and within what, [`delivery`] where events go,
//! [`bounds`] how long things take and are kept. [`read`] is how the file becomes a value: every mistake in it is told at once, with its line. The types say what the
//! file may hold: [`schema`] is made from them, and [`reference`](mod@reference) writes `CONFIGURATION.md` from that.

mod action;
mod admin;
mod bounds;
mod check;
mod delivery;
mod indirect;
mod keep;
mod limits;
mod lines;
mod policy;
mod problems;
mod read;
pub mod reference;
mod schema;
mod tenant;
mod toml_value;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use conjoin_engine::CODE_BYTES;
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

pub use action::ActionConfig;
pub use admin::{AdminConfig, default_permissions};
pub use bounds::{RecoveryConfig, RetentionConfig};
pub use delivery::{MailConfig, WebhookConfig};
pub use keep::ReplayConfig;
pub use limits::LimitsConfig;
pub use policy::{Fallback, PolicyConfig, PolicyFailureConfig};
pub use problems::Problems;
pub use schema::schema;
pub use tenant::{
    ConnectionConfig, GuardsConfig, ModeConfig, TenantConfig, default_connections, default_proof_max_age,
};

use problems::Found;

use crate::app::Options;
use crate::compiling;
use crate::store::{EncryptionKey, KeyRing};

/// Every text can be given in three ways: as it is; as `{ env = "NAME" }`, which is the environment variable's; or as `{ file = "PATH" }`, which is the file's,
/// without the line break at its end. Keep secrets out of this file with the latter two. Numbers, and what a policy is set to, stand in this file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the host listens. Put a TLS front before it. Default: `127.0.0.1:3000`.
    #[serde(default = "default_listen")]
    #[schemars(with = "String", extend("format" = "socket-address"))]
    pub listen: SocketAddr,
    /// Where the admin API, its pages and the metrics listen instead, so that a network can keep people from them. Default: they share `listen`.
    #[schemars(with = "Option<String>", extend("format" = "socket-address"))]
    pub admin_listen: Option<SocketAddr>,
    /// `sqlite:///path/conjoin.db`, for one host, or `postgres://…`, for several: each has up to 15 connections, with settings of their own, so a pooler between must keep one for as long
    /// as it is open (PgBouncer: `pool_mode = session`).
    #[schemars(with = "String", extend("format" = "database-url"))]
    pub database_url: SecretString,
    /// 32 random bytes in base64: what keeps originals, sessions and proofs encrypted at rest. Losing it loses the ability to unlink with metadata.
    #[schemars(with = "String", extend("format" = "encryption-key"))]
    pub encryption_key: SecretString,
    /// Keys that rows may still be sealed with, from before `encryption_key` was changed; they open, and seal nothing. Default: none. `conjoin keys reseal` makes
    /// them unnecessary.
    #[serde(default)]
    #[schemars(with = "Vec<String>", extend("items" = {"type": "string", "format": "encryption-key"}))]
    pub previous_encryption_keys: Vec<SecretString>,
    /// The folder that compiled policies are kept in, for this host alone or for hosts of one machine. What is in it can be deleted at any time; it is made again.
    /// Default: `compiled-policies` beside a SQLite database; with PostgreSQL none, and each start compiles.
    pub compiled_policies: Option<PathBuf>,
    /// The most bytes in that folder; what was used least lately goes first. Default: 536870912, some 500 policies in Rust. With fewer than all tenants' policies have, some are
    /// compiled again, which takes half a second and longer.
    #[serde(default = "default_compiled_policies_bytes")]
    #[schemars(range(min = 1_048_576, max = 1_099_511_627_776_u64))]
    pub compiled_policies_bytes: u64,
    /// The most bytes of compiled policies in memory, of all tenants together; what was used least lately goes first, and is read from the folder again when it is needed, which
    /// takes a few milliseconds. Default: 268435456, some 250 policies in Rust. A policy that `[tenants.NAME.policy]` fixes stays in memory beside it.
    #[serde(default = "default_loaded_policies_bytes")]
    #[schemars(range(min = 0, max = 1_099_511_627_776_u64))]
    pub loaded_policies_bytes: u64,
    /// How confirmed work is carried on.
    #[serde(default)]
    pub recovery: RecoveryConfig,
    /// How long what is held of people is kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// The Auth0 tenants, by the name that this host calls each: small letters, digits and hyphens. What is stored belongs to a name, so a tenant keeps its own for ever.
    #[schemars(extend("minProperties" = 1, "propertyNames" = {"pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}))]
    pub tenants: BTreeMap<String, TenantConfig>,
}

impl Config {
    /// Reads a file, with what it takes from the environment and from other files.
    ///
    /// # Errors
    /// [`Problems`]: every unknown key and bad value, with its line. None quotes a value, since it can be a secret.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        Self::read(path, |_, _| ())
    }

    /// The same before a host is started with it: what the file names must be there too.
    ///
    /// # Errors
    /// [`Problems`].
    pub fn checked(path: &Path) -> anyhow::Result<Self> {
        Self::read(path, Self::check_files)
    }

    fn read(path: &Path, also: impl Fn(&Self, &mut Found<'_>)) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        read::config(&text, also).with_context(|| format!("{} cannot be used", path.display()))
    }

    /// How the host runs.
    pub fn options(&self) -> Options {
        Options {
            dev: false,
            pace: self.recovery.pace(),
            every: self.recovery.every(),
            keep_originals: self.retention.originals(),
        }
    }

    /// The folder that compiled policies are kept in.
    pub fn compiled_policies(&self) -> Option<PathBuf> {
        let beside = || {
            let database = self.database_url().strip_prefix("sqlite:")?;
            let (path, _) = database.split_once('?').unwrap_or((database, ""));
            let path = percent_decode_str(path.strip_prefix("//").unwrap_or(path));
            let path = path.decode_utf8().ok()?;
            Some(Path::new(&*path).parent()?.join(compiling::FOLDER))
        };
        self.compiled_policies.clone().or_else(beside)
    }

    /// The database, with the password that its address may hold.
    pub fn database_url(&self) -> &str {
        use secrecy::ExposeSecret;
        self.database_url.expose_secret()
    }

    /// The keys that rows are sealed and opened with.
    ///
    /// # Errors
    /// Which of them is none, without quoting it.
    pub fn keys(&self) -> anyhow::Result<KeyRing> {
        let current = EncryptionKey::from_base64(&self.encryption_key).context("`encryption_key`")?;
        let previous = self.previous_encryption_keys.iter().map(EncryptionKey::from_base64);
        let previous = previous
            .collect::<Result<Vec<_>, _>>()
            .context("`previous_encryption_keys`")?;
        Ok(KeyRing::new(current, previous))
    }
}

fn default_compiled_policies_bytes() -> u64 {
    compiling::KEPT_BYTES
}

fn default_loaded_policies_bytes() -> u64 {
    CODE_BYTES
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 3000))
}
