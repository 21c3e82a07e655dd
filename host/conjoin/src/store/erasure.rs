//! Forgetting one person, when they ask for it or when they were deleted.

use conjoin_auth0::UserId;
use conjoin_linking::audit::AuditEntry;
use conjoin_linking::journal::DecisionRecord;
use conjoin_linking::question::Exchange;
use conjoin_linking::record::Record;
use conjoin_linking::tenant::TenantName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Row};

use super::error::Attempt;
use super::links::concerns;
use super::seal::Place;
use super::visits::{self, Visit};
use super::{Store, StoreError, decisions, exchanges};

/// How many records are read at a time. Each can hold both accounts' metadata.
const BATCH: i64 = 50;

/// What was removed of a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Links and unlinks whose originals were removed. That they were is kept, with the ids of the two accounts: so an unlink still says what it cannot restore.
    pub records: u64,
    /// Links and unlinks without effect, which are gone: never confirmed, refused or expired.
    pub without_effect: u64,
    /// What policies said about the account.
    pub decisions: u64,
    /// Sessions of the account, which are ended.
    pub sessions: u64,
    /// Sign-ins that the tenant's Action had sent here, and that wait.
    pub visits: u64,
    /// Messages about these links that were delivered or given up.
    pub messages: u64,
}

impl Store {
    /// Removes what is kept of a person beyond ids. The audit trail stays: it holds ids and keyed digests, and nothing can be taken out of it. Messages that are still to
    /// be delivered stay until they are.
    ///
    /// # Errors
    /// [`StoreError::Unsettled`] when links of the person are confirmed and not at an end: nothing is removed. [`StoreError`] when the database fails or a record cannot
    /// be opened; it can be repeated.
    pub async fn forget_person(
        &self,
        tenant: &TenantName,
        user: &UserId,
        operator: &str,
    ) -> Result<Forgotten, StoreError> {
        let unsettled = self.unsettled_of(tenant, user).await?;
        if !unsettled.is_empty() {
            let links = unsettled.into_iter().map(|link| link.0).collect();
            return Err(StoreError::Unsettled { links });
        }
        let mut forgotten = Forgotten::default();
        let mut after = String::new();
        loop {
            let batch = self.records_naming(tenant, user, &after).await?;
            let Some(last) = batch.last() else {
                break;
            };
            after.clone_from(&last.id.0);
            for record in &batch {
                self.forget_record(record, user, &mut forgotten).await?;
            }
        }
        // Whether or not a link came of it.
        let said = |decision: &DecisionRecord| decision.accounts.iter().any(|account| account == user.as_str());
        forgotten.decisions += self.forget_rows(decisions::TABLE, tenant, said).await?;
        let asked = |exchange: &Exchange| {
            exchange
                .question
                .accounts()
                .iter()
                .any(|account| account == user.as_str())
        };
        self.forget_rows(exchanges::TABLE, tenant, asked).await?;
        self.delete_duplicates(tenant).await?;
        let sent_here = |visit: &Visit| visit.proof.subject == *user;
        forgotten.visits = self.forget_rows(visits::TABLE, tenant, sent_here).await?;
        forgotten.sessions = self.end_sessions_of(&self.session_owner(tenant, user)).await?;
        let entry = AuditEntry::by_operator("person.forgotten", operator, None, facts(user, forgotten));
        self.note_event(tenant, &entry).await?;
        Ok(forgotten)
    }

    /// The next records that have the person in their pair, or that they asked for.
    async fn records_naming(&self, tenant: &TenantName, user: &UserId, after: &str) -> Result<Vec<Record>, StoreError> {
        let rows = sqlx::query(
            // As three questions: of the one with OR, SQLite reads all links of the tenant.
            "SELECT id, sealed FROM links WHERE tenant = $1 AND id > $3 AND id IN (
                SELECT id FROM links WHERE tenant = $1 AND primary_id = $2
                UNION SELECT id FROM links WHERE tenant = $1 AND identity = $2
                UNION SELECT id FROM links WHERE tenant = $1 AND initiator = $2)
             ORDER BY id LIMIT $4",
        )
        .bind(tenant.0.as_str())
        .bind(user.as_str())
        .bind(after)
        .bind(BATCH)
        .fetch_all(&self.pool)
        .await
        .to("find what names a person")?;
        rows.iter().map(|row| self.read_link(tenant, row)).collect()
    }

    async fn forget_record(&self, record: &Record, user: &UserId, forgotten: &mut Forgotten) -> Result<(), StoreError> {
        if !concerns(record, user) && record.initiator != *user {
            return Ok(());
        }
        // One that begins to be carried out at this moment is somebody's again, and is left alone.
        match record.forget() {
            Some(next) => forgotten.records += u64::from(self.replace_link(&next).await?),
            None if record.stage.is_unsettled() => return Ok(()),
            None if record.stage.pair().is_none() || record.stage.awaits_person() => {
                forgotten.without_effect += self.delete_link(record).await?;
            }
            None => {}
        }
        forgotten.decisions += self.delete_decisions(&record.tenant, &record.id).await?;
        self.delete_exchanges(&record.tenant, &record.id).await?;
        forgotten.messages += self.delete_messages(record).await?;
        Ok(())
    }

    /// Removes the rows of a table whose sealed value names somebody, and those that cannot be opened: nobody can read them, and they may be about anyone. All of the
    /// tenant's are looked through, since whom they are about is sealed.
    async fn forget_rows<T: DeserializeOwned>(
        &self,
        table: &'static str,
        tenant: &TenantName,
        names: impl Fn(&T) -> bool,
    ) -> Result<u64, StoreError> {
        const DOING: &str = "look for what names a person";
        let (next, delete) = (
            format!("SELECT id, sealed FROM {table} WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3"),
            format!("DELETE FROM {table} WHERE tenant = $1 AND id = $2"),
        );
        let (mut after, mut removed) = (String::new(), 0);
        loop {
            let rows = sqlx::query(AssertSqlSafe(next.clone()))
                .bind(tenant.0.as_str())
                .bind(after.as_str())
                .bind(BATCH)
                .fetch_all(&self.pool)
                .await
                .to(DOING)?;
            if rows.is_empty() {
                return Ok(removed);
            }
            for row in &rows {
                after = row.try_get("id").to(DOING)?;
                let sealed: String = row.try_get("sealed").to(DOING)?;
                let place = Place::of(table, tenant, &after);
                if self.sealer.open(place, &sealed).is_ok_and(|value| !names(&value)) {
                    continue;
                }
                let done = sqlx::query(AssertSqlSafe(delete.clone()))
                    .bind(tenant.0.as_str())
                    .bind(after.as_str())
                    .execute(&self.pool)
                    .await
                    .to("forget a person")?;
                removed += done.rows_affected();
            }
        }
    }

    async fn delete_link(&self, record: &Record) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM links WHERE tenant = $1 AND id = $2 AND version = $3")
            .bind(record.tenant.0.as_str())
            .bind(record.id.0.as_str())
            .bind(record.version)
            .execute(&self.pool)
            .await
            .to("forget a link")?;
        Ok(done.rows_affected())
    }

    async fn delete_messages(&self, record: &Record) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM outbox WHERE tenant = $1 AND link = $2 AND state IN ('delivered', 'dead')")
            .bind(record.tenant.0.as_str())
            .bind(record.id.0.as_str())
            .execute(&self.pool)
            .await
            .to("forget messages")?;
        Ok(done.rows_affected())
    }
}

fn facts(user: &UserId, forgotten: Forgotten) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("person".to_owned(), json!(user));
    facts.insert("removed".to_owned(), json!(forgotten));
    facts
}
