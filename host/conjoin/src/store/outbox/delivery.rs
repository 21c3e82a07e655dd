//! Delivering messages: claiming them, and saying what became of each.

use std::time::Duration;

use conjoin_linking::tenant::TenantName;
use sqlx::{AssertSqlSafe, Row};

use super::TABLE;
use super::message::{COLUMNS, Channel, Contents, Message, MessageState};
use crate::store::clock::now;
use crate::store::error::Attempt;
use crate::store::seal::Place;
use crate::store::{Store, StoreError};

impl Store {
    /// The oldest pending messages that are due, at most `count`, for the caller alone until `lease` is over: by then it must have said what became of them. One
    /// that cannot be opened is reported in the log and comes up again after the lease.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn claim_messages(
        &self,
        tenant: &TenantName,
        channel: Channel,
        count: u32,
        lease: Duration,
    ) -> Result<Vec<Message>, StoreError> {
        let started = now();
        // The outer conditions are looked at again by whoever had to wait for another that claims the same rows.
        let statement = format!(
            "UPDATE outbox SET due_at = $1 WHERE tenant = $2 AND state = 'pending' AND due_at <= $3 AND id IN (
                SELECT id FROM outbox WHERE tenant = $2 AND channel = $4 AND state = 'pending' AND due_at <= $3 ORDER BY seq, id LIMIT $5)
             RETURNING seq, {COLUMNS}"
        );
        let mut rows = sqlx::query(AssertSqlSafe(statement))
            .bind(started.saturating_add(whole_seconds(lease).max(1)))
            .bind(tenant.0.as_str())
            .bind(started)
            .bind(channel.name())
            .bind(i64::from(count))
            .fetch_all(&self.pool)
            .await
            .to("claim messages")?;
        rows.sort_by_key(|row| row.try_get::<i64, _>("seq").unwrap_or_default());
        let read = |row| {
            Message::read(&self.sealer, tenant, row)
                .inspect_err(|error| tracing::error!(tenant = %tenant.0, %error, "a message cannot be read, so it cannot be delivered"))
                .ok()
        };
        Ok(rows.iter().filter_map(read).collect())
    }

    /// Notes that a message arrived.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; it is delivered again then.
    pub async fn message_delivered(&self, message: &Message) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outbox SET state = 'delivered', changed_at = $3 WHERE tenant = $1 AND id = $2 AND state = 'pending'",
        )
        .bind(message.tenant.0.as_str())
        .bind(message.id.as_str())
        .bind(now())
        .execute(&self.pool)
        .await
        .to("note that a message was delivered")?;
        Ok(())
    }

    /// Notes that a try failed; the next is not before `until` (Unix seconds). `error` is cut at 300 characters.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; it comes up again after its lease then.
    pub async fn put_off_message(&self, message: &Message, until: i64, error: &str) -> Result<(), StoreError> {
        self.note_failure(message, MessageState::Pending, until, error).await
    }

    /// Gives a message up: the last try failed, or it can never succeed. `error` is cut at 300 characters.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; it comes up again after its lease then.
    pub async fn bury_message(&self, message: &Message, error: &str) -> Result<(), StoreError> {
        self.note_failure(message, MessageState::Dead, message.due_at, error)
            .await
    }

    /// A message that somebody else delivered or buried meanwhile, after the lease, stays so.
    async fn note_failure(
        &self,
        message: &Message,
        state: MessageState,
        due_at: i64,
        error: &str,
    ) -> Result<(), StoreError> {
        let contents = Contents::new(&message.notice, Some(error));
        let sealed = self
            .sealer
            .seal(Place::of(TABLE, &message.tenant, &message.id), &contents)?;
        sqlx::query(
            "UPDATE outbox SET state = $3, due_at = $4, changed_at = $5, attempts = attempts + 1, sealed = $6
             WHERE tenant = $1 AND id = $2 AND state = 'pending'",
        )
        .bind(message.tenant.0.as_str())
        .bind(message.id.as_str())
        .bind(state.name())
        .bind(due_at)
        .bind(now())
        .bind(sealed)
        .execute(&self.pool)
        .await
        .to("note that a message was not delivered")?;
        Ok(())
    }

    /// The messages of a tenant that are in this state, at most `count`: pending ones the oldest first, others the newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or one of them cannot be opened.
    pub async fn messages(
        &self,
        tenant: &TenantName,
        state: MessageState,
        count: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let order = match state {
            MessageState::Pending => "seq",
            MessageState::Delivered | MessageState::Dead => "seq DESC",
        };
        let statement = format!(
            "SELECT {COLUMNS} FROM {TABLE} WHERE tenant = $1 AND state = $2 ORDER BY {order}, channel, id LIMIT $3"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(tenant.0.as_str())
            .bind(state.name())
            .bind(i64::from(count))
            .fetch_all(&self.pool)
            .await
            .to("list messages")?;
        rows.iter()
            .map(|row| Message::read(&self.sealer, tenant, row))
            .collect()
    }

    /// Has a message that was given up delivered after all, at once. False when there is no such message.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn retry_message(&self, tenant: &TenantName, id: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE outbox SET state = 'pending', due_at = $3, changed_at = $3, attempts = 0 WHERE tenant = $1 AND id = $2 AND state = 'dead'",
        )
        .bind(tenant.0.as_str())
        .bind(id)
        .bind(now())
        .execute(&self.pool)
        .await
        .to("have a message delivered again")?;
        let found = done.rows_affected() == 1;
        if found {
            self.outbox_added.notify_waiters();
        }
        Ok(found)
    }
}

/// Rounded up: a claim never ends early.
fn whole_seconds(lease: Duration) -> i64 {
    let seconds = lease.as_secs() + u64::from(lease.subsec_nanos() > 0);
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
