//! Browsers that a tenant's Action sent here in the middle of a sign-in. Each session token begins one visit, whichever host it is shown to.

use conjoin_auth0::UserId;
use conjoin_linking::tenant::TenantName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::clock::now;
use super::error::Attempt;
use super::seal::{Place, digest};
use super::{Store, StoreError};

pub(super) const TABLE: &str = "action_visits";

/// What every visit's body has: the sign-in that waits. For forgetting whom it is of.
#[derive(Deserialize)]
pub(super) struct Visit {
    pub(super) proof: SignedIn,
}

/// Whose sign-in it is.
#[derive(Deserialize)]
pub(super) struct SignedIn {
    pub(super) subject: UserId,
}

impl Store {
    /// Keeps a visit under `id` until `expires_at` (unix seconds), which has to be after `token` itself expires. False, and nothing is kept, when the token has begun
    /// one before. A `body` without `proof.subject` goes when anybody at all is forgotten.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn begin_visit<T: Serialize>(
        &self,
        tenant: &TenantName,
        id: &str,
        token: &str,
        body: &T,
        expires_at: i64,
    ) -> Result<bool, StoreError> {
        let id = digest(id);
        let sealed = self.sealer.seal(Place::of(TABLE, tenant, &id), body)?;
        let statement = sqlx::query(
            "INSERT INTO action_visits (tenant, id, token, expires_at, sealed) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (tenant, token) DO NOTHING",
        )
        .bind(tenant.0.as_str())
        .bind(id.as_str())
        .bind(digest(token))
        .bind(expires_at)
        .bind(sealed);
        let done = self.write("keep a visit", statement).await?;
        Ok(done == 1)
    }

    /// The visit of this id, unless it has expired.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails or the row cannot be opened.
    pub async fn visit<T: DeserializeOwned>(&self, tenant: &TenantName, id: &str) -> Result<Option<T>, StoreError> {
        let id = digest(id);
        let row = sqlx::query("SELECT sealed FROM action_visits WHERE tenant = $1 AND id = $2 AND expires_at > $3")
            .bind(tenant.0.as_str())
            .bind(id.as_str())
            .bind(now())
            .fetch_optional(&self.pool)
            .await
            .to("read a visit")?;
        let Some(row) = row else {
            return Ok(None);
        };
        let sealed: String = row.try_get("sealed").to("read a visit")?;
        self.sealer.open(Place::of(TABLE, tenant, &id), &sealed).map(Some)
    }

    /// Replaces what is kept of a visit. One that is gone stays so.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn change_visit<T: Serialize>(&self, tenant: &TenantName, id: &str, body: &T) -> Result<(), StoreError> {
        let id = digest(id);
        let sealed = self.sealer.seal(Place::of(TABLE, tenant, &id), body)?;
        let statement = sqlx::query("UPDATE action_visits SET sealed = $3 WHERE tenant = $1 AND id = $2")
            .bind(tenant.0.as_str())
            .bind(id.as_str())
            .bind(sealed);
        self.write("change a visit", statement).await?;
        Ok(())
    }
}
