//! Sign-ins under way.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::database::{Database, now, tenant};

on_both!(
    a13_a_state_is_taken_exactly_once_by_twenty_at_once,
    s37_a_state_of_one_tenant_is_none_of_another,
    an_expired_sign_in_is_none_and_is_gone,
    a13_a_session_has_at_most_ten_and_the_oldest_go,
    forgetting_a_session_leaves_the_others,
    neither_state_nor_verifier_stands_readable,
);

async fn a13_a_state_is_taken_exactly_once_by_twenty_at_once(database: Database) {
    let stores = [database.store().await, database.store().await];
    let acme = tenant("acme");
    let body = json!({ "nonce": "n", "verifier": "v" });
    stores[0]
        .keep_sign_in(&acme, "state", "session", &body, now() + 60)
        .await
        .unwrap();
    let mut takers = JoinSet::new();
    for taker in 0..20 {
        let (store, acme) = (stores[taker % 2].clone(), acme.clone());
        takers.spawn(async move { store.take_sign_in::<Value>(&acme, "state").await.unwrap() });
    }
    let taken: Vec<_> = takers.join_all().await.into_iter().flatten().collect();
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].session.as_str(), &taken[0].body), ("session", &body));
}

async fn s37_a_state_of_one_tenant_is_none_of_another(database: Database) {
    let store = database.store().await;
    store
        .keep_sign_in(&tenant("acme"), "state", "session", &1, now() + 60)
        .await
        .unwrap();
    assert_eq!(
        store.take_sign_in::<i32>(&tenant("other"), "state").await.unwrap(),
        None
    );
    store.forget_sign_ins(&tenant("other"), "session").await.unwrap();
    assert!(
        store
            .take_sign_in::<i32>(&tenant("acme"), "state")
            .await
            .unwrap()
            .is_some()
    );
}

async fn an_expired_sign_in_is_none_and_is_gone(database: Database) {
    let store = database.store().await;
    store
        .keep_sign_in(&tenant("acme"), "state", "session", &1, now())
        .await
        .unwrap();
    assert_eq!(store.take_sign_in::<i32>(&tenant("acme"), "state").await.unwrap(), None);
    // The state is free again, so the expired row is gone.
    store
        .keep_sign_in(&tenant("acme"), "state", "session", &2, now() + 60)
        .await
        .unwrap();
    assert_eq!(
        store
            .take_sign_in::<i32>(&tenant("acme"), "state")
            .await
            .unwrap()
            .unwrap()
            .body,
        2
    );
}

async fn a13_a_session_has_at_most_ten_and_the_oldest_go(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    store
        .keep_sign_in(&acme, "someone else's", "other", &99, now() + 60)
        .await
        .unwrap();
    for number in 0..13 {
        store
            .keep_sign_in(&acme, &number.to_string(), "session", &number, now() + 60)
            .await
            .unwrap();
    }
    for number in 0..13 {
        let taken = store.take_sign_in::<i32>(&acme, &number.to_string()).await.unwrap();
        assert_eq!(taken.map(|taken| taken.body), (number >= 3).then_some(number));
    }
    assert!(
        store
            .take_sign_in::<i32>(&acme, "someone else's")
            .await
            .unwrap()
            .is_some()
    );
}

async fn forgetting_a_session_leaves_the_others(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    store.keep_sign_in(&acme, "1", "mine", &1, now() + 60).await.unwrap();
    store.keep_sign_in(&acme, "2", "mine", &2, now() + 60).await.unwrap();
    store.keep_sign_in(&acme, "3", "theirs", &3, now() + 60).await.unwrap();
    store.forget_sign_ins(&acme, "mine").await.unwrap();
    assert_eq!(store.take_sign_in::<i32>(&acme, "1").await.unwrap(), None);
    assert_eq!(store.take_sign_in::<i32>(&acme, "2").await.unwrap(), None);
    assert!(store.take_sign_in::<i32>(&acme, "3").await.unwrap().is_some());
}

async fn neither_state_nor_verifier_stands_readable(database: Database) {
    let store = database.store().await;
    let body = json!({ "verifier": "the-verifier" });
    store
        .keep_sign_in(&tenant("acme"), "the-state", "the-session", &body, now() + 60)
        .await
        .unwrap();
    let everything = "SELECT tenant || state || session || sealed FROM sign_ins";
    for secret in ["the-verifier", "the-state", "the-session"] {
        assert!(!database.shows(everything, secret).await, "{secret}");
    }
    assert!(database.shows(everything, "acme").await);
}
