//! Puts everything that is sealed under a previous key under the current one, so that the previous key can be taken out of the configuration.

use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::error::Attempt;
use super::seal::Place;
use super::{Store, StoreError};

/// How many rows are read at a time. Each can hold both accounts' metadata.
const BATCH: i64 = 50;
/// How often the tables are gone through. Rows that move meanwhile are written under the current key by whoever moves them, so the second time finds nothing;
/// only a host that still has the old key as its current one makes more.
const PASSES: u32 = 5;

/// A table with sealed values. The names go into statements; they are these and no others.
struct Table {
    name: &'static str,
    /// What a row's place names as its tenant; `''` where there is none.
    tenant: &'static str,
    /// The rest of the primary key.
    key: &'static str,
}

const TABLES: [Table; 15] = [
    table("secrets", "''", "name"),
    table("links", "tenant", "id"),
    table("outbox", "tenant", "id"),
    table("decisions", "tenant", "id"),
    table("sessions", "''", "id"),
    table("sign_ins", "tenant", "state"),
    table("action_visits", "tenant", "id"),
    table("policy_versions", "tenant", "digest"),
    table("policy_signatures", "tenant", "digest || '/' || key_id"),
    table("policy_activations", "tenant", "CAST(seq AS TEXT)"),
    table("policy_proposals", "tenant", "id"),
    table("admin_tokens", "tenant", "id"),
    table("exchanges", "tenant", "id"),
    table("policy_shadows", "tenant", "tenant"),
    table("duplicate_reports", "tenant", "tenant"),
];

const fn table(name: &'static str, tenant: &'static str, key: &'static str) -> Table {
    Table { name, tenant, key }
}

/// What came of sealing everything anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resealed {
    /// The rows that are under the current key now and were not.
    pub rows: u64,
    /// The rows that were changed by someone else at every try: a host still seals with another key. Until this is 0 no key may be taken out of the configuration.
    pub moved: u64,
    /// The rows that could not be opened. They are as they were.
    pub unreadable: Vec<UnreadableRow>,
}

/// A row that cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnreadableRow {
    /// Its table.
    pub table: &'static str,
    /// Its tenant; empty where it has none.
    pub tenant: String,
    /// Its id; of sessions and sign-ins a digest of it.
    pub row: String,
    /// Why.
    pub why: String,
}

/// One row under another key.
struct Sealed {
    tenant: String,
    row: String,
    sealed: String,
}

impl Store {
    /// Seals every row anew that is not under the current key, while hosts run. A row is replaced only if it is still as it was read.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails. It can be repeated at any time.
    pub async fn reseal(&self) -> Result<Resealed, StoreError> {
        let mut total = 0;
        let mut pass = Resealed::default();
        for _ in 0..PASSES {
            pass = Resealed::default();
            for table in &TABLES {
                self.reseal_table(table, &mut pass).await?;
            }
            total += pass.rows;
            if pass.rows == 0 && pass.moved == 0 {
                break;
            }
        }
        Ok(Resealed { rows: total, ..pass })
    }

    async fn reseal_table(&self, table: &Table, so_far: &mut Resealed) -> Result<(), StoreError> {
        let mut after = (String::new(), String::new());
        loop {
            let batch = self.under_other_keys(table, &after).await?;
            let Some(last) = batch.last() else {
                return Ok(());
            };
            after = (last.tenant.clone(), last.row.clone());
            for row in batch {
                self.reseal_row(table, row, so_far).await?;
            }
        }
    }

    async fn under_other_keys(&self, table: &Table, after: &(String, String)) -> Result<Vec<Sealed>, StoreError> {
        let Table { name, tenant, key } = table;
        let statement = format!(
            "SELECT {tenant} AS tenant, {key} AS row_key, sealed FROM {name}
             WHERE sealed NOT LIKE $1 AND ({tenant} > $2 OR ({tenant} = $2 AND {key} > $3)) ORDER BY 1, 2 LIMIT $4"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(format!("{}%", self.sealer.current_prefix()))
            .bind(after.0.as_str())
            .bind(after.1.as_str())
            .bind(BATCH)
            .fetch_all(&self.pool)
            .await
            .to("find rows under other keys")?;
        rows.iter().map(Sealed::read).collect()
    }

    async fn reseal_row(&self, table: &Table, row: Sealed, so_far: &mut Resealed) -> Result<(), StoreError> {
        let place = Place {
            table: table.name,
            tenant: &row.tenant,
            row: &row.row,
        };
        let sealed = match self.sealer.reseal(place, &row.sealed) {
            Ok(sealed) => sealed,
            Err(error) => {
                so_far.unreadable.push(UnreadableRow {
                    table: table.name,
                    tenant: row.tenant,
                    row: row.row,
                    why: error.to_string(),
                });
                return Ok(());
            }
        };
        let Table { name, tenant, key } = table;
        let statement = format!("UPDATE {name} SET sealed = $1 WHERE {tenant} = $2 AND {key} = $3 AND sealed = $4");
        let done = sqlx::query(AssertSqlSafe(statement))
            .bind(sealed)
            .bind(row.tenant)
            .bind(row.row)
            .bind(row.sealed)
            .execute(&self.pool)
            .await
            .to("seal a row anew")?;
        match done.rows_affected() {
            0 => so_far.moved += 1,
            _ => so_far.rows += 1,
        }
        Ok(())
    }
}

impl Sealed {
    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        const DOING: &str = "read a row under another key";
        Ok(Self {
            tenant: row.try_get("tenant").to(DOING)?,
            row: row.try_get("row_key").to(DOING)?,
            sealed: row.try_get("sealed").to(DOING)?,
        })
    }
}
