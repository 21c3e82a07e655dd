//! The journal of links: each record a row, each stage stored only over the one it was made from.

use std::time::Duration;

use async_trait::async_trait;
use conjoin_auth0::{IdentityId, UserId};
use conjoin_linking::journal::{DecisionRecord, Journal, JournalError};
use conjoin_linking::plan::KnownIdentity;
use conjoin_linking::record::{LinkId, Record, Stage};
use conjoin_linking::tenant::TenantName;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::clock::now_in_microseconds;
use super::error::Attempt;
use super::seal::Place;
use super::{Store, StoreError};

const TABLE: &str = "links";

/// Records carry both accounts' metadata, megabytes in the worst case: this many are taken up at a time.
const UNDER_WAY_AT_ONCE: i64 = 100;

#[async_trait]
impl Journal for Store {
    async fn create(&self, record: &Record) -> Result<(), JournalError> {
        if self.insert_link(record).await? {
            Ok(())
        } else {
            Err(JournalError::Conflict)
        }
    }

    async fn load(&self, tenant: &TenantName, id: &LinkId) -> Result<Option<Record>, JournalError> {
        Ok(self.find_link(tenant, id).await?)
    }

    async fn advance(&self, record: &Record) -> Result<(), JournalError> {
        if self.replace_link(record).await? {
            Ok(())
        } else {
            Err(JournalError::Conflict)
        }
    }

    /// At most a hundred, in no order: were it oldest first, a hundred that cannot move would keep the others from ever being carried on. A record that
    /// cannot be opened is left out and reported: it must not keep the others from being carried on either.
    async fn under_way(&self, tenant: &TenantName) -> Result<Vec<Record>, JournalError> {
        let rows = sqlx::query(
            "SELECT id, sealed FROM links WHERE phase = 'under_way' AND tenant = $1 ORDER BY RANDOM() LIMIT $2",
        )
        .bind(tenant.0.as_str())
        .bind(UNDER_WAY_AT_ONCE)
        .fetch_all(&self.pool)
        .await
        .to("list the links under way")?;
        Ok(rows.iter().filter_map(|row| self.readable_link(tenant, row)).collect())
    }

    async fn link_that_joined(
        &self,
        tenant: &TenantName,
        primary: &UserId,
        identity: &KnownIdentity,
    ) -> Result<Option<Record>, JournalError> {
        Ok(self.link_in_force(tenant, primary, &identity_column(identity)).await?)
    }

    async fn lock(
        &self,
        tenant: &TenantName,
        accounts: &[&UserId],
        holder: &str,
        lease: Duration,
    ) -> Result<bool, JournalError> {
        Ok(self.lock_accounts(tenant, accounts, holder, lease).await?)
    }

    async fn renew(&self, tenant: &TenantName, holder: &str, lease: Duration) -> Result<bool, JournalError> {
        Ok(self.renew_locks(tenant, holder, lease).await?)
    }

    async fn unlock(&self, tenant: &TenantName, holder: &str) -> Result<(), JournalError> {
        Ok(self.unlock_accounts(tenant, holder).await?)
    }

    async fn note(&self, tenant: &TenantName, decision: &DecisionRecord) -> Result<(), JournalError> {
        Ok(self.keep_decision(tenant, decision).await?)
    }
}

/// What queries need of a record, and the record itself, sealed.
struct Columns<'a> {
    record: &'a Record,
    phase: &'static str,
    primary_id: Option<String>,
    identity: Option<String>,
    sealed: String,
}

impl Store {
    async fn insert_link(&self, record: &Record) -> Result<bool, StoreError> {
        let columns = self.link_columns(record)?;
        let query = sqlx::query(
            "INSERT INTO links (tenant, id, version, phase, stage, primary_id, identity, changed_at, expires_at, sealed, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (tenant, id) DO NOTHING",
        );
        let done = columns
            .bind_to(query)
            .bind(record.created_at)
            .execute(&self.pool)
            .await
            .to("keep a new link")?;
        Ok(done.rows_affected() == 1)
    }

