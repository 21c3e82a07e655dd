//! `conjoin dev` and `conjoin dev-tenant`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use conjoin_dev_tenant::DevTenant;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use url::Url;

use crate::app::App;
use crate::cli::{DevArguments, DevTenantArguments};
use crate::config::{ConnectionConfig, TenantConfig, default_connections};
use crate::policies;
use crate::serve::{host, stop_signal};
use crate::store::{EncryptionKey, Store};

/// Starts a tenant and a host beside each other, prints `ready: URL` when both answer, and serves until it is told to stop.
///
/// # Errors
/// A port that is taken, a policy that is refused, a file that cannot be read.
pub async fn run(arguments: DevArguments) -> anyhow::Result<()> {
    let settings: Map<String, Value> =
        serde_json::from_str(&arguments.settings).context("`--settings` is not a JSON object")?;
    let listener = bind(arguments.listen).await?;
    let base = Url::parse(&format!("http://localhost:{}", listener.local_addr()?.port()))?;
    let tenant = start_tenant(DevTenantArguments {
        listen: arguments.tenant_listen,
        config: arguments.tenant_config,
        issuer: arguments.tenant_issuer,
    })
    .await?;
    let directory = tempfile::Builder::new()
        .prefix("conjoin-")
        .tempdir()
        .context("making a temporary directory")?;
    let data = arguments.data.as_deref().unwrap_or(directory.path());
    let store = open_store(data).await?;
    let (engine, policy) = policies::start(arguments.policy.as_deref(), &settings).await?;
    let mut config = tenant_config(tenant.issuer().clone(), settings, arguments.proof_max_age);
    config.guards.locked = arguments.lock;
    let app = App::new(&config, &base, store, policy, crate::app::Options { dev: true, every: std::time::Duration::from_secs(2), pace: conjoin_linking::pace::Pace { late: std::time::Duration::from_secs(2), ..Default::default() }, ..Default::default() })?;
    if let Some(file) = arguments.policy {
        tokio::spawn(policies::watch(
            engine,
            app.linking.shelf.clone(),
            config.settings,
            file,
        ));
    }
    println!("ready: {}", base.as_str().trim_end_matches('/'));
    tracing::info!(
        "the simulated tenant is at {}; everyone's password is `correct-horse`",
        tenant.issuer()
    );
    let served = host(app, listener, stop_signal()).await;
    tenant.shutdown().await;
    served
}

/// Starts only the tenant.
///
/// # Errors
/// A port that is taken, a configuration that cannot be read.
pub async fn run_tenant(arguments: DevTenantArguments) -> anyhow::Result<()> {
    let tenant = start_tenant(arguments).await?;
    println!("ready: {}", tenant.issuer().as_str().trim_end_matches('/'));
    stop_signal().await;
    tenant.shutdown().await;
    Ok(())
}

async fn start_tenant(arguments: DevTenantArguments) -> anyhow::Result<DevTenant> {
    let mut config = match &arguments.config {
        Some(path) => conjoin_dev_tenant::Config::from_file(path)?,
        None => conjoin_dev_tenant::Config::default(),
    };
    if arguments.issuer.is_some() {
        config.issuer = arguments.issuer;
    }
    Ok(DevTenant::start(config, bind(arguments.listen).await?).await?)
}

async fn bind(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address}; is another one running?"))
}

/// The database and its key side by side in one directory: fine for development, where the people are made up.
async fn open_store(data: &Path) -> anyhow::Result<Store> {
    tokio::fs::create_dir_all(data)
        .await
        .with_context(|| format!("making {}", data.display()))?;
    let data = data.canonicalize()?;
    let key = encryption_key(&data.join("encryption-key")).await?;
    let file = Url::from_file_path(data.join("conjoin.db"))
        .map_err(|()| anyhow::anyhow!("{} cannot be written as an address", data.display()))?;
    // A file's address, so that unusual characters in the path are escaped.
    let url = format!("sqlite://{}", file.path());
    Store::open(&url, key).await.context("opening the database")
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

/// What `dev` knows of its tenant: the fixed clients, and GitHub and Facebook trusted beside the defaults.
fn tenant_config(issuer: Url, settings: Map<String, Value>, proof_max_age: u64) -> TenantConfig {
    TenantConfig {
        name: "dev".to_owned(),
        issuer,
        client_id: "conjoin-dev".to_owned(),
        client_secret: SecretString::from("conjoin-dev-secret"),
        management_url: None,
        management_client_id: "conjoin-m2m".to_owned(),
        management_client_secret: SecretString::from("conjoin-m2m-secret"),
        connections: dev_connections(),
        guards: conjoin_linking::tenant::Guards::default(),
        proof_max_age,
        require_mfa: false,
        settings,
    }
}

fn dev_connections() -> BTreeMap<String, ConnectionConfig> {
    let mut connections = default_connections();
    for (name, label, must_be_primary) in [("github", "GitHub", false), ("facebook", "Facebook", false)] {
        connections.insert(
            name.to_owned(),
            ConnectionConfig {
                label: label.to_owned(),
                must_be_primary,
            },
        );
    }
    connections
}
