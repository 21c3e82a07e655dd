//! Takes messages out of the outbox and has them sent, many at a time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use conjoin_linking::clock::now;
use conjoin_linking::tenant::TenantName;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::schedule::wait_after;
use crate::store::{Channel, Message, Store, StoreError};

/// How many messages of one channel are being sent at once. A consumer that lets every one of them time out still is tried a few times a second.
const AT_ONCE: usize = 16;

/// How often the outbox is looked at without being told: another host may have put something in, and what was put off comes due.
const POLL: Duration = Duration::from_secs(2);

/// How long a claimed message is nobody else's.
const LEASE: Duration = Duration::from_secs(60);

/// The longest that one try may take, whatever its sender does; shorter than the lease, so that nobody else sends it meanwhile.
const LONGEST_TRY: Duration = Duration::from_secs(45);

/// What became of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has arrived.
    Delivered,
    /// It may arrive yet.
    Later {
        /// What stood in the way. Never an address or a text of the other side's.
        error: String,
        /// How long the other side asks us to wait.
        after: Option<Duration>,
    },
    /// It never will.
    Never {
        /// Why. Never an address or a text of the other side's.
        error: String,
    },
}

/// One way to send messages. Each try has a bound of its own.
#[async_trait]
pub trait Sender: Send + Sync + 'static {
    /// Which messages it sends.
    fn channel(&self) -> Channel;

    /// Tries once.
    async fn send(&self, message: &Message) -> Outcome;
}

/// Delivers one tenant's messages of one channel.
pub struct Worker {
    store: Store,
    tenant: TenantName,
    sender: Arc<dyn Sender>,
}

impl Worker {
    /// Of a channel that the store puts messages out for.
    pub fn new(store: Store, tenant: TenantName, sender: Arc<dyn Sender>) -> Self {
        Self { store, tenant, sender }
    }

    /// Delivers until `stopping` says so, and lets the tries under way come to their end.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let added = self.store.outbox_added();
        let mut tries = JoinSet::new();
        while !*stopping.borrow() {
            // Listens before it looks, so that nothing that is added in between is missed.
            let notified = added.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            self.fill(&mut tries).await;
            tokio::select! {
                _ = stopping.changed() => break,
                () = notified => {}
                // A place is free, and there may have been more than there were places.
                Some(ended) = tries.join_next(), if !tries.is_empty() => report(ended),
                () = tokio::time::sleep(POLL) => {}
            }
        }
        while let Some(ended) = tries.join_next().await {
            report(ended);
        }
    }

    async fn fill(&self, tries: &mut JoinSet<()>) {
        let free = u32::try_from(AT_ONCE.saturating_sub(tries.len())).unwrap_or_default();
        if free == 0 {
            return;
        }
        let channel = self.sender.channel();
        match self.store.claim_messages(&self.tenant, channel, free, LEASE).await {
            Ok(messages) => {
                for message in messages {
                    tries.spawn(attempt(self.store.clone(), self.sender.clone(), message));
                }
            }
            Err(error) => tracing::error!(?channel, %error, "the outbox could not be read"),
        }
    }
}

async fn attempt(store: Store, sender: Arc<dyn Sender>, message: Message) {
    let sent = timeout(LONGEST_TRY, sender.send(&message)).await;
    let outcome = sent.unwrap_or_else(|_| Outcome::Later {
        error: "it took too long".to_owned(),
        after: None,
    });
    if let Err(error) = keep(&store, &message, outcome).await {
        tracing::error!(message = message.id, %error, "how a message fared could not be kept; it will be sent again");
    }
}

async fn keep(store: &Store, message: &Message, outcome: Outcome) -> Result<(), StoreError> {
    let (id, kind, link) = (&message.id, message.notice.kind.name(), &message.notice.link.0);
    match outcome {
        Outcome::Delivered => {
            tracing::info!(message = id, kind, link, channel = ?message.channel, "delivered");
            store.message_delivered(message).await
        }
        Outcome::Later { error, after } => match wait_after(tried(message), after) {
            Some(wait) => {
                tracing::warn!(message = id, kind, link, channel = ?message.channel, wait_s = wait.as_secs(), error, "not delivered; it will be tried again");
                let wait = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
                store.put_off_message(message, now().saturating_add(wait), &error).await
            }
            None => bury(store, message, &format!("{error}, {} times", tried(message))).await,
        },
        Outcome::Never { error } => bury(store, message, &error).await,
    }
}

/// An error for the platform team: a consumer missed something, or a person was not told.
async fn bury(store: &Store, message: &Message, error: &str) -> Result<(), StoreError> {
    tracing::error!(
        message = message.id, kind = message.notice.kind.name(), link = message.notice.link.0, channel = ?message.channel, error,
        "given up: nobody was told. See `conjoin events list --dead`; once the cause is gone, `conjoin events retry {}`", message.id
    );
    store.bury_message(message, error).await
}

/// The tries so far, this one included.
fn tried(message: &Message) -> u32 {
    message.attempts.saturating_add(1)
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "sending a message ended in a panic; it will be sent again");
    }
}