    async fn replace_link(&self, record: &Record) -> Result<bool, StoreError> {
        let columns = self.link_columns(record)?;
        let query = sqlx::query(
            "UPDATE links SET version = $3, phase = $4, stage = $5, primary_id = $6, identity = $7, changed_at = $8, expires_at = $9, sealed = $10
             WHERE tenant = $1 AND id = $2 AND version = $11",
        );
        let done = columns
            .bind_to(query)
            .bind(record.version - 1)
            .execute(&self.pool)
            .await
            .to("move a link on")?;
        Ok(done.rows_affected() == 1)
    }

    async fn find_link(&self, tenant: &TenantName, id: &LinkId) -> Result<Option<Record>, StoreError> {
        let row = sqlx::query("SELECT id, sealed FROM links WHERE tenant = $1 AND id = $2")
            .bind(tenant.0.as_str())
            .bind(id.0.as_str())
            .fetch_optional(&self.pool)
            .await
            .to("read a link")?;
        row.map(|row| self.read_link(tenant, &row)).transpose()
    }

    /// The newest link of an identity, unless it was unlinked since: whoever linked it again then was not this host, so what is recorded is not what was merged.
    async fn link_in_force(
        &self,
        tenant: &TenantName,
        primary: &UserId,
        identity: &str,
    ) -> Result<Option<Record>, StoreError> {
        let row = sqlx::query(
            "SELECT id, sealed FROM links WHERE tenant = $1 AND primary_id = $2 AND identity = $3 AND stage IN ('done', 'unlinked')
             ORDER BY changed_at DESC, id LIMIT 1",
        )
        .bind(tenant.0.as_str())
        .bind(primary.as_str())
        .bind(identity)
        .fetch_optional(&self.pool)
        .await
        .to("find the link of an identity")?;
        let Some(record) = row.map(|row| self.read_link(tenant, &row)).transpose()? else {
            return Ok(None);
        };
        // The plain columns are not authenticated; what the record itself says is.
        let is_of_the_pair = record
            .stage
            .pair()
            .is_some_and(|(of, joined)| of == primary && identity_column(&joined) == identity);
        match record.stage {
            Stage::Done(_) if is_of_the_pair => Ok(Some(record)),
            Stage::Unlinked(_) if is_of_the_pair => Ok(None),
            _ => Err(StoreError::Altered { table: TABLE }),
        }
    }

    fn link_columns<'a>(&self, record: &'a Record) -> Result<Columns<'a>, StoreError> {
        let pair = record.stage.pair();
        Ok(Columns {
            record,
            phase: phase(&record.stage),
            primary_id: pair.as_ref().map(|(primary, _)| primary.as_str().to_owned()),
            identity: pair.as_ref().map(|(_, identity)| identity_column(identity)),
            sealed: self.sealer.seal(place(&record.tenant, &record.id.0), record)?,
        })
    }

    fn read_link(&self, tenant: &TenantName, row: &AnyRow) -> Result<Record, StoreError> {
        let id: String = row.try_get("id").to("read a link's id")?;
        let sealed: String = row.try_get("sealed").to("read a link")?;
        self.sealer.open(place(tenant, &id), &sealed)
    }

    fn readable_link(&self, tenant: &TenantName, row: &AnyRow) -> Option<Record> {
        self.read_link(tenant, row)
            .inspect_err(|error| {
                let link = row.try_get::<String, _>("id").unwrap_or_default();
                tracing::error!(tenant = %tenant.0, link, %error, "a link under way cannot be read, so it cannot be carried on");
            })
            .ok()
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Any, sqlx::any::AnyArguments>;

impl Columns<'_> {
    /// Binds `$1` to `$10`.
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
    }
}

/// Kept as a column so that the domain alone decides which stages wait and which must be carried on.
fn phase(stage: &Stage) -> &'static str {
    if stage.is_under_way() {
        "under_way"
    } else if stage.awaits_person() {
        "waiting"
    } else {
        "ended"
    }
}

fn place<'a>(tenant: &'a TenantName, id: &'a str) -> Place<'a> {
    Place {
        table: TABLE,
        tenant: &tenant.0,
        row: id,
    }
}

fn identity_column(identity: &KnownIdentity) -> String {
    IdentityId {
        provider: identity.provider.clone(),
        user_id: identity.user_id.clone(),
    }
    .to_string()
}
