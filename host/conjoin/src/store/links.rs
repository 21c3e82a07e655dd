//! Rows of links: what queries need of a record as plain columns, and the record itself, sealed.

use conjoin_auth0::UserId;
use conjoin_linking::notice::{Notice, NoticeKind};
use conjoin_linking::record::{LinkId, Record, Stage};
use conjoin_linking::tenant::TenantName;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::clock::{now, now_in_microseconds};
use super::error::Attempt;
use super::seal::Place;
use super::write::Writing;
use super::{Store, StoreError};

pub(super) const TABLE: &str = "links";

/// What queries need of a record, and the record itself, sealed.
struct Columns<'a> {
    record: &'a Record,
    phase: &'static str,
    primary_id: Option<String>,
    identity: Option<String>,
    sealed: String,
}

impl Store {
    /// The tenants with links or unlinks that were confirmed, have not ended, and are due.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn tenants_with_links_due(&self) -> Result<Vec<TenantName>, StoreError> {
        const DOING: &str = "look for links under way";
        let rows = sqlx::query("SELECT DISTINCT tenant FROM links WHERE phase = 'under_way' AND due_at <= $1")
            .bind(now())
            .fetch_all(&self.pool)
            .await
            .to(DOING)?;
        let tenant = |row: &AnyRow| Ok(TenantName(row.try_get("tenant").to(DOING)?));
        rows.iter().map(tenant).collect()
    }

    /// Keeps a new record; false when its id is taken.
    pub(super) async fn insert_link(&self, record: &Record) -> Result<bool, StoreError> {
        const DOING: &str = "keep a new link";
        let columns = self.link_columns(record)?;
        let mut writing = self.begin().await?;
        let query = sqlx::query(
            "INSERT INTO links (tenant, id, version, phase, stage, primary_id, identity, changed_at, expires_at, sealed, due_at, initiator, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (tenant, id) DO NOTHING",
        );
        let done = columns
            .bind_to(query)
            .bind(record.created_at)
            .execute(&mut *writing.transaction)
            .await
            .to(DOING)?;
        if done.rows_affected() != 1 {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        self.tell(writing, record, Notice::of(record, None), DOING).await?;
        Ok(true)
    }

    /// Stores a record over the version before it; false when that is not the stored one.
    pub(super) async fn replace_link(&self, record: &Record) -> Result<bool, StoreError> {
        const DOING: &str = "move a link on";
        let columns = self.link_columns(record)?;
        let mut writing = self.begin().await?;
        let notice = self.news(&mut writing, record).await?;
        // What is forgotten keeps its time, which says what came after what.
        let query = sqlx::query(
            "UPDATE links SET version = $3, phase = $4, stage = $5, primary_id = $6, identity = $7,
                changed_at = CASE WHEN $5 = 'forgotten' THEN changed_at ELSE $8 END, expires_at = $9, sealed = $10, due_at = $11, initiator = $12
             WHERE tenant = $1 AND id = $2 AND version = $13",
        );
        let done = columns
            .bind_to(query)
            .bind(record.version - 1)
            .execute(&mut *writing.transaction)
            .await
            .to(DOING)?;
        if done.rows_affected() != 1 {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        self.end_sessions_with(&mut writing, record).await?;
        self.tell(writing, record, notice, DOING).await?;
        Ok(true)
    }

    /// What a record's stage has to tell, if it is of a kind that has, and the tenant has anybody who is told. Only then is the stage before read, whose row holds both accounts;
    /// whether it is the stage before, the statement says that stores the record.
    async fn news(&self, writing: &mut Writing, record: &Record) -> Result<Option<Notice>, StoreError> {
        const DOING: &str = "read the stage of a link";
        if NoticeKind::of(&record.stage).is_none() || !self.channels(&record.tenant).any() {
            return Ok(None);
        }
        let row = sqlx::query("SELECT id, stage, sealed FROM links WHERE tenant = $1 AND id = $2 AND version = $3")
            .bind(record.tenant.0.as_str())
            .bind(record.id.0.as_str())
            .bind(record.version - 1)
            .fetch_optional(&mut *writing.transaction)
            .await
            .to(DOING)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let before: String = row.try_get("stage").to(DOING)?;
        if before == record.stage.name() {
            return Ok(None);
        }
        // Only a refusal does not itself say whose link it was; opening every row would decrypt both accounts at each step.
        let before = match record.stage {
            Stage::Refused(_) => Some(self.read_link(&record.tenant, &row)?.stage),
            _ => None,
        };
        Ok(Notice::of(record, before.as_ref()))
    }

    /// Ends a transaction that stored a record with its entry in the audit trail and its messages.
    ///
    /// The trail comes last because it is what others wait for: each tenant has one end of it.
    async fn tell(
        &self,
        mut writing: Writing,
        record: &Record,
        notice: Option<Notice>,
        doing: &'static str,
    ) -> Result<(), StoreError> {
        let seq = self.append_stage(&mut writing, record).await?;
        let mut added = false;
        if let Some(notice) = notice {
            added = self.enqueue(&mut writing, &record.tenant, &notice, seq).await?;
        }
        writing.commit(doing).await?;
        if added {
            self.outbox_added.notify_waiters();
        }
        Ok(())
    }

    pub(super) async fn find_link(&self, tenant: &TenantName, id: &LinkId) -> Result<Option<Record>, StoreError> {
        let row = sqlx::query("SELECT id, sealed FROM links WHERE tenant = $1 AND id = $2")
            .bind(tenant.0.as_str())
            .bind(id.0.as_str())
            .fetch_optional(&self.pool)
            .await
            .to("read a link")?;
        row.map(|row| self.read_link(tenant, &row)).transpose()
    }

    fn link_columns<'a>(&self, record: &'a Record) -> Result<Columns<'a>, StoreError> {
        let pair = record.stage.pair();
        Ok(Columns {
            record,
            phase: phase(&record.stage),
            primary_id: pair.as_ref().map(|(primary, _)| primary.as_str().to_owned()),
            identity: pair.as_ref().map(|(_, identity)| identity.to_string()),
            sealed: self
                .sealer
                .seal(Place::of(TABLE, &record.tenant, &record.id.0), record)?,
        })
    }

    pub(super) fn read_link(&self, tenant: &TenantName, row: &AnyRow) -> Result<Record, StoreError> {
        let id: String = row.try_get("id").to("read a link's id")?;
        let sealed: String = row.try_get("sealed").to("read a link")?;
        self.sealer.open(Place::of(TABLE, tenant, &id), &sealed)
    }

    /// One that cannot be opened is reported and left out: it must not keep the others from being reached.
    pub(super) fn readable_link(&self, tenant: &TenantName, row: &AnyRow) -> Option<Record> {
        self.read_link(tenant, row)
            .inspect_err(|error| {
                let link = row.try_get::<String, _>("id").unwrap_or_default();
                tracing::error!(tenant = %tenant.0, link, %error, "a link cannot be read, so nothing can be done with it");
            })
            .ok()
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

impl Columns<'_> {
    /// Binds `$1` to `$12`.
    fn bind_to<'q>(self, query: Query<'q>) -> Query<'q> {
        query
            .bind(self.record.tenant.0.clone())
            .bind(self.record.id.0.clone())
            .bind(self.record.version)
            .bind(self.phase)
            .bind(self.record.stage.name())
            .bind(self.primary_id)
            .bind(self.identity)
            .bind(now_in_microseconds())
            .bind(self.record.expires_at)
            .bind(self.sealed)
            .bind(self.record.tries.due_at)
            .bind(self.record.initiator.as_str().to_owned())
    }
}

/// Kept as a column so that the domain alone decides which stages wait and which must be carried on.
fn phase(stage: &Stage) -> &'static str {
    if stage.is_under_way() {
        "under_way"
    } else if stage.is_unsettled() {
        "attention"
    } else if stage.awaits_person() {
        "waiting"
    } else {
        "ended"
    }
}

/// Whether a record's pair has this account in it: the plain columns are not authenticated, what the record itself says is.
pub(super) fn concerns(record: &Record, user: &UserId) -> bool {
    record
        .stage
        .pair()
        .is_some_and(|(primary, identity)| primary == user || identity.to_string() == user.as_str())
}
