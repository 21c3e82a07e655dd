//! What a host does unasked, for as long as it runs: it carries on what was left behind, removes what has expired or is old, and gives back memory. For all of its tenants together: most of
//! thousands have nothing to be done, and none is asked for by itself to find that out.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use conjoin_linking::tenant::TenantName;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior};

use crate::app::{App, Shared};
use crate::memory;
use crate::store::Store;

/// How often what is old is looked for.
const RETENTION: Duration = Duration::from_secs(60 * 60);

/// How often freed memory is given back. What is taken again in between stays.
const GIVEN_BACK: Duration = Duration::from_secs(60);

/// Keeps house for these tenants.
pub async fn keep(shared: Shared, apps: Vec<App>) {
    let every = shared.options.every;
    tokio::join!(
        carry_on(&shared.store, every, &apps),
        sweep(&shared.store, every),
        forget(&shared.store, &apps),
        give_back(),
    );
}

/// Takes up links and unlinks that are due: a stopped host left them behind, or the tenant gave no definite answer. A tenant whose last round goes on has no second beside it.
async fn carry_on(store: &Store, every: Duration, apps: &[App]) {
    let apps: BTreeMap<&TenantName, &App> = apps.iter().map(|app| (&app.linking.tenant.name, app)).collect();
    let mut running: HashMap<TenantName, JoinHandle<()>> = HashMap::new();
    let mut interval = interval(every);
    loop {
        interval.tick().await;
        running.retain(|_, round| !round.is_finished());
        let due = match store.tenants_with_links_due().await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "unfinished links could not be looked for");
                continue;
            }
        };
        for tenant in due {
            if let Some(app) = apps.get(&tenant).filter(|_| !running.contains_key(&tenant)) {
                let linking = app.linking.clone();
                let round = tokio::spawn(async move {
                    if let Err(error) = linking.resume().await {
                        tracing::error!(tenant = %linking.tenant.name.0, %error, "unfinished links could not be carried on");
                    }
                });
                running.insert(tenant, round);
            }
        }
    }
}

/// Removes what has expired.
async fn sweep(store: &Store, every: Duration) {
    let mut interval = interval(every);
    loop {
        interval.tick().await;
        if let Err(error) = store.sweep().await {
            tracing::error!(%error, "expired rows could not be removed");
        }
    }
}

/// Removes what is old, and what is kept of accounts for longer than each tenant wants.
async fn forget(store: &Store, apps: &[App]) {
    let mut interval = interval(RETENTION);
    loop {
        interval.tick().await;
        if let Err(error) = store.tidy().await {
            tracing::error!(%error, "what is old could not be removed");
        }
        for app in apps {
            app.forget_old().await;
        }
    }
}

/// Gives back memory that was freed, not at once. It cannot fail but by a panic, which says so itself.
async fn give_back() {
    let mut interval = interval(GIVEN_BACK);
    interval.tick().await;
    loop {
        interval.tick().await;
        let _ = tokio::task::spawn_blocking(memory::give_back).await;
    }
}

/// A round that took longer than a period is not made up for.
fn interval(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
