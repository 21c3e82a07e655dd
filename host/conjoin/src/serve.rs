//! `conjoin serve`: the host, for a real tenant.

use std::future::Future;

use anyhow::Context;
use conjoin_linking::tenant::TenantName;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::cli::ServeArguments;
use crate::config::Config;
use crate::store::{Channels, Store};
use crate::{compiling, policies, web};

/// Serves until it is told to stop.
///
/// # Errors
/// What is wrong with the configuration, the database, the policy or the port.
pub async fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let config = Config::from_file(&arguments.config)?;
    let store = open_store(&config).await?;
    let engine = match config.compiled_policies() {
        Some(folder) => compiling::jailed_and_kept(&folder, &store.compiled_policies_key())?,
        None => compiling::jailed(),
    };
    let (engine, policy) = policies::start(engine, config.policy.as_deref(), &config.tenant.settings).await?;
    let options = config.options();
    let app = App::new(&config.tenant, &config.base_url, store, policy, options)?;
    if let Some(file) = config.policy {
        tokio::spawn(policies::watch(
            engine,
            app.linking.shelf.clone(),
            config.tenant.settings,
            file,
        ));
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}", config.listen))?;
    println!("ready: {}", config.base_url.as_str().trim_end_matches('/'));
    host(app, listener, stop_signal()).await
}

/// The database of a configuration, with its keys, and with what is told to others going where it says.
///
/// # Errors
/// A key that is none, or a database that cannot be opened.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let store = Store::open(&config.database_url, config.keys()?);
    let store = store.await.context("opening `database_url`")?;
    let channels = Channels {
        webhook: config.tenant.webhook.is_some(),
        mail: config.tenant.mail.is_some(),
    };
    Ok(store.announcing(TenantName(config.tenant.name.clone()), channels))
}

/// Serves `app` and delivers its events until `stop` resolves, then lets requests and deliveries under way finish.
///
/// # Errors
/// When the socket fails.
pub async fn host(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (stopping, watched) = watch::channel(false);
    let delivery = app.events.start(&app.store, &watched);
    tokio::spawn(app.clone().keep_house());
    let served = axum::serve(listener, web::router(app))
        .with_graceful_shutdown(stop)
        .await
        .context("serving");
    // After the last request: what it had to tell is told yet, or stays in the outbox for the next host.
    stopping.send_replace(true);
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
