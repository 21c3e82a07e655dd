//! Locks on accounts.

use std::time::Duration;

use conjoin::store::Store;
use conjoin_auth0::UserId;
use conjoin_linking::journal::Journal;
use conjoin_linking::tenant::TenantName;
use tokio::task::JoinSet;

use crate::database::{Database, tenant};
use crate::records::user;

on_both!(
    a36_a_lock_holds_all_accounts_or_none,
    a36_nobody_shares_a_lock,
    a36_both_directions_at_once_end_with_one_winner,
    a36_an_ended_lease_can_be_taken_and_not_given_back_by_its_old_holder,
    a36_a_lease_can_be_renewed_while_it_lasts_and_not_after,
    a36_a_lease_of_which_one_lock_is_somebody_elses_is_not_renewed_at_all,
    s37_tenants_do_not_lock_each_other,
    links_that_share_no_account_do_not_wait,
);

const LEASE: Duration = Duration::from_secs(600);

async fn lock(journal: &impl Journal, accounts: &[&str], holder: &str, lease: Duration) -> bool {
    let accounts: Vec<UserId> = accounts.iter().map(|account| user(account)).collect();
    let accounts: Vec<&UserId> = accounts.iter().collect();
    journal.lock(&tenant("acme"), &accounts, holder, lease).await.unwrap()
}

async fn a36_a_lock_holds_all_accounts_or_none(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    assert!(lock(&store, &["a|2", "a|3"], "first", LEASE).await);
    assert!(!lock(&store, &["a|1", "a|2"], "second", LEASE).await);
    assert!(
        lock(&store, &["a|1"], "third", LEASE).await,
        "the refused attempt kept nothing"
    );
    store.unlock(&acme, "second").await.unwrap();
    assert!(
        !lock(&store, &["a|2"], "fourth", LEASE).await,
        "only the holder gives a lock back"
    );
    store.unlock(&acme, "first").await.unwrap();
    assert!(lock(&store, &["a|2", "a|3"], "fifth", LEASE).await);
}

async fn a36_nobody_shares_a_lock(database: Database) {
    let store = database.store().await;
    assert!(
        lock(&store, &["a|1", "a|1"], "holder", LEASE).await,
        "naming an account twice is no conflict"
    );
    assert!(!lock(&store, &["a|1"], "holder", LEASE).await);
}

async fn a36_both_directions_at_once_end_with_one_winner(database: Database) {
    let stores = [database.store().await, database.store().await];
    for round in 0..15 {
        let mut contenders = JoinSet::new();
        for contender in 0..8 {
            let store = stores[contender % 2].clone();
            contenders.spawn(async move {
                let pair = if contender % 4 < 2 {
                    ["a|1", "b|1"]
                } else {
                    ["b|1", "a|1"]
                };
                let holder = format!("{round}/{contender}");
                lock(&store, &pair, &holder, LEASE).await.then_some(holder)
            });
        }
        let winners: Vec<_> = contenders.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        stores[0].unlock(&tenant("acme"), &winners[0]).await.unwrap();
    }
}

async fn a36_an_ended_lease_can_be_taken_and_not_given_back_by_its_old_holder(database: Database) {
    let store = database.store().await;
    assert!(lock(&store, &["a|1", "a|2"], "crashed", Duration::ZERO).await);
    assert!(lock(&store, &["a|2", "a|1"], "next", LEASE).await);
    store.unlock(&tenant("acme"), "crashed").await.unwrap();
    assert!(!lock(&store, &["a|1"], "third", LEASE).await);
    assert!(!lock(&store, &["a|2"], "third", LEASE).await);
}

async fn a36_a_lease_can_be_renewed_while_it_lasts_and_not_after(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    assert!(lock(&store, &["a|1", "a|2"], "holder", LEASE).await);
    // A renewal to nothing shows that it is the lease of the same locks that is set.
    assert!(renew(&store, &acme, "holder", Duration::ZERO).await);
    assert!(!renew(&store, &acme, "holder", LEASE).await, "it has ended");
    assert!(lock(&store, &["a|1", "a|2"], "next", LEASE).await);
    assert!(!renew(&store, &acme, "holder", LEASE).await);
    assert!(renew(&store, &acme, "next", LEASE).await);
    assert!(!renew(&store, &tenant("other"), "next", LEASE).await);
}

async fn a36_a_lease_of_which_one_lock_is_somebody_elses_is_not_renewed_at_all(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    assert!(lock(&store, &["a|1", "a|2"], "holder", Duration::ZERO).await);
    assert!(lock(&store, &["a|2"], "next", LEASE).await);
    assert!(lock(&store, &["a|1"], "holder", LEASE).await, "the other is free");
    assert!(!renew(&store, &acme, "holder", Duration::ZERO).await);
    // Nor did the one that it has change: it is not free.
    assert!(!lock(&store, &["a|1"], "third", LEASE).await);
}

/// Of `a|1` and `a|2`.
async fn renew(store: &Store, tenant: &TenantName, holder: &str, lease: Duration) -> bool {
    let accounts = [&user("a|1"), &user("a|2")];
    store.renew(tenant, &accounts, holder, lease).await.unwrap()
}

async fn s37_tenants_do_not_lock_each_other(database: Database) {
    let store = database.store().await;
    assert!(lock(&store, &["a|1"], "holder", LEASE).await);
    let account = user("a|1");
    assert!(
        store
            .lock(&tenant("other"), &[&account], "holder", LEASE)
            .await
            .unwrap()
    );
    store.unlock(&tenant("other"), "holder").await.unwrap();
    assert!(!lock(&store, &["a|1"], "second", LEASE).await);
}

async fn links_that_share_no_account_do_not_wait(database: Database) {
    let store = database.store().await;
    let mut links = JoinSet::new();
    for link in 0..12 {
        let store = store.clone();
        links.spawn(async move {
            let pair = [format!("a|{link}"), format!("b|{link}")];
            lock(&store, &[&pair[0], &pair[1]], &link.to_string(), LEASE).await
        });
    }
    assert!(links.join_all().await.into_iter().all(|locked| locked));
}
