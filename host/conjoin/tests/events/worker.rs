//! From the outbox to its reader: when, how often, and what holds up what.

use std::sync::Arc;
use std::time::{Duration, Instant};

use conjoin::config::TenantConfig;
use conjoin::dev::{Traits, tenant_config};
use conjoin::events::{Delivery, Events};
use conjoin::store::{Channels, EncryptionKey, MessageState, Store};
use conjoin_linking::journal::Journal;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::counterparts::MailServer;
use crate::program::went_through;
use crate::receiver::{Answer, Receiver};
use crate::records::{ADDRESS, PRIVATE, id, record, requested, tenant, unlinked, work};
use crate::webhook::SECRET;
use crate::{mail, webhook};

/// A store with workers on it.
struct Running {
    store: Store,
    stopping: watch::Sender<bool>,
    delivery: Delivery,
    folder: TempDir,
}

impl Running {
    async fn start(receiver: Option<&Receiver>, server: Option<&MailServer>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/conjoin.db", folder.path().display());
        let channels = Channels {
            webhook: receiver.is_some(),
            mail: server.is_some(),
        };
        let store = Store::open(&url, EncryptionKey::generate()).await.unwrap();
        let store = store.announcing(tenant(), channels);
        let traits = Traits {
            issuer: "http://localhost:1/".parse().unwrap(),
            webhook: true,
            mail: true,
            recovery_quiet: 2,
            settle_within: 60,
        };
        let config = TenantConfig {
            webhook: receiver.map(|receiver| webhook::config(&receiver.url, &[SECRET])),
            mail: server.map(|server| mail::config(server.port, "")),
            ..tenant_config(traits, "https://accounts.example.com".parse().unwrap())
        };
        let events = Events::new(&config, Arc::new(config.linking("dev").unwrap()), &config.base_url).unwrap();
        let (stopping, watched) = watch::channel(false);
        let mut delivery = Delivery::default();
        events.start(&store, &watched, &mut delivery);
        Self {
            store,
            stopping,
            delivery,
            folder,
        }
    }

    /// The store that is left, and the folder that it is in.
    async fn stop(self) -> (Store, TempDir) {
        self.stopping.send_replace(true);
        self.delivery.finish().await;
        (self.store, self.folder)
    }

    async fn count(&self, state: MessageState) -> usize {
        self.store.messages(&tenant(), state, 100).await.unwrap().len()
    }

    async fn becomes(&self, state: MessageState, count: usize) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.count(state).await != count {
            assert!(Instant::now() < deadline, "{count} messages become {state:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s40_a_link_is_announced_and_then_nobody_waits_for_it_any_more() {
    let mut receiver = Receiver::start(&[]).await;
    let running = Running::start(Some(&receiver), None).await;
    went_through(&running.store, record(1, requested()), vec![work("confirmed")]).await;
    let received = receiver.next().await;
    assert_eq!(received.json()["type"], "link.starting");
    running.becomes(MessageState::Delivered, 1).await;
    assert!(running.store.announced(&tenant(), &id(1)).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a37_a_repetition_is_the_same_message_under_the_same_id() {
    let mut receiver = Receiver::start(&[Answer::Status(500)]).await;
    let running = Running::start(Some(&receiver), None).await;
    went_through(&running.store, record(1, work("linked")), vec![work("done")]).await;
    let (first, second) = (receiver.next().await, receiver.next().await);
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(first.body, second.body);
    let seconds = |received: &crate::receiver::Received| received.header("webhook-timestamp").parse::<i64>().unwrap();
    assert!(
        seconds(&second) - seconds(&first) >= 4,
        "not before its time: five seconds and a little more"
    );
    assert!(!first.body.contains(PRIVATE) && !first.body.contains(ADDRESS));
    running.becomes(MessageState::Delivered, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_kept_and_can_be_sent_again() {
    let mut receiver = Receiver::start(&[Answer::Status(410)]).await;
    let running = Running::start(Some(&receiver), None).await;
    went_through(&running.store, record(1, requested()), vec![work("confirmed")]).await;
    let first = receiver.next().await;
    running.becomes(MessageState::Dead, 1).await;
    // A link does not wait for what is given up.
    assert!(running.store.announced(&tenant(), &id(1)).await.unwrap());
    let dead = running
        .store
        .messages(&tenant(), MessageState::Dead, 1)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(dead.last_error.as_deref(), Some("the consumer answered 410"));
    assert!(running.store.retry_message(&tenant(), &dead.id).await.unwrap());
    let again = receiver.next().await;
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    running.becomes(MessageState::Delivered, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_hangs_delays_no_mail() {
    let receiver = Receiver::start(&[Answer::After(Duration::from_secs(60)); 40]).await;
    let server = MailServer::start();
    let running = Running::start(Some(&receiver), Some(&server)).await;
    for digit in 1..=40 {
        went_through(&running.store, record(digit, work("linked")), vec![work("done")]).await;
    }
    for _ in 1..=40 {
        assert_eq!(server.mail()["to"], json!([ADDRESS]));
    }
    // The mails, and no message to the consumer.
    running.becomes(MessageState::Delivered, 40).await;
    assert_eq!(running.count(MessageState::Dead).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_an_unlink_is_told_by_both_ways() {
    let mut receiver = Receiver::start(&[]).await;
    let server = MailServer::start();
    let running = Running::start(Some(&receiver), Some(&server)).await;
    went_through(&running.store, record(2, unlinked_before()), vec![unlinked()]).await;
    assert_eq!(receiver.next().await.json()["type"], "link.unlinked");
    assert!(server.mail()["subject"].as_str().unwrap().contains("no longer leads"));
    running.becomes(MessageState::Delivered, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_what_is_being_sent_arrive_and_leaves_the_rest() {
    let mut receiver = Receiver::start(&[Answer::After(Duration::from_secs(2))]).await;
    let running = Running::start(Some(&receiver), None).await;
    went_through(&running.store, record(1, work("linked")), vec![work("done")]).await;
    receiver.next().await;
    let (store, _folder) = running.stop().await;
    assert_eq!(
        store
            .messages(&tenant(), MessageState::Delivered, 9)
            .await
            .unwrap()
            .len(),
        1
    );
    went_through(&store, record(2, work("linked")), vec![work("done")]).await;
    assert!(receiver.is_quiet().await);
    assert_eq!(
        store.messages(&tenant(), MessageState::Pending, 9).await.unwrap().len(),
        1
    );
}

/// Where the record of an unlink was before.
fn unlinked_before() -> conjoin_linking::record::Stage {
    match unlinked() {
        conjoin_linking::record::Stage::Unlinked(plan) => conjoin_linking::record::Stage::Restored(plan),
        other => other,
    }
}
