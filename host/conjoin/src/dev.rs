//! `conjoin dev` and `conjoin dev-tenant`.

mod data;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use anyhow::Context;
use clap::ValueEnum;
use conjoin_dev_tenant::DevTenant;
use conjoin_engine::Engine;
use conjoin_linking::audit::{Actor, AuditEntry};
use conjoin_linking::clock::now;
use conjoin_linking::tenant::TenantName;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

pub use data::{Data, Traits};

use crate::admin::Scope;
use crate::app::{Options, Shared};
use crate::cli::{DevArguments, DevTenantArguments};
use crate::compiling;
use crate::config::{
    ActionConfig, AdminConfig, ConnectionConfig, GuardsConfig, LimitsConfig, MailConfig, ModeConfig, PolicyConfig,
    PolicyFailureConfig, RecoveryConfig, ReplayConfig, TenantConfig, WebhookConfig, default_connections,
    default_permissions, default_proof_max_age,
};
use crate::serve::{Listeners, Tenants, announce, host, stop_signal, tenants};
use crate::store::{Store, Token, TokenFacts};

/// What this host calls its tenant.
pub const TENANT: &str = "dev";

/// What webhooks are signed with where no other secret is given. Everyone knows it: a consumer that is being written can have it from the documentation.
pub const WEBHOOK_SECRET: &str = "whsec_Y29uam9pbi1kZXYtd2ViaG9vay1zZWNyZXQ=";

/// What an Action of the simulated tenant and this host know. Everyone does.
pub const ACTION_SECRET: &str = "conjoin-dev-action-secret-known-to-everyone";

/// What the admin API of `conjoin dev` is asked with, in its two parts.
const ADMIN_TOKEN: (&str, &str) = ("dev", "dev-admin-token");

/// The same as it is shown. The commands that speak to a host on this machine show it when they are given no other.
pub const SHOWN_ADMIN_TOKEN: &str = "conjoin_dev_dev-admin-token";

/// How often the folder that nobody named is tried to be removed.
const REMOVALS: u32 = 20;
const BETWEEN_REMOVALS: Duration = Duration::from_millis(50);

/// Starts a tenant and a host beside each other, prints `ready: URL` when both answer, and serves until it is told to stop.
///
/// # Errors
/// A port that is taken, a policy that is refused, a file that cannot be read.
pub async fn run(mut arguments: DevArguments) -> anyhow::Result<()> {
    let mut stop = Box::pin(stop_signal());
    let data = arguments.data.take();
    let mut made = None;
    // First the one who waits for signals: what is told to stop while it starts leaves no folder behind either.
    let started = tokio::select! {
        biased;
        () = &mut stop => None,
        started = start_in(data, &mut made, arguments) => Some(started),
    };
    let served = match started {
        Some(Ok(started)) => serve(started, stop).await,
        Some(Err(error)) => Err(error),
        None => Ok(()),
    };
    if let Some(folder) = made {
        remove(&folder).await;
    }
    served
}

async fn serve(started: Started, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
    let Started {
        tenant,
        tenants,
        shared,
        listeners,
    } = started;
    let served = host(tenants, shared, listeners, stop).await;
    tenant.shutdown().await;
    served
}

/// Removes the folder that nobody named. A thread of the database that is still at something when all else has ended can put a file into it meanwhile, and then it is not empty
/// when it is to go.
async fn remove(folder: &TempDir) {
    for _ in 0..REMOVALS {
        match fs::remove_dir_all(folder.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => tokio::time::sleep(BETWEEN_REMOVALS).await,
            _ => return,
        }
    }
    tracing::warn!(folder = %folder.path().display(), "the temporary folder could not be removed");
}

/// What is to be served.
struct Started {
    tenant: DevTenant,
    tenants: Tenants,
    shared: Shared,
    listeners: Listeners,
}

/// Starts in the directory that is named, or in one that is `made` for it.
async fn start_in(
    data: Option<PathBuf>,
    made: &mut Option<TempDir>,
    arguments: DevArguments,
) -> anyhow::Result<Started> {
    if let Some(data) = data {
        return start(&data, arguments).await;
    }
    let folder = tempfile::Builder::new()
        .prefix("conjoin-")
        .tempdir()
        .context("making a temporary directory")?;
    start(made.insert(folder).path(), arguments).await
}

