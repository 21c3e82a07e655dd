//! Writing down decisions: those that come while others are written are written together, since each signed-in page makes one, and a transaction costs more than its rows.

use std::sync::{Mutex, PoisonError};

use conjoin_linking::journal::{DecisionRecord, JournalError};
use conjoin_linking::tenant::TenantName;
use sqlx::AssertSqlSafe;
use tokio::sync::oneshot;

use super::clock::now_in_microseconds;
use super::decisions::TABLE;
use super::error::Attempt;
use super::seal::{Place, new_id};
use super::{Store, StoreError};

/// The most rows of one statement: databases take some ten thousand values.
const AT_ONCE: usize = 500;

/// What waits to be written.
#[derive(Default)]
pub(super) struct Noting(Mutex<Vec<Waiting>>);

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
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(waiting);
        all.len() == 1
    }

    fn take(&self) -> Vec<Waiting> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut all)
    }
}

impl Store {
    /// Keeps a decision; it is on the disk when this returns.
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
        for one in waiting {
            // Nobody may wait for it any more.
            let _ = one.written.send(written.clone());
        }
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
            statement.execute(&self.pool).await.to("keep policies' decisions")?;
        }
        Ok(())
    }
}

/// Of one row's values, after so many others.
fn places(before: usize) -> String {
    let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|number| before + number);
    format!("(${a}, ${b}, ${c}, ${d}, ${e})")
}
