//! Messages to others.

use std::time::Duration;

use conjoin::store::{Channel, Channels, Message, MessageState, Store};
use conjoin_linking::error::RefusedBy;
use conjoin_linking::journal::Journal;
use conjoin_linking::notice::NoticeKind;
use conjoin_linking::record::Stage;
use tokio::task::JoinSet;

use crate::database::{Database, now, tenant};
use crate::records::{PRIVATE, at, attention, record, rolled_back, work};

on_both!(
    each_channel_gets_what_is_for_it_in_order,
    a_refusal_names_the_accounts_that_the_stage_before_knew,
    a_stage_that_is_not_stored_tells_nothing,
    tenants_without_channels_have_no_messages,
    a_claimed_message_is_nobody_elses_until_the_lease_ends,
    of_hosts_that_claim_at_once_none_gets_the_same,
    a_message_that_failed_comes_again_when_it_is_due,
    a_buried_message_comes_again_when_it_is_asked_for,
    what_was_delivered_meanwhile_stays_delivered,
    a_link_is_announced_once_nobody_waits_for_it,
    who_waits_is_notified_after_the_commit,
    a_message_does_not_stand_readable,
);

const LEASE: Duration = Duration::from_secs(600);
const BOTH: Channels = Channels {
    webhook: true,
    mail: true,
};

async fn open(database: &Database) -> Store {
    database.store().await.announcing(tenant("acme"), BOTH)
}

async fn claim(store: &Store, channel: Channel) -> Vec<Message> {
    store
        .claim_messages(&tenant("acme"), channel, 100, LEASE)
        .await
        .unwrap()
}

async fn in_state(store: &Store, state: MessageState) -> Vec<Message> {
    store.messages(&tenant("acme"), state, 100).await.unwrap()
}

fn kinds(messages: &[Message]) -> Vec<NoticeKind> {
    messages.iter().map(|message| message.notice.kind).collect()
}

/// A link that is announced, and its message, claimed.
async fn announced(store: &Store) -> Message {
    store.create(&at("1", work("confirmed"))).await.unwrap();
    claim(store, Channel::Webhook).await.remove(0)
}

async fn each_channel_gets_what_is_for_it_in_order(database: Database) {
    let store = open(&database).await;
    let mut link = record("1");
    store.create(&link).await.unwrap();
    for stage in ["confirmed", "metadata_written", "linked", "linked", "done"] {
        link = link.at(work(stage));
        store.advance(&link).await.unwrap();
    }
    let back = at("2", work("confirmed"));
    store.create(&back).await.unwrap();
    store.advance(&back.at(rolled_back())).await.unwrap();
    store.advance(&at("3", attention(work("linked")))).await.unwrap_err();
    store.create(&at("3", attention(work("linked")))).await.unwrap();
    let told = claim(&store, Channel::Webhook).await;
    assert_eq!(
        kinds(&told),
        [
            NoticeKind::Starting,
            NoticeKind::Linked,
            NoticeKind::Starting,
            NoticeKind::Aborted,
            NoticeKind::NeedsAttention
        ]
    );
    let first = &told[0];
    assert!(first.id.starts_with("msg_") && first.id.len() == 36, "{}", first.id);
    assert_eq!((first.attempts, first.state), (0, MessageState::Pending));
    assert_eq!(first.notice.secondary, "google-oauth2|1001");
    assert!((first.created_at - now()).abs() < 60);
    let mails = claim(&store, Channel::Mail).await;
    assert_eq!(kinds(&mails), [NoticeKind::Linked]);
    assert_eq!(mails[0].notice.addresses, ["ada@example.com"]);
    assert_ne!(mails[0].id, told[1].id);
}