async fn start(data: &Path, arguments: DevArguments) -> anyhow::Result<Started> {
    let settings: Map<String, Value> =
        serde_json::from_str(&arguments.settings).context("`--settings` is not a JSON object")?;
    let limits: Map<String, Value> =
        serde_json::from_str(&arguments.limits).context("`--limits` is not a JSON object")?;
    let limits: LimitsConfig = serde_json::from_value(Value::Object(limits)).context("`--limits`")?;
    let listener = bind(arguments.listen).await?;
    let base = Url::parse(&format!("http://localhost:{}", listener.local_addr()?.port()))?;
    let tenant = start_tenant(DevTenantArguments {
        listen: arguments.tenant_listen,
        config: arguments.tenant_config,
        issuer: arguments.tenant_issuer,
        tls: false,
        tls_authority: None,
    })
    .await?;
    let traits = Traits {
        issuer: tenant.issuer().clone(),
        webhook: arguments.webhook.is_some(),
        mail: arguments.smtp.is_some(),
        recovery_quiet: arguments.recovery_quiet,
        settle_within: arguments.settle_within,
    };
    let data = Data::open(data, &base, traits).await?;
    let compiled = data.directory.join(compiling::FOLDER);
    let engine = compiling::jailed_and_kept(&compiled, &data.store.compiled_policies_key(), compiling::KEPT_BYTES)?;
    let engine = Engine::new(engine).context("starting the policy engine")?;
    let shared = Shared::new(data.store, options(&data.traits.recovery()))?;
    let config = TenantConfig {
        guards: GuardsConfig {
            locked: arguments.lock,
            ..GuardsConfig::default()
        },
        proof_max_age: arguments.proof_max_age,
        policy: fixed(arguments.policy, settings),
        limits,
        webhook: webhook(arguments.webhook, arguments.webhook_secret),
        mail: arguments.smtp.map(mail),
        lookup_token: arguments.lookup_token,
        ..tenant_config(data.traits, base.clone())
    };
    keep_admin_token(&shared.store).await?;
    let tenants = tenants(&engine, &BTreeMap::from([(TENANT.to_owned(), config)]), &shared).await?;
    announce(std::iter::once(&base));
    tracing::info!(
        "the simulated tenant is at {}; everyone's password is `correct-horse`",
        tenant.issuer()
    );
    let listeners = Listeners {
        people: listener,
        admin: None,
    };
    Ok(Started {
        tenant,
        tenants,
        shared,
        listeners,
    })
}

/// Starts only the tenant.
///
/// # Errors
/// A port that is taken, a configuration that cannot be read.
pub async fn run_tenant(arguments: DevTenantArguments) -> anyhow::Result<()> {
    let tenant = start_tenant(arguments).await?;
    announce(std::iter::once(tenant.issuer()));
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
    if arguments.tls {
        let tls = config.tls.get_or_insert_default();
        tls.authority = arguments.tls_authority.or(tls.authority.take());
    }
    Ok(DevTenant::start(config, bind(arguments.listen).await?).await?)
}

async fn bind(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address}; is another one running?"))
}

/// What `dev` knows of its tenant: the fixed clients, and GitHub and Facebook trusted beside the defaults.
pub fn tenant_config(traits: Traits, base_url: Url) -> TenantConfig {
    TenantConfig {
        base_url,
        issuer: traits.issuer,
        mode: ModeConfig::default(),
        client_id: "conjoin-dev".to_owned(),
        client_secret: Some(SecretString::from("conjoin-dev-secret")),
        client_private_key: None,
        management_url: None,
        management_client_id: "conjoin-m2m".to_owned(),
        management_client_secret: Some(SecretString::from("conjoin-m2m-secret")),
        management_client_private_key: None,
        connections: dev_connections(),
        guards: GuardsConfig::default(),
        proof_max_age: default_proof_max_age(),
        require_mfa: false,
        end_sessions: true,
        policy: None,
        second_approval: false,
        policy_signers: Vec::new(),
        admin: Some(admin()),
        policy_failure: PolicyFailureConfig::default(),
        replay: ReplayConfig::default(),
        limits: LimitsConfig::default(),
        action: Some(ActionConfig {
            secret: SecretString::from(ACTION_SECRET),
        }),
        webhook: None,
        mail: None,
        lookup_token: None,
    }
}

/// How the team of the simulated tenant signs in: `grace@example.com` has every permission.
fn admin() -> AdminConfig {
    AdminConfig {
        client_id: "conjoin-admin".to_owned(),
        client_secret: Some(SecretString::from("conjoin-admin-secret")),
        client_private_key: None,
        audience: "https://conjoin.example.com/admin".to_owned(),
        base_url: None,
        permissions: default_permissions(),
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

/// What the command line fixes: a component, or settings for the shipped one. Without either, policies are activated by upload.
fn fixed(component: Option<PathBuf>, settings: Map<String, Value>) -> Option<PolicyConfig> {
    let default = || (!settings.is_empty()).then(|| conjoin_policies::JOINED.name.into());
    let component = component.or_else(default)?;
    Some(PolicyConfig { component, settings })
}

/// The token that everyone knows, as everyone knows the clients' secrets: what is developed here runs on one's own machine.
async fn keep_admin_token(store: &Store) -> anyhow::Result<()> {
    if store.token(ADMIN_TOKEN.0, ADMIN_TOKEN.1).await?.is_some() {
        return Ok(());
    }
    let scopes = Scope::value_variants().iter().map(|scope| scope.name().to_owned());
    let token = Token {
        id: ADMIN_TOKEN.0.to_owned(),
        tenant: TenantName(TENANT.to_owned()),
        facts: TokenFacts {
            name: "conjoin dev".to_owned(),
            scopes: scopes.collect(),
        },
        created_at: now(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let entry = AuditEntry::of_tenant("token.created", Actor::Host, Map::new());
    Ok(store.keep_token(&token, ADMIN_TOKEN.1, &entry).await?)
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
