//! What a link or unlink means for the sessions of its accounts.

use conjoin::store::{SESSION_HANDLE, SESSION_OWNER, Store};
use conjoin_linking::journal::Journal;
use serde_json::json;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

use crate::database::{Database, tenant};
use crate::records::{record, unlinked, user, work};

on_both!(a04_a_link_and_an_unlink_end_sessions_as_they_end_themselves,);

/// A session of an account, with the handle that links are bound to.
async fn of(store: &Store, account: &str, handle: &str) -> Id {
    let owner = store.session_owner(&tenant("acme"), &user(account));
    let data = [(SESSION_OWNER, json!(owner)), (SESSION_HANDLE, json!(handle))];
    let mut session = Record {
        id: Id::default(),
        data: data.map(|(key, value)| (key.to_owned(), value)).into(),
        expiry_date: OffsetDateTime::now_utc() + time::Duration::hours(1),
    };
    SessionStore::create(store, &mut session).await.unwrap();
    session.id
}

async fn is_there(store: &Store, session: &Id) -> bool {
    SessionStore::load(store, session).await.unwrap().is_some()
}

async fn a04_a_link_and_an_unlink_end_sessions_as_they_end_themselves(database: Database) {
    let store = database.store().await;
    let asked = record("link").session;
    for (id, end, at_both) in [("link", work("done"), false), ("unlink", unlinked(), true)] {
        let stay = [
            of(&store, "google-oauth2|1001", &asked).await,
            of(&store, "auth0|ada", &asked).await,
            of(&store, "auth0|grace", "hers").await,
        ];
        let joined = of(&store, "google-oauth2|1001", "a stranger's").await;
        let primary = of(&store, "auth0|ada", "another of ada's").await;
        let begun = record(id);
        Journal::create(&store, &begun).await.unwrap();
        assert!(is_there(&store, &joined).await);
        let end = begun.at(end);
        // Of two that come to the end, one is too late, and ends nothing.
        store.advance(&end).await.unwrap();
        store.advance(&end).await.unwrap_err();
        assert!(!is_there(&store, &joined).await, "{id}");
        assert_eq!(!is_there(&store, &primary).await, at_both, "{id}");
        for session in stay {
            assert!(is_there(&store, &session).await, "{id}");
        }
    }
}
