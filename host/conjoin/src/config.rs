//! What the host is told: by `conjoin serve --config FILE`, or by `conjoin dev` on its own.
//!
//! [`Config`] is the file; [`tenant`] is its `[tenant]`, [`delivery`] where that tenant's events go, [`bounds`] how long things take and are kept.

mod bounds;
mod delivery;
mod tenant;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

pub use bounds::{RecoveryConfig, RetentionConfig};
pub use delivery::{MailConfig, WebhookConfig};
pub use tenant::{ConnectionConfig, TenantConfig, default_connections, default_proof_max_age};

use crate::app::Options;
use crate::compiling;
use crate::store::{EncryptionKey, KeyRing};

/// A host with one tenant. Every key can also come from the environment: `CONJOIN_TENANT__CLIENT_SECRET` is `client_secret` of `[tenant]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the host listens. Put a TLS front before it. Default: `127.0.0.1:3000`.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The address under which browsers reach the host; callbacks are made from it.
    pub base_url: Url,
    /// `sqlite:///path/conjoin.db` or `postgres://…`.
    pub database_url: String,
    /// 32 random bytes in base64: what keeps originals, sessions and proofs encrypted at rest. Losing it loses the ability to unlink with metadata.
    pub encryption_key: SecretString,
    /// Keys that rows may still be sealed with, from before `encryption_key` was changed; they open, and seal nothing. Default: none. `conjoin keys reseal` makes
    /// them unnecessary.
    #[serde(default)]
    pub previous_encryption_keys: Vec<SecretString>,
    /// A policy component; the shipped policy `joined` without one.
    pub policy: Option<PathBuf>,
    /// The folder that compiled policies are kept in, for this host alone or for hosts of one machine. What is in it can be deleted at any time; it is made again.
    /// Default: `compiled-policies` beside a SQLite database; with PostgreSQL none, and each start compiles.
    pub compiled_policies: Option<PathBuf>,
    /// How confirmed work is carried on.
    #[serde(default)]
    pub recovery: RecoveryConfig,
    /// How long what is held of people is kept.
    #[serde(default)]
    pub retention: RetentionConfig,
    /// The Auth0 tenant.
    pub tenant: TenantConfig,
}

impl Config {
    /// Reads a file and the environment over it.
    ///
    /// # Errors
    /// Every unknown key and bad value, with its place.
    pub fn from_file(path: &Path) -> anyhow::Result<Self> {
        // The environment variable that sets the log is not a key.
        let environment = Env::prefixed("CONJOIN_").ignore(&["log"]).split("__");
        let figment = Figment::new().merge(Toml::file_exact(path)).merge(environment);
        let config: Self = figment
            .extract()
            .with_context(|| format!("reading {}", path.display()))?;
        config.recovery.check().context("`[recovery]`")?;
        config.retention.check().context("`[retention]`")?;
        Ok(config)
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
            let database = self.database_url.strip_prefix("sqlite:")?;
            let (path, _) = database.split_once('?').unwrap_or((database, ""));
            let path = percent_decode_str(path.strip_prefix("//").unwrap_or(path));
            let path = path.decode_utf8().ok()?;
            Some(Path::new(&*path).parent()?.join(compiling::FOLDER))
        };
        self.compiled_policies.clone().or_else(beside)
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

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 3000))
}
