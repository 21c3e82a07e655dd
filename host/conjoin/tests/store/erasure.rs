//! Forgetting one person.

use conjoin::store::{Channel, Channels, Forgotten, MessageState, SESSION_OWNER, Store, StoreError};
use conjoin_linking::error::RefusedBy;
use conjoin_linking::journal::{DecisionRecord, Journal};
use conjoin_linking::record::{Record, Stage};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{self, Id};

use crate::database::{Database, now, tenant};
use crate::records::{at, attention, decision, keep, kept, of_grace, record, rolled_back, unlinked, user, work};

on_both!(
    a_person_is_forgotten_and_nobody_else,
    from_the_other_account_the_links_are_forgotten_too,
    a_person_with_something_unsettled_is_not_forgotten,
);

async fn open(database: &Database) -> Store {
    let channels = Channels {
        webhook: true,
        mail: false,
    };
    database.store().await.announcing(tenant("acme"), channels)
}

async fn session_of(store: &Store, account: &str) -> Id {
    let owner = store.session_owner(&tenant("acme"), &user(account));
    let mut record = session::Record {
        id: Id::default(),
        data: [(SESSION_OWNER.to_owned(), json!(owner))].into(),
        expiry_date: OffsetDateTime::now_utc() + time::Duration::hours(1),
    };
    SessionStore::create(store, &mut record).await.unwrap();
    record.id
}

async fn decided(store: &Store, link: &str) {
    let said = DecisionRecord {
        transaction: link.to_owned(),
        ..decision(link)
    };
    store.note(&tenant("acme"), &said).await.unwrap();
}

/// Links of ada in every stage but unsettled ones, and one each of grace.
async fn fill(store: &Store) {
    let grace = user("auth0|grace");
    for (id, stage) in [
        ("done", work("done")),
        ("back", rolled_back()),
        ("apart", unlinked()),
        ("refused", Stage::Refused(RefusedBy::Person)),
        ("expired", Stage::Expired),
        ("waits", record("waits").stage),
    ] {
        keep(store, &at(id, stage.clone())).await;
        let hers = Record {
            initiator: grace.clone(),
            ..at(&format!("her {id}"), of_grace(&stage))
        };
        keep(store, &hers).await;
    }
    for link in ["done", "her done", "look"] {
        decided(store, link).await;
    }
}

async fn stages(store: &Store, prefix: &str) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for id in ["done", "back", "apart", "refused", "expired", "waits"] {
        let record = kept(store, &format!("{prefix}{id}")).await;
        found.push(record.map(|record| record.stage.name().to_owned()));
    }
    found
}

async fn a_person_is_forgotten_and_nobody_else(database: Database) {
    let store = open(&database).await;
    let (acme, ada) = (tenant("acme"), user("auth0|ada"));
    fill(&store).await;
    let (hers, theirs) = (
        session_of(&store, "auth0|ada").await,
        session_of(&store, "auth0|grace").await,
    );
    for (id, subject) in [("visit", &ada), ("her visit", &user("auth0|grace"))] {
        let body = json!({"proof": {"subject": subject}});
        assert!(store.begin_visit(&acme, id, id, &body, now() + 60).await.unwrap());
    }
    let before = stages(&store, "her ").await;
    let messages = store
        .claim_messages(&acme, Channel::Webhook, 100, std::time::Duration::from_secs(60))
        .await
        .unwrap();
    // Of each person: linked, aborted, unlinked.
    assert_eq!(messages.len(), 6);
    for message in &messages {
        match message.notice.link.0.trim_start_matches("her ") {
            "done" => store.message_delivered(message).await.unwrap(),
            "back" => store.bury_message(message, "no").await.unwrap(),
            _ => {}
        }
    }
    let forgotten = store.forget_person(&acme, &ada, "root").await.unwrap();
    let expected = Forgotten {
        records: 3,
        without_effect: 3,
        decisions: 1,
        sessions: 1,
        visits: 1,
        messages: 2,
    };
    assert_eq!(forgotten, expected);
    let gone = || Some("forgotten".to_owned());
    assert_eq!(stages(&store, "").await, [gone(), gone(), gone(), None, None, None]);
    assert_eq!(stages(&store, "her ").await, before);
    assert_eq!(SessionStore::load(&store, &hers).await.unwrap(), None);
    assert!(SessionStore::load(&store, &theirs).await.unwrap().is_some());
    assert_eq!(store.visit::<Value>(&acme, "visit").await.unwrap(), None);
    assert!(store.visit::<Value>(&acme, "her visit").await.unwrap().is_some());
    let left = store.decisions(&acme, 10).await.unwrap();
    let mut left: Vec<_> = left
        .iter()
        .map(|decision| decision.record.transaction.as_str())
        .collect();
    left.sort_unstable();
    assert_eq!(left, ["her done", "look"]);
    assert_eq!(
        store.messages(&acme, MessageState::Pending, 10).await.unwrap().len(),
        2,
        "they are yet to arrive"
    );
    let head = store.verify_audit(&acme, &[]).await.unwrap();
    let last = store.audit_page(&acme, head.seq - 1, 1).await.unwrap().remove(0).entry;
    assert_eq!(last.event, "person.forgotten");
    assert_eq!(last.actor, conjoin_linking::audit::Actor::Operator("root".to_owned()));
    assert_eq!(last.facts["removed"]["records"], 3);
    let again = store.forget_person(&acme, &ada, "root").await.unwrap();
    assert_eq!(again, Forgotten::default());
}

async fn from_the_other_account_the_links_are_forgotten_too(database: Database) {
    let store = open(&database).await;
    fill(&store).await;
    let forgotten = store
        .forget_person(&tenant("acme"), &user("google-oauth2|1001"), "root")
        .await
        .unwrap();
    assert_eq!((forgotten.records, forgotten.without_effect), (3, 0));
    let other = store
        .forget_person(&tenant("other"), &user("auth0|grace"), "root")
        .await
        .unwrap();
    assert_eq!(other, Forgotten::default());
}

async fn a_person_with_something_unsettled_is_not_forgotten(database: Database) {
    let store = open(&database).await;
    let (acme, ada) = (tenant("acme"), user("auth0|ada"));
    keep(&store, &at("done", work("done"))).await;
    let moving = at("moving", work("linked"));
    keep(&store, &moving).await;
    for record in [
        moving.at(work("linked")),
        moving.at(work("linked")).at(attention(work("linked"))),
    ] {
        store.advance(&record).await.unwrap();
        let outcome = store.forget_person(&acme, &ada, "root").await;
        assert!(
            matches!(&outcome, Err(StoreError::Unsettled { links }) if links == &["moving"]),
            "{outcome:?}"
        );
    }
    let done = kept(&store, "done").await.unwrap();
    assert_eq!(done.stage.name(), "done");
}
