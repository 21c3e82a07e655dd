//! Writing down decisions: those that come while others are written are written together, since each signed-in page makes one, and a transaction costs more than its rows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use conjoin_linking::journal::{DecisionRecord, JournalError};
use conjoin_linking::tenant::TenantName;
use sqlx::AssertSqlSafe;
use tokio::sync::oneshot;

use super::clock::now_in_microseconds;
use super::decisions::TABLE;
use super::error::Attempt;
use super::retention::DECISIONS_PER_TENANT;
use super::seal::{Place, new_id};
use super::write::Synced;
use super::{Store, StoreError};

/// The most rows of one statement: databases take some ten thousand values.
const AT_ONCE: usize = 500;

/// After how many of a tenant's decisions it is looked whether there are too many: so many more than it may have are there at times.
const LOOKED_AFTER: u32 = 500;

/// What waits to be written, and how much was.
#[derive(Default)]
pub(super) struct Noting {
    waiting: Mutex<Vec<Waiting>>,
    /// Decisions by tenant since it was last looked.
    since: Mutex<HashMap<String, u32>>,
}

struct Waiting {
    row: Row,
    written: oneshot::Sender<Result<(), String>>,
}

struct Row {
    tenant: String,
    id: String,
    noted_at: i64,
    sealed: String,
    link: String,
}

impl Noting {
    /// True for the first of those that wait: it sees to it that they are written.
    fn add(&self, waiting: Waiting) -> bool {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(waiting);
        all.len() == 1
    }

    /// Counts decisions, one for each time that its tenant is named; those tenants of which there can be too many.
    fn grown(&self, tenants: Vec<String>) -> Vec<String> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        for tenant in tenants {
            *since.entry(tenant).or_default() += 1;
        }
        since
            .extract_if(|_, count| *count >= LOOKED_AFTER)
            .map(|(tenant, _)| tenant)
            .collect()
    }

    fn take(&self) -> Vec<Waiting> {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut all)
    }
}

impl Store {
    /// Keeps a decision; it can be read when this returns.
    pub(super) async fn keep_decision(
        &self,
        tenant: &TenantName,
        decision: &DecisionRecord,
    ) -> Result<(), JournalError> {
        let id = new_id();
        let row = Row {
            sealed: self.sealer.seal(Place::of(TABLE, tenant, &id), decision)?,
            tenant: tenant.0.clone(),
            id,
            noted_at: now_in_microseconds(),
            link: decision.transaction.clone(),
        };
        let (written, heard) = oneshot::channel();
        if self.noting.add(Waiting { row, written }) {
            let store = self.clone();
            // By itself: whoever made this decision may go away, and others wait with it.
            tokio::spawn(async move { store.write_waiting().await });
        }
        let written = heard.await.map_err(|_| "the host stops".to_owned());
        written.and_then(|written| written).map_err(JournalError::Storage)
    }

    async fn write_waiting(&self) {
        // While it waits, more come.
        let turn = self.turn_to_write().await;
        let waiting = self.noting.take();
        let written = match turn {
            Ok(_turn) => self.write_rows(&waiting).await,
            Err(error) => Err(error),
        };
        let written = written.map_err(|error| error.to_string());
        let mut tenants = Vec::new();
        for Waiting { row, written: heard } in waiting {
            // Nobody may wait for it any more.
            let _ = heard.send(written.clone());
            tenants.push(row.tenant);
        }
        for tenant in self.noting.grown(tenants) {
            if let Err(error) = self.trim_decisions(&tenant).await {
                tracing::error!(tenant, %error, "the oldest decisions could not be removed");
            }
        }
    }

    /// Removes all but a tenant's newest decisions.
    async fn trim_decisions(&self, tenant: &str) -> Result<(), StoreError> {
        let statement = sqlx::query(
            "DELETE FROM decisions WHERE tenant = $1 AND noted_at <= (
                SELECT noted_at FROM decisions WHERE tenant = $1 ORDER BY noted_at DESC LIMIT 1 OFFSET $2)",
        );
        let statement = statement.bind(tenant).bind(DECISIONS_PER_TENANT);
        self.write("remove the oldest decisions", statement).await.map(drop)
    }

    async fn write_rows(&self, waiting: &[Waiting]) -> Result<(), StoreError> {
        for rows in waiting.chunks(AT_ONCE) {
            let places: Vec<String> = (0..rows.len()).map(|number| places(number * 5)).collect();
            let text = format!(
                "INSERT INTO decisions (tenant, id, noted_at, sealed, link) VALUES {}",
                places.join(", ")
            );
            let mut statement = sqlx::query(AssertSqlSafe(text));
            for Waiting { row, .. } in rows {
                statement = statement
                    .bind(row.tenant.as_str())
                    .bind(row.id.as_str())
                    .bind(row.noted_at)
                    .bind(row.sealed.as_str())
                    .bind(row.link.as_str());
            }
            statement
                .execute(self.connections(Synced::Later))
                .await
                .to("keep policies' decisions")?;
        }
        Ok(())
    }
}

/// Of one row's values, after so many others.
fn places(before: usize) -> String {
    let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|number| before + number);
    format!("(${a}, ${b}, ${c}, ${d}, ${e})")
}
