//! `conjoin dev` and `conjoin dev-tenant`.

mod data;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use conjoin_dev_tenant::DevTenant;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use url::Url;

pub use data::{Data, Traits};

use crate::app::{App, Options};
use crate::cli::{DevArguments, DevTenantArguments};
use crate::config::{
    ConnectionConfig, MailConfig, RecoveryConfig, TenantConfig, WebhookConfig, default_connections,
    default_proof_max_age,
};
use crate::serve::{host, stop_signal};
use crate::{compiling, policies};

/// What this host calls its tenant.
const TENANT: &str = "dev";

/// What webhooks are signed with where no other secret is given. Everyone knows it: a consumer that is being written can have it from the documentation.
pub const WEBHOOK_SECRET: &str = "whsec_Y29uam9pbi1kZXYtd2ViaG9vay1zZWNyZXQ=";

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
    let traits = Traits {
        issuer: tenant.issuer().clone(),
        webhook: arguments.webhook.is_some(),
        mail: arguments.smtp.is_some(),
        recovery_quiet: arguments.recovery_quiet,
        settle_within: arguments.settle_within,
    };
    let data = arguments.data.as_deref().unwrap_or(directory.path());
    let data = Data::open(data, &base, traits).await?;
    let compiled = data.directory.join(compiling::FOLDER);
    let engine = compiling::jailed_and_kept(&compiled, &data.store.compiled_policies_key())?;
    let (engine, policy) = policies::start(engine, arguments.policy.as_deref(), &settings).await?;
    let options = options(&data.traits.recovery());
    let config = TenantConfig {
        guards: conjoin_linking::tenant::Guards {
            locked: arguments.lock,
            ..conjoin_linking::tenant::Guards::default()
        },
        proof_max_age: arguments.proof_max_age,
        settings,
        webhook: webhook(arguments.webhook, arguments.webhook_secret),
        mail: arguments.smtp.map(mail),
        lookup_token: arguments.lookup_token,
        ..tenant_config(data.traits)
    };
    let app = App::new(&config, &base, data.store, policy, options)?;
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

/// What `dev` knows of its tenant: the fixed clients, and GitHub and Facebook trusted beside the defaults.
pub fn tenant_config(traits: Traits) -> TenantConfig {
    TenantConfig {
        name: TENANT.to_owned(),
        issuer: traits.issuer,
        client_id: "conjoin-dev".to_owned(),
        client_secret: SecretString::from("conjoin-dev-secret"),
        management_url: None,
        management_client_id: "conjoin-m2m".to_owned(),
        management_client_secret: SecretString::from("conjoin-m2m-secret"),
        connections: dev_connections(),
        guards: conjoin_linking::tenant::Guards::default(),
        proof_max_age: default_proof_max_age(),
        require_mfa: false,
        end_sessions: true,
        settings: Map::new(),
        webhook: None,
        mail: None,
        lookup_token: None,
    }
}

/// How `dev` runs, and how a command at its data carries links on.
pub fn options(recovery: &RecoveryConfig) -> Options {
    Options {
        dev: true,
        pace: recovery.pace(),
        // Whoever develops a policy does not want to wait.
        every: Duration::from_secs(2),
        ..Options::default()
    }
}

fn webhook(url: Option<Url>, secrets: Vec<SecretString>) -> Option<WebhookConfig> {
    url.map(|url| WebhookConfig { url, secrets })
}

fn mail(smtp: SecretString) -> MailConfig {
    MailConfig {
        smtp,
        from: "Conjoin <conjoin@localhost>".to_owned(),
        allow_plain: false,
    }
}

fn dev_connections() -> BTreeMap<String, ConnectionConfig> {
    let mut connections = default_connections();
    for (name, label) in [("github", "GitHub"), ("facebook", "Facebook")] {
        connections.insert(
            name.to_owned(),
            ConnectionConfig {
                label: label.to_owned(),
                must_be_primary: false,
            },
        );
    }
    connections
}
