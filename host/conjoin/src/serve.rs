//! `conjoin serve`: the host, for real tenants.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use conjoin_engine::Engine;
use conjoin_linking::policies::Policies;
use conjoin_linking::tenant::TenantName;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use crate::accounts::Accounts;
use crate::admin::{Admin, TeamSignIn};
use crate::app::{App, Shared};
use crate::cli::ServeArguments;
use crate::config::{Config, TenantConfig};
use crate::events::Delivery;
use crate::policies::Loader;
use crate::registry::{Registry, TenantPolicies};
use crate::store::{Channels, Store};
use crate::telemetry::{Deciding, Metrics};
use crate::web::{Hosts, Operators};
use crate::{compiling, housekeeping, policies, web};

/// How many addresses a start says at most: names of hosts are 253 characters at most, and the smallest pipe takes 4,096.
const ANNOUNCED: usize = 10;

/// Of how many tenants is read at once what decides there: their rows are kilobytes each.
const BEGUN_AT_ONCE: usize = 500;

/// Serves until it is told to stop.
///
/// # Errors
/// What is wrong with the configuration, the database, a policy or a port.
pub async fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let config = Config::from_file(&arguments.config)?;
    let store = open_store(&config).await?;
    let engine = match config.compiled_policies() {
        Some(folder) => {
            let (key, bytes) = (store.compiled_policies_key(), config.compiled_policies_bytes);
            compiling::jailed_and_kept(&folder, &key, bytes)?
        }
        None => compiling::jailed(),
    };
    let engine = Engine::new(engine.code_bytes(config.loaded_policies_bytes)).context("starting the policy engine")?;
    let shared = Shared::new(store, config.options())?;
    let tenants = tenants(&engine, &config.tenants, &shared).await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}", config.listen))?;
    let admin = match config.admin_listen {
        Some(address) => Some(
            TcpListener::bind(address)
                .await
                .with_context(|| format!("listening on {address}"))?,
        ),
        None => None,
    };
    // Once it listens everywhere.
    announce(tenants.apps.iter().map(|app| &app.addresses.base));
    host(
        tenants,
        shared,
        Listeners {
            people: listener,
            admin,
        },
        stop_signal(),
    )
    .await
}

/// Says that people can come, a line for each address, and of many only that there are more: a pipe that nobody reads takes so much, and then whoever writes to it waits for ever.
/// Whoever waited for the first line may be gone: that stops no host.
pub fn announce<'a>(mut addresses: impl ExactSizeIterator<Item = &'a Url>) {
    let mut lines: String = addresses
        .by_ref()
        .take(ANNOUNCED)
        .map(|base| format!("ready: {}\n", base.as_str().trim_end_matches('/')))
        .collect();
    if addresses.len() > 0 {
        lines += &format!("and {} more\n", addresses.len());
    }
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(lines.as_bytes()).and_then(|()| output.flush());
}

/// Where a host listens.
pub struct Listeners {
    /// For people.
    pub people: TcpListener,
    /// For their teams; where there is none, both share the one above.
    pub admin: Option<TcpListener>,
}

/// The tenants of a host.
pub struct Tenants {
    /// Each, ready to serve its people.
    pub apps: Vec<App>,
    /// Those teams that sign in with the tenant itself.
    pub teams: Vec<TeamSignIn>,
    /// Where their teams bring policies.
    pub registry: Registry,
}

/// The tenants of a host, each with the policy that decides there.
///
/// # Errors
/// What of a tenant's configuration cannot work, with its name.
pub async fn tenants(
    engine: &Engine,
    configs: &BTreeMap<String, TenantConfig>,
    shared: &Shared,
) -> anyhow::Result<Tenants> {
    // Before anything that it counts: loading does.
    Metrics::installed()?;
    let loader = Loader::new(engine.clone());
    let default = policies::default(&loader).await?;
    let (mut apps, mut teams, mut by_upload) = (Vec::new(), Vec::new(), Vec::new());
    let configs: Vec<_> = configs.iter().collect();
    for configs in configs.chunks(BEGUN_AT_ONCE) {
        let names: Vec<_> = configs.iter().map(|(name, _)| TenantName((*name).clone())).collect();
        let beginnings = shared.store.beginnings(&names).await.context("reading what decides")?;
        for ((name, config), beginning) in configs.iter().zip(beginnings) {
            let about = || format!("the tenant `{name}`");
            let policies: Arc<dyn Policies> = match &config.policy {
                Some(fixed) => policies::fixed(&loader, fixed).await.with_context(about)?,
                None => {
                    let rules = config.rules().with_context(about)?;
                    let (store, loader, default) = (shared.store.clone(), loader.clone(), default.clone());
                    let policies = TenantPolicies::start(beginning, rules, store, loader, default);
                    let policies = policies.await.with_context(about)?;
                    by_upload.push(policies.clone());
                    policies
                }
            };
            teams.extend(TeamSignIn::new(name, config, &shared.http).with_context(about)?);
            apps.push(App::new(name, config, policies, shared).with_context(about)?);
        }
    }
    let registry = Registry::new(shared.store.clone(), by_upload);
    Ok(Tenants { apps, teams, registry })
}

/// The database of a configuration, with its keys, and with what is told to others going where it says.
///
/// # Errors
/// A key that is none, or a database that cannot be opened.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let store = Store::open(config.database_url(), config.keys()?);
    let mut store = store.await.context("opening `database_url`")?;
    for (name, tenant) in &config.tenants {
        let channels = Channels {
            webhook: tenant.webhook.is_some(),
            mail: tenant.mail.is_some(),
        };
        store = store.announcing(TenantName(name.clone()), channels);
    }
    Ok(store)
}

/// Serves tenants and delivers their events until `stop` resolves, then lets requests and deliveries under way finish.
///
/// # Errors
/// When the socket fails.
pub async fn host(
    tenants: Tenants,
    shared: Shared,
    listeners: Listeners,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let metrics = Metrics::installed()?;
    let (stopping, watched) = watch::channel(false);
    let mut delivery = Delivery::default();
    let Tenants { apps, teams, registry } = tenants;
    tokio::spawn(registry.clone().run());
    for app in &apps {
        app.events.start(&shared.store, &watched, &mut delivery);
    }
    tokio::spawn(housekeeping::keep(shared.clone(), apps.clone()));
    tokio::spawn(metrics.clone().upkeep());
    let operators = Operators {
        admin: Admin::new(
            registry,
            Accounts::new(shared.store.clone(), &apps),
            teams,
            shared.options.dev,
        ),
        metrics,
        deciding: Deciding::at(&apps),
    };
    let hosts = Hosts::new(apps);
    let https = hosts.are_https();
    let apart = listeners.admin.map(|listener| {
        let mut watched = watched.clone();
        let stop = async move { drop(watched.wait_for(|stopping| *stopping).await) };
        let service = web::operators_router(operators.clone(), https).into_make_service();
        let server = axum::serve(listener, service).with_graceful_shutdown(stop);
        tokio::spawn(server.into_future())
    });
    let beside_people = apart.is_none().then_some(operators);
    // Made once: given the router itself, `serve` makes every route anew for each connection.
    let service = web::router(hosts, shared.store, beside_people).into_make_service();
    let served = axum::serve(listeners.people, service)
        .with_graceful_shutdown(stop)
        .await
        .context("serving");
    // After the last request: what it had to tell is told yet, or stays in the outbox for the next host.
    stopping.send_replace(true);
    if let Some(apart) = apart {
        apart
            .await
            .context("serving the admin API")?
            .context("serving the admin API")?;
    }
    delivery.finish().await;
    served
}

/// Resolves at Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
