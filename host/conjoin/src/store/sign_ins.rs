//! Sign-ins under way: what the host must remember between `/authorize` and the callback. Each is found by its OIDC `state`, and only once.

use conjoin_linking::tenant::TenantName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::clock::{now, now_in_microseconds};
use super::error::Attempt;
use super::seal::{Place, digest};
use super::write::Synced;
use super::{Store, StoreError};

const TABLE: &str = "sign_ins";

/// The most sign-ins that one session has under way; the oldest go first. More than anyone has tabs for.
const PER_SESSION: i64 = 10;

/// What was remembered of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenSignIn<T> {
    /// The session that began it. The caller compares it with the one that came back (OpenID Connect Core 1.0, 3.1.2.1, `state`).
    pub session: String,
    /// What the caller kept.
    pub body: T,
}

/// Borrows what [`TakenSignIn`] owns.
#[derive(Serialize)]
struct Kept<'a, T> {
    session: &'a str,
    body: &'a T,
}

impl Store {
    /// Remembers a sign-in until `expires_at` (unix seconds). A session has at most ten: the oldest go.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; also when this `state` is already in use, which random ones never are.
    pub async fn keep_sign_in<T: Serialize>(
        &self,
        tenant: &TenantName,
        state: &str,
        session: &str,
        body: &T,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let (state, owner) = (digest(state), digest(session));
        let sealed = self
            .sealer
            .seal(Place::of(TABLE, tenant, &state), &Kept { session, body })?;
        let mut writing = self.begin_synced(Synced::Later).await?;
        sqlx::query(
            "INSERT INTO sign_ins (tenant, state, session, changed_at, expires_at, sealed) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tenant.0.as_str())
        .bind(state)
        .bind(owner.as_str())
        .bind(now_in_microseconds())
        .bind(expires_at)
        .bind(sealed)
        .execute(&mut *writing.transaction)
        .await
        .to("keep a sign-in")?;
        sqlx::query(
            "DELETE FROM sign_ins WHERE tenant = $1 AND state IN (
                SELECT state FROM (
                    SELECT state, ROW_NUMBER() OVER (ORDER BY changed_at DESC, state) AS place
                    FROM sign_ins WHERE tenant = $1 AND session = $2
                ) AS ranked WHERE place > $3)",
        )
        .bind(tenant.0.as_str())
        .bind(owner.as_str())
        .bind(PER_SESSION)
        .execute(&mut *writing.transaction)
        .await
        .to("drop a session's oldest sign-ins")?;
        writing.commit("keep a sign-in").await
    }

    /// The sign-in of this `state`, once: whoever asks again, or at the same moment, gets none. Expired ones are none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row cannot be opened; it is gone then, too.
    pub async fn take_sign_in<T: DeserializeOwned>(
        &self,
        tenant: &TenantName,
        state: &str,
    ) -> Result<Option<TakenSignIn<T>>, StoreError> {
        let state = digest(state);
        // All rows, although there is at most one: a statement that is not read to its end may not be committed yet.
        let _turn = self.turn_to_write().await?;
        let rows = sqlx::query("DELETE FROM sign_ins WHERE tenant = $1 AND state = $2 RETURNING expires_at, sealed")
            .bind(tenant.0.as_str())
            .bind(state.as_str())
            .fetch_all(self.connections(Synced::Later))
            .await
            .to("take a sign-in")?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let expires_at: i64 = row.try_get("expires_at").to("read a sign-in's end")?;
        if expires_at <= now() {
            return Ok(None);
        }
        let sealed: String = row.try_get("sealed").to("read a sign-in")?;
        self.sealer.open(Place::of(TABLE, tenant, &state), &sealed).map(Some)
    }

    /// Drops every sign-in that a session has under way: at logout, and when another person signs in.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn forget_sign_ins(&self, tenant: &TenantName, session: &str) -> Result<(), StoreError> {
        let statement = sqlx::query("DELETE FROM sign_ins WHERE tenant = $1 AND session = $2")
            .bind(tenant.0.as_str())
            .bind(digest(session));
        self.write("forget a session's sign-ins", statement).await?;
        Ok(())
    }
}
