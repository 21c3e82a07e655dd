//! Visits that a tenant's Action sends people on.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::database::{Database, now, tenant};

on_both!(
    a13_a_session_token_begins_one_visit_of_twenty_at_once,
    s37_a_visit_of_one_tenant_is_none_of_another,
    an_expired_visit_is_none_and_is_swept,
    what_is_kept_of_a_visit_can_change,
    neither_token_nor_visit_stands_readable,
);

async fn a13_a_session_token_begins_one_visit_of_twenty_at_once(database: Database) {
    let stores = [database.store().await, database.store().await];
    let acme = tenant("acme");
    let mut beginners = JoinSet::new();
    for number in 0..20 {
        let (store, acme) = (stores[number % 2].clone(), acme.clone());
        beginners.spawn(async move {
            let id = format!("visit-{number}");
            store
                .begin_visit(&acme, &id, "token", &number, now() + 60)
                .await
                .unwrap()
        });
    }
    let begun = beginners.join_all().await;
    assert_eq!(begun.iter().filter(|begun| **begun).count(), 1);
}

async fn s37_a_visit_of_one_tenant_is_none_of_another(database: Database) {
    let store = database.store().await;
    let (acme, other) = (tenant("acme"), tenant("other"));
    assert!(store.begin_visit(&acme, "v", "token", &1, now() + 60).await.unwrap());
    assert_eq!(store.visit::<i32>(&other, "v").await.unwrap(), None);
    store.change_visit(&other, "v", &2).await.unwrap();
    assert_eq!(store.visit::<i32>(&acme, "v").await.unwrap(), Some(1));
    // The same text can be a token of another tenant.
    assert!(store.begin_visit(&other, "v", "token", &3, now() + 60).await.unwrap());
}

async fn an_expired_visit_is_none_and_is_swept(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    assert!(store.begin_visit(&acme, "old", "old", &1, now() - 1).await.unwrap());
    assert!(store.begin_visit(&acme, "new", "new", &2, now() + 60).await.unwrap());
    assert_eq!(store.visit::<i32>(&acme, "old").await.unwrap(), None);
    store.sweep().await.unwrap();
    assert_eq!(store.visit::<i32>(&acme, "new").await.unwrap(), Some(2));
    assert!(store.begin_visit(&acme, "old", "old", &3, now() + 60).await.unwrap());
}

async fn what_is_kept_of_a_visit_can_change(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    let body = json!({ "state": "s", "link": null });
    assert!(store.begin_visit(&acme, "v", "token", &body, now() + 60).await.unwrap());
    let changed = json!({ "state": "s", "link": "l" });
    store.change_visit(&acme, "v", &changed).await.unwrap();
    assert_eq!(store.visit::<Value>(&acme, "v").await.unwrap(), Some(changed));
    store.change_visit(&acme, "another", &body).await.unwrap();
    assert_eq!(store.visit::<Value>(&acme, "another").await.unwrap(), None);
}

async fn neither_token_nor_visit_stands_readable(database: Database) {
    let store = database.store().await;
    let acme = tenant("acme");
    let body = json!({ "subject": "auth0|ada" });
    assert!(
        store
            .begin_visit(&acme, "the-visit", "the-token", &body, now() + 60)
            .await
            .unwrap()
    );
    let everything = "SELECT tenant || id || token || sealed FROM action_visits";
    for secret in ["the-visit", "the-token", "auth0|ada"] {
        assert!(!database.shows(everything, secret).await, "{secret}");
    }
    assert!(database.shows(everything, "acme").await);
}
