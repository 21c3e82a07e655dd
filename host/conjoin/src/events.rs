//! What others are told of a link: the platform team's systems by webhook, the person by mail.
//!
//! The store writes a notice in the same transaction as the stage that it tells of, so none is lost and none is invented. What lives here takes notices out of that
//! outbox and brings them to where they go: [`webhook`] and [`mail`] each know how one is sent, [`schedule`] when it is tried again, and [`worker`] does the rest.
//! [`lookup`] answers the question that a webhook's consumer asks when it came too late: was this account linked, or deleted?
//!
//! # Invariants
//! - At least once, in no promised order, with the same id every time.
//! - A consumer that is slow or gone delays nothing but itself.
//! - No address, secret or metadata value reaches a log, and no address reaches a consumer.

pub mod lookup;
pub mod mail;
pub mod schedule;
pub mod webhook;
pub mod worker;

use std::sync::Arc;
use std::time::Duration;

use conjoin_linking::tenant::{Tenant, TenantName};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use crate::config::TenantConfig;
use crate::store::Store;

use lookup::Lookup;
use mail::Mail;
use webhook::Webhook;
use worker::Worker;

/// How long a stopping host waits for what is being sent. Longer than any one try; what is cut off all the same is sent again by whoever claims it next.
const LAST_TRIES: Duration = Duration::from_secs(12);

/// What one tenant tells others, and where.
#[derive(Clone)]
pub struct Events {
    tenant: TenantName,
    webhook: Option<Arc<Webhook>>,
    mail: Option<Arc<Mail>>,
    lookup: Option<Arc<Lookup>>,
}

impl Events {
    /// As the tenant's team configured it. `base` is where browsers reach this host.
    ///
    /// # Errors
    /// An address or a secret that cannot be used, by the name of its key and never by its value.
    pub fn new(config: &TenantConfig, tenant: Arc<Tenant>, base: &Url) -> anyhow::Result<Self> {
        let webhook = config.webhook.as_ref().map(Webhook::new).transpose()?;
        let name = tenant.name.clone();
        let mail = config.mail.as_ref().map(|mail| Mail::new(mail, tenant, base));
        let lookup = config.lookup_token.as_ref().map(Lookup::new).transpose()?;
        Ok(Self {
            tenant: name,
            webhook: webhook.map(Arc::new),
            mail: mail.transpose()?.map(Arc::new),
            lookup: lookup.map(Arc::new),
        })
    }

    /// Who may ask what became of an account; none when nobody may.
    pub fn lookup(&self) -> Option<&Lookup> {
        self.lookup.as_deref()
    }

    /// Delivers until `stopping` says so.
    pub fn start(&self, store: &Store, stopping: &watch::Receiver<bool>, delivery: &mut Delivery) {
        let mut run = |sender: Arc<dyn worker::Sender>| {
            let worker = Worker::new(store.clone(), self.tenant.clone(), sender);
            delivery.workers.spawn(worker.run(stopping.clone()));
        };
        if let Some(webhook) = &self.webhook {
            run(webhook.clone());
        }
        if let Some(mail) = &self.mail {
            run(mail.clone());
        }
    }
}

/// The workers of a running host.
#[derive(Default)]
pub struct Delivery {
    workers: JoinSet<()>,
}

impl Delivery {
    /// Waits, within bounds, for what is being sent. The workers must have been told to stop.
    pub async fn finish(mut self) {
        let all = async { while self.workers.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_TRIES, all).await.is_err() {
            tracing::warn!("stopped while messages were being sent; they are sent again");
        }
    }
}
