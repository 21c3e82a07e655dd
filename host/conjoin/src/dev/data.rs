//! What `conjoin dev` keeps: the database and its key side by side in one directory. Fine for development, where the people are made up.

use std::path::{Path, PathBuf};

use anyhow::Context;
use conjoin_linking::tenant::TenantName;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use url::Url;

use super::TENANT;
use crate::config::RecoveryConfig;
use crate::store::{Channels, EncryptionKey, Store};

/// A data directory that is open.
pub struct Data {
    /// The directory.
    pub directory: PathBuf,
    /// The database.
    pub store: Store,
    /// Where the host was, when it last ran.
    pub base: Url,
    /// What its tenant was like.
    pub traits: Traits,
}

/// What commands need to know of the host that uses the directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Traits {
    /// The simulated tenant's issuer.
    pub issuer: Url,
    /// Whether events are posted somewhere.
    pub webhook: bool,
    /// Whether people are written to.
    pub mail: bool,
    /// How late its answers may come, in seconds.
    pub recovery_quiet: u64,
    /// For how long it is tried, in seconds.
    pub settle_within: u64,
}

impl Traits {
    /// How its confirmed work is carried on.
    pub fn recovery(&self) -> RecoveryConfig {
        RecoveryConfig {
            quiet_period: self.recovery_quiet,
            settle_within: self.settle_within,
            ..RecoveryConfig::default()
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Left {
    base: Url,
    #[serde(flatten)]
    traits: Traits,
}

impl Data {
    /// Opens the directory for a host, making what is not there.
    pub(super) async fn open(directory: &Path, base: &Url, traits: Traits) -> anyhow::Result<Self> {
        tokio::fs::create_dir_all(directory)
            .await
            .with_context(|| format!("making {}", directory.display()))?;
        let directory = directory.canonicalize()?;
        let key = encryption_key(&directory.join("encryption-key")).await?;
        let left = Left {
            base: base.clone(),
            traits,
        };
        tokio::fs::write(directory.join("host.json"), serde_json::to_vec(&left)?)
            .await
            .with_context(|| format!("writing into {}", directory.display()))?;
        Self::with(&directory, key, left).await
    }

    /// Opens what a host has left there, or has in use.
    ///
    /// # Errors
    /// When no host ever used it: a mistyped directory must not become an empty database.
    pub async fn existing(directory: &Path) -> anyhow::Result<Self> {
        let about = || format!("{} is no data directory of a `conjoin dev`", directory.display());
        let key = tokio::fs::read_to_string(directory.join("encryption-key"));
        let key = EncryptionKey::from_base64(&SecretString::from(key.await.with_context(about)?))?;
        let left = tokio::fs::read(directory.join("host.json")).await.with_context(about)?;
        let left = serde_json::from_slice(&left).with_context(about)?;
        Self::with(&directory.canonicalize()?, key, left).await
    }

    async fn with(directory: &Path, key: EncryptionKey, left: Left) -> anyhow::Result<Self> {
        let file = Url::from_file_path(directory.join("conjoin.db"))
            .map_err(|()| anyhow::anyhow!("{} cannot be written as an address", directory.display()))?;
        // A file's address, so that unusual characters in the path are escaped.
        let url = format!("sqlite://{}", file.path());
        let store = Store::open(&url, key).await.context("opening the database")?;
        let channels = Channels {
            webhook: left.traits.webhook,
            mail: left.traits.mail,
        };
        Ok(Self {
            directory: directory.to_owned(),
            store: store.announcing(TenantName(TENANT.to_owned()), channels),
            base: left.base,
            traits: left.traits,
        })
    }
}

/// The key that a data directory was made with, or a new one that only this user can read.
async fn encryption_key(path: &Path) -> anyhow::Result<EncryptionKey> {
    match tokio::fs::read_to_string(path).await {
        Ok(text) => Ok(EncryptionKey::from_base64(&SecretString::from(text))?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = EncryptionKey::generate();
            let about = || format!("writing {}", path.display());
            let mut options = tokio::fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .await
                .with_context(about)?;
            file.write_all(key.to_base64().as_bytes()).await.with_context(about)?;
            file.flush().await.with_context(about)?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}