async fn a_refusal_names_the_accounts_that_the_stage_before_knew(database: Database) {
    let store = open(&database).await;
    let asked = record("1");
    store.create(&asked).await.unwrap();
    let refused = asked.at(Stage::Refused(RefusedBy::Person));
    store.advance(&refused).await.unwrap();
    store
        .advance(&refused.at(Stage::Refused(RefusedBy::Person)))
        .await
        .unwrap();
    let told = claim(&store, Channel::Webhook).await;
    assert_eq!(kinds(&told), [NoticeKind::Refused], "once");
    assert_eq!(told[0].notice.primary, "auth0|ada");
    assert_eq!(told[0].notice.secondary, "google-oauth2|1001");
}

async fn a_stage_that_is_not_stored_tells_nothing(database: Database) {
    let store = open(&database).await;
    store.create(&record("1")).await.unwrap();
    store.create(&at("1", work("confirmed"))).await.unwrap_err();
    store
        .advance(&record("1").at(Stage::Expired).at(work("confirmed")))
        .await
        .unwrap_err();
    assert_eq!(in_state(&store, MessageState::Pending).await, []);
}

async fn tenants_without_channels_have_no_messages(database: Database) {
    let only_mail = Channels {
        mail: true,
        ..Channels::default()
    };
    let store = database.store().await.announcing(tenant("acme"), only_mail);
    let mut theirs = at("1", work("done"));
    theirs.tenant = tenant("other");
    store.create(&theirs).await.unwrap();
    store.create(&at("1", work("done"))).await.unwrap();
    let kept = in_state(&store, MessageState::Pending).await;
    assert_eq!(
        kept.iter().map(|message| message.channel).collect::<Vec<_>>(),
        [Channel::Mail]
    );
    let other = store
        .messages(&tenant("other"), MessageState::Pending, 9)
        .await
        .unwrap();
    assert_eq!(other, []);
}

async fn a_claimed_message_is_nobody_elses_until_the_lease_ends(database: Database) {
    let store = open(&database).await;
    for id in ["1", "2", "3"] {
        store.create(&at(id, work("confirmed"))).await.unwrap();
    }
    let acme = tenant("acme");
    let oldest = store.claim_messages(&acme, Channel::Webhook, 2, LEASE).await.unwrap();
    let links: Vec<_> = oldest.iter().map(|message| message.notice.link.0.as_str()).collect();
    assert_eq!(links, ["1", "2"]);
    let rest = claim(&database.store().await, Channel::Webhook).await;
    assert_eq!(rest.len(), 1);
    assert_eq!(claim(&store, Channel::Webhook).await, []);
    database.alter("UPDATE outbox SET due_at = 1").await;
    let again = claim(&store, Channel::Webhook).await;
    assert_eq!(again[0].id, oldest[0].id);
    assert_eq!(again.len(), 3);
}

