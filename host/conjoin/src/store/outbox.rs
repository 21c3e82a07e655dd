//! Messages to others about links: added in the transaction that stores the stage they tell of, so that none is lost and none tells of what did not happen.
//!
//! How they are delivered is not here. Whoever delivers claims messages for a while, and says what became of each.

mod delivery;
mod message;

use std::sync::Arc;

use conjoin_linking::notice::{Notice, NoticeKind};
use conjoin_linking::record::LinkId;
use conjoin_linking::tenant::TenantName;
use tokio::sync::Notify;

use super::clock::now;
use super::error::Attempt;
use super::seal::{Place, new_id};
use super::write::Writing;
use super::{Store, StoreError};

pub use message::{Channel, Channels, Message, MessageState};

use message::Contents;

const TABLE: &str = "outbox";

impl Store {
    /// Notified after a message was added by this host. Whoever waits for it must make the `notified()` future before looking for messages, or one that is added
    /// between is seen late; other hosts' messages are only found by looking.
    pub fn outbox_added(&self) -> Arc<Notify> {
        self.outbox_added.clone()
    }

    /// How others are told of a tenant's links.
    pub(super) fn channels(&self, tenant: &TenantName) -> Channels {
        self.announcing.get(&tenant.0).copied().unwrap_or_default()
    }

    /// Adds the messages of a notice; true when there are any. `seq` is the entry of the audit trail that it is of, which gives messages their order.
    pub(super) async fn enqueue(
        &self,
        writing: &mut Writing,
        tenant: &TenantName,
        notice: &Notice,
        seq: i64,
    ) -> Result<bool, StoreError> {
        let channels = self.channels(tenant);
        let webhook = channels.webhook.then_some(Channel::Webhook);
        let has_reader = notice.kind.concerns_person() && !notice.addresses.is_empty();
        let mail = (channels.mail && has_reader).then_some(Channel::Mail);
        let mut added = false;
        for channel in webhook.into_iter().chain(mail) {
            self.add(writing, tenant, channel, notice, seq).await?;
            added = true;
        }
        Ok(added)
    }

    async fn add(
        &self,
        writing: &mut Writing,
        tenant: &TenantName,
        channel: Channel,
        notice: &Notice,
        seq: i64,
    ) -> Result<(), StoreError> {
        let id = format!("msg_{}", new_id());
        let sealed = self
            .sealer
            .seal(Place::of(TABLE, tenant, &id), &Contents::new(notice, None))?;
        sqlx::query(
            "INSERT INTO outbox (tenant, id, channel, state, kind, link, seq, created_at, changed_at, due_at, attempts, sealed)
             VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, $7, $7, 0, $8)",
        )
        .bind(tenant.0.as_str())
        .bind(id)
        .bind(channel.name())
        .bind(notice.kind.name())
        .bind(notice.link.0.as_str())
        .bind(seq)
        .bind(now())
        .bind(sealed)
        .execute(&mut *writing.transaction)
        .await
        .to("add a message")?;
        Ok(())
    }

    /// Whether the announcement of a link is still to be delivered.
    pub(super) async fn awaits_announcement(&self, tenant: &TenantName, link: &LinkId) -> Result<bool, StoreError> {
        let row = sqlx::query(
            "SELECT id FROM outbox WHERE tenant = $1 AND link = $2 AND channel = $3 AND kind = $4 AND state = 'pending' LIMIT 1",
        )
        .bind(tenant.0.as_str())
        .bind(link.0.as_str())
        .bind(Channel::Webhook.name())
        .bind(NoticeKind::Starting.name())
        .fetch_optional(&self.pool)
        .await
        .to("look for the announcement of a link")?;
        Ok(row.is_some())
    }
}
