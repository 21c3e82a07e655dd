//! Browser sessions, for the session middleware.
//!
//! The id in the cookie is a credential, so the table holds its SHA-256. A session that cannot be opened, as after a change of the encryption key, counts as
//! none: the person signs in again.

use std::collections::HashMap;

use async_trait::async_trait;
use conjoin_auth0::UserId;
use conjoin_linking::record::Record as Link;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::clock::now;
use super::error::Attempt;
use super::seal::{Place, digest};
use super::write::{Synced, Writing};
use super::{Store, StoreError};

const TABLE: &str = "sessions";

/// The key of a session's data under which its [`Store::session_owner`] is, once it belongs to someone: whoever has it can end the session.
pub const SESSION_OWNER: &str = "owner";

/// The key of a session's data under which the handle is that links are bound to: [`conjoin_linking::candidates::Session::handle`].
pub const SESSION_HANDLE: &str = "handle";

/// For how many seconds a name that a session has no more is known as such: longer than the answer with the new one takes to its browser.
const RENAMED: i64 = 5;

/// How many random ids are tried. Two of 128 bits that meet are a broken generator, not bad luck.
const CREATE_ATTEMPTS: u32 = 4;

#[derive(Serialize, Deserialize)]
struct Contents {
    data: HashMap<String, Value>,
    expiry_date: OffsetDateTime,
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..CREATE_ATTEMPTS {
            if self.insert_session(record).await? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(Error::Backend("every new session id was already taken".to_owned()))
    }

    /// Does nothing when the session is gone: a request that was still running at logout must not bring it back.
    async fn save(&self, record: &Record) -> Result<()> {
        Ok(self.update_session(record).await?)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        match self.find_session(id).await {
            Err(
                error @ (StoreError::OtherKey { .. } | StoreError::Altered { .. } | StoreError::UnknownForm { .. }),
            ) => {
                tracing::warn!(%error, "a session cannot be opened; the person has to sign in again");
                self.end_session(id).await?;
                Ok(None)
            }
            outcome => Ok(outcome?),
        }
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.end_session(id).await?;
        Ok(())
    }
}

impl Store {
    async fn insert_session(&self, record: &Record) -> std::result::Result<bool, StoreError> {
        let id = digest(&record.id.to_string());
        let sealed = self.seal_session(&id, record)?;
        let statement = sqlx::query(
            "INSERT INTO sessions (id, expires_at, sealed, owner, handle) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(record.expiry_date.unix_timestamp())
        .bind(sealed)
        .bind(text(record, SESSION_OWNER))
        .bind(text(record, SESSION_HANDLE).map(|handle| digest(&handle)));
        let done = self
            .write_synced(Synced::Later, "keep a new session", statement)
            .await?;
        Ok(done == 1)
    }

    async fn update_session(&self, record: &Record) -> std::result::Result<(), StoreError> {
        let id = digest(&record.id.to_string());
        let sealed = self.seal_session(&id, record)?;
        let statement =
            sqlx::query("UPDATE sessions SET expires_at = $2, sealed = $3, owner = $4, handle = $5 WHERE id = $1")
                .bind(id)
                .bind(record.expiry_date.unix_timestamp())
                .bind(sealed)
                .bind(text(record, SESSION_OWNER))
                .bind(text(record, SESSION_HANDLE).map(|handle| digest(&handle)));
        self.write_synced(Synced::Later, "keep a session", statement).await?;
        Ok(())
    }

    async fn find_session(&self, id: &Id) -> std::result::Result<Option<Record>, StoreError> {
        let row_id = digest(&id.to_string());
        let row = sqlx::query("SELECT sealed FROM sessions WHERE id = $1 AND expires_at > $2")
            .bind(row_id.as_str())
            .bind(now())
            .fetch_optional(&self.pool)
            .await
            .to("read a session")?;
        let Some(row) = row else {
            return Ok(None);
        };
        let sealed: String = row.try_get("sealed").to("read a session")?;
        let Contents { data, expiry_date } = self.sealer.open(place(&row_id), &sealed)?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    /// Deletes a session. True for the one caller that did: a session that is renamed and logged out at the same moment ends one way only.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn end_session(&self, id: &Id) -> std::result::Result<bool, StoreError> {
        let statement = sqlx::query("DELETE FROM sessions WHERE id = $1").bind(digest(&id.to_string()));
        let done = self.write("remove a session", statement).await?;
        Ok(done == 1)
    }

    /// Ends a session that goes on under another name, and remembers for a moment that it does. True for the one caller that did: see [`Store::end_session`].
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn end_renamed_session(&self, id: &Id) -> std::result::Result<bool, StoreError> {
        let id = digest(&id.to_string());
        let mut writing = self.begin_synced(Synced::Later).await?;
        let done = sqlx::query("DELETE FROM sessions WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *writing.transaction)
            .await
            .to("rename a session")?;
        let ended = done.rows_affected() == 1;
        if ended {
            sqlx::query("INSERT INTO renamed_sessions (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING")
                .bind(id)
                .bind(now() + RENAMED)
                .execute(&mut *writing.transaction)
                .await
                .to("rename a session")?;
        }
        writing.commit("rename a session").await?;
        Ok(ended)
    }

    /// Whether a session had this name until a moment ago, and goes on under another.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn was_renamed(&self, id: &Id) -> std::result::Result<bool, StoreError> {
        let row = sqlx::query("SELECT id FROM renamed_sessions WHERE id = $1 AND expires_at > $2")
            .bind(digest(&id.to_string()))
            .bind(now())
            .fetch_optional(&self.pool)
            .await
            .to("look for a session's old name")?;
        Ok(row.is_some())
    }

    /// What stands for an account in a session's data, under [`SESSION_OWNER`], and in the table: a keyed digest, so that neither says whose session it is.
    pub fn session_owner(&self, tenant: &TenantName, subject: &UserId) -> String {
        self.keys.owner.of(&[tenant.0.as_bytes(), subject.as_str().as_bytes()])
    }

    /// Ends the sessions of an account; gives how many. `owner` is what [`Store::session_owner`] gives for it.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn end_sessions_of(&self, owner: &str) -> std::result::Result<u64, StoreError> {
        let statement = sqlx::query("DELETE FROM sessions WHERE owner = $1").bind(owner);
        self.write("end the sessions of an account", statement).await
    }

    /// Ends the sessions that end with a link's present stage, together with its being stored. The one that asked goes on, so that whoever waits there sees the end.
    pub(super) async fn end_sessions_with(
        &self,
        writing: &mut Writing,
        link: &Link,
    ) -> std::result::Result<(), StoreError> {
        for account in link.stage.ends_sessions_of() {
            sqlx::query("DELETE FROM sessions WHERE owner = $1 AND (handle IS NULL OR handle <> $2)")
                .bind(self.session_owner(&link.tenant, &account))
                .bind(digest(&link.session))
                .execute(&mut *writing.transaction)
                .await
                .to("end the sessions of a linked account")?;
        }
        Ok(())
    }

    fn seal_session(&self, id: &str, record: &Record) -> std::result::Result<String, StoreError> {
        let contents = Contents {
            data: record.data.clone(),
            expiry_date: record.expiry_date,
        };
        self.sealer.seal(place(id), &contents)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Backend(error.to_string())
    }
}

fn text(record: &Record, key: &str) -> Option<String> {
    record.data.get(key)?.as_str().map(str::to_owned)
}

/// A session belongs to no tenant here: its id alone finds it.
fn place(id: &str) -> Place<'_> {
    Place {
        table: TABLE,
        tenant: "",
        row: id,
    }
}