async fn of_hosts_that_claim_at_once_none_gets_the_same(database: Database) {
    let stores = [open(&database).await, open(&database).await];
    for id in 0..30 {
        stores[0].create(&at(&id.to_string(), work("confirmed"))).await.unwrap();
    }
    let mut hosts = JoinSet::new();
    for host in 0..10 {
        let store = stores[host % 2].clone();
        hosts.spawn(async move {
            let acme = tenant("acme");
            let mut claimed = Vec::new();
            for _ in 0..4 {
                claimed.extend(store.claim_messages(&acme, Channel::Webhook, 3, LEASE).await.unwrap());
            }
            claimed
        });
    }
    let mut claimed: Vec<_> = hosts.join_all().await.into_iter().flatten().collect();
    claimed.extend(claim(&stores[0], Channel::Webhook).await);
    let mut ids: Vec<_> = claimed.iter().map(|message| message.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((claimed.len(), ids.len()), (30, 30));
}

async fn a_message_that_failed_comes_again_when_it_is_due(database: Database) {
    let store = open(&database).await;
    let message = announced(&store).await;
    store.put_off_message(&message, now() + 600, "refused").await.unwrap();
    assert_eq!(claim(&store, Channel::Webhook).await, []);
    let waiting = in_state(&store, MessageState::Pending).await.remove(0);
    assert_eq!((waiting.attempts, waiting.last_error.as_deref()), (1, Some("refused")));
    store.put_off_message(&waiting, now(), &"é".repeat(1000)).await.unwrap();
    let again = claim(&store, Channel::Webhook).await.remove(0);
    assert_eq!(
        (again.id, again.attempts, &again.notice),
        (message.id, 2, &message.notice)
    );
    assert_eq!(again.last_error, Some("é".repeat(300)));
}

async fn a_buried_message_comes_again_when_it_is_asked_for(database: Database) {
    let store = open(&database).await;
    let acme = tenant("acme");
    let message = announced(&store).await;
    assert!(
        !store.retry_message(&acme, &message.id).await.unwrap(),
        "it is not given up"
    );
    store.bury_message(&message, "gone").await.unwrap();
    database.alter("UPDATE outbox SET due_at = 1").await;
    assert_eq!(claim(&store, Channel::Webhook).await, []);
    let dead = in_state(&store, MessageState::Dead).await.remove(0);
    assert_eq!((dead.attempts, dead.last_error.as_deref()), (1, Some("gone")));
    assert!(!store.retry_message(&tenant("other"), &message.id).await.unwrap());
    assert!(!store.retry_message(&acme, "msg_0").await.unwrap());
    assert!(store.retry_message(&acme, &message.id).await.unwrap());
    assert_eq!(claim(&store, Channel::Webhook).await.remove(0).id, message.id);
}

async fn what_was_delivered_meanwhile_stays_delivered(database: Database) {
    let store = open(&database).await;
    let message = announced(&store).await;
    store.message_delivered(&message).await.unwrap();
    store.put_off_message(&message, 0, "late").await.unwrap();
    store.bury_message(&message, "late").await.unwrap();
    let delivered = in_state(&store, MessageState::Delivered).await;
    assert_eq!(delivered.len(), 1);
    assert_eq!((delivered[0].attempts, &delivered[0].last_error), (0, &None));
    assert_eq!(claim(&store, Channel::Webhook).await, []);
}

async fn a_link_is_announced_once_nobody_waits_for_it(database: Database) {
    let store = open(&database).await;
    let (acme, link) = (tenant("acme"), record("1").id);
    assert!(
        store.announced(&acme, &link).await.unwrap(),
        "there is nothing to wait for"
    );
    let message = announced(&store).await;
    assert!(!store.announced(&acme, &link).await.unwrap());
    assert!(store.announced(&acme, &record("2").id).await.unwrap());
    assert!(store.announced(&tenant("other"), &link).await.unwrap());
    store.put_off_message(&message, now() + 600, "refused").await.unwrap();
    assert!(!store.announced(&acme, &link).await.unwrap());
    store.bury_message(&message, "refused").await.unwrap();
    assert!(store.announced(&acme, &link).await.unwrap());
    store.retry_message(&acme, &message.id).await.unwrap();
    store.message_delivered(&message).await.unwrap();
    assert!(store.announced(&acme, &link).await.unwrap());
}

async fn who_waits_is_notified_after_the_commit(database: Database) {
    let store = open(&database).await;
    let added = store.outbox_added();
    let waits = added.notified();
    store.create(&at("1", work("confirmed"))).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), waits).await.unwrap();
    assert_eq!(claim(&store, Channel::Webhook).await.len(), 1);
    let waits = added.notified();
    store.create(&record("2")).await.unwrap();
    let quiet = tokio::time::timeout(Duration::from_millis(50), waits).await;
    assert!(quiet.is_err(), "that told nothing");
}

async fn a_message_does_not_stand_readable(database: Database) {
    let store = open(&database).await;
    store.create(&at("1", work("done"))).await.unwrap();
    let mail = claim(&store, Channel::Mail).await.remove(0);
    store.put_off_message(&mail, 0, "550 ada@example.com").await.unwrap();
    let columns = "SELECT tenant || id || channel || state || kind || link || sealed FROM outbox";
    for secret in [PRIVATE, "ada@example.com", "auth0|ada", "550 "] {
        assert!(!database.shows(columns, secret).await, "{secret}");
    }
}
