//! `conjoin serve`: the host, for a real tenant.

use std::future::Future;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::app::App;
use crate::cli::ServeArguments;
use crate::config::Config;
use crate::store::{EncryptionKey, Store};
use crate::{policies, web};

/// Serves until it is told to stop.
///
/// # Errors
/// What is wrong with the configuration, the database, the policy or the port.
pub async fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let config = Config::from_file(&arguments.config)?;
    let key = EncryptionKey::from_base64(&config.encryption_key).context("`encryption_key`")?;
    let store = Store::open(&config.database_url, key)
        .await
        .context("opening `database_url`")?;
    let (engine, policy) = policies::start(config.policy.as_deref(), &config.tenant.settings).await?;
    let app = App::new(&config.tenant, &config.base_url, store, policy, crate::app::Options { every: std::time::Duration::from_secs(1), pace: conjoin_linking::pace::Pace { late: std::time::Duration::from_secs(2), lease: std::time::Duration::from_secs(5), ..Default::default() }, ..Default::default() })?;
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

/// Serves `app` until `stop` resolves, then lets requests under way finish.
///
/// # Errors
/// When the socket fails.
pub async fn host(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    tokio::spawn(app.clone().keep_house());
    axum::serve(listener, web::router(app))
        .with_graceful_shutdown(stop)
        .await
        .context("serving")
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
