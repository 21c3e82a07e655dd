//! Tokens of the admin API. What is kept of a secret is a keyed digest: whoever reads the database cannot use it, nor try secrets on it without the key.

use conjoin_linking::audit::AuditEntry;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::clock::now;
use super::error::Attempt;
use super::seal::Place;
use super::{Store, StoreError};

const TABLE: &str = "admin_tokens";

/// A use is written down when the one before is older than this, in seconds: a token that is used a hundred times a second must not write as often.
const USE_NOTED_EVERY: i64 = 60;

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Token {
    /// Names it.
    pub id: String,
    /// Whose accounts it is about.
    #[serde(skip)]
    pub tenant: TenantName,
    /// What it may do, and what its owner calls it.
    #[serde(flatten)]
    pub facts: TokenFacts,
    /// Unix seconds, like the rest.
    pub created_at: i64,
    /// None: it does not expire.
    pub expires_at: Option<i64>,
    /// To the minute.
    pub last_used_at: Option<i64>,
    /// None: it is good.
    pub revoked_at: Option<i64>,
}

/// What is sealed of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// A person or a program; stands in the audit trail.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
}

impl Token {
    /// Whether it may be used now.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now() < end)
    }
}

impl Store {
    /// Keeps a token whose secret is `secret`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn keep_token(&self, token: &Token, secret: &str, entry: &AuditEntry) -> Result<(), StoreError> {
        const DOING: &str = "keep a token";
        let mut writing = self.begin().await?;
        sqlx::query(
            "INSERT INTO admin_tokens (tenant, id, mac, created_at, expires_at, sealed) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(token.tenant.0.as_str())
        .bind(token.id.as_str())
        .bind(self.keys.token.of(&token_parts(&token.id, secret)))
        .bind(token.created_at)
        .bind(token.expires_at)
        .bind(self.sealer.seal(Place::of(TABLE, &token.tenant, &token.id), &token.facts)?)
        .execute(&mut *writing.transaction)
        .await
        .to(DOING)?;
        self.append(&mut writing, &token.tenant, entry).await?;
        writing.commit(DOING).await
    }

    /// The token with this id, if the secret is its own; whether it may still be used, the token says itself.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or it cannot be opened.
    pub async fn token(&self, id: &str, secret: &str) -> Result<Option<Token>, StoreError> {
        const DOING: &str = "look up a token";
        let row = sqlx::query(
            "SELECT tenant, id, mac, created_at, expires_at, last_used_at, revoked_at, sealed FROM admin_tokens WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .to(DOING)?;
        let Some(row) = row else {
            return Ok(None);
        };
        let mac: String = row.try_get("mac").to(DOING)?;
        if !self.keys.token.is_of(&token_parts(id, secret), &mac) {
            return Ok(None);
        }
        let token = self.open_token(&row)?;
        self.note_use(&token).await;
        Ok(Some(token))
    }

    /// A token by its id alone, for a session that its secret began; whether it may still be used, the token says itself.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or it cannot be opened.
    pub async fn token_by_id(&self, tenant: &TenantName, id: &str) -> Result<Option<Token>, StoreError> {
        let row = sqlx::query(
            "SELECT tenant, id, created_at, expires_at, last_used_at, revoked_at, sealed FROM admin_tokens
             WHERE tenant = $1 AND id = $2",
        )
        .bind(tenant.0.as_str())
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .to("look up a token by its id")?;
        let Some(row) = row else {
            return Ok(None);
        };
        let token = self.open_token(&row)?;
        if token.is_good() {
            self.note_use(&token).await;
        }
        Ok(Some(token))
    }

    /// A tenant's tokens, the newest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails, or one cannot be opened.
    pub async fn tokens(&self, tenant: &TenantName) -> Result<Vec<Token>, StoreError> {
        let rows = sqlx::query(
            "SELECT tenant, id, created_at, expires_at, last_used_at, revoked_at, sealed FROM admin_tokens
             WHERE tenant = $1 ORDER BY created_at DESC, id",
        )
        .bind(tenant.0.as_str())
        .fetch_all(&self.pool)
        .await
        .to("list tokens")?;
        rows.iter().map(|row| self.open_token(row)).collect()
    }

    /// Revokes a token; false where there is none that is not revoked.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn revoke_token(&self, tenant: &TenantName, id: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        const DOING: &str = "revoke a token";
        let mut writing = self.begin().await?;
        let done =
            sqlx::query("UPDATE admin_tokens SET revoked_at = $3 WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL")
                .bind(tenant.0.as_str())
                .bind(id)
                .bind(now())
                .execute(&mut *writing.transaction)
                .await
                .to(DOING)?;
        if done.rows_affected() == 0 {
            writing.roll_back(DOING).await?;
            return Ok(false);
        }
        self.append(&mut writing, tenant, entry).await?;
        writing.commit(DOING).await?;
        Ok(true)
    }

    /// That it was used is for whoever looks at the list: it keeps nobody from using it.
    async fn note_use(&self, token: &Token) {
        let at = now();
        if token.last_used_at.is_some_and(|last| at - last < USE_NOTED_EVERY) {
            return;
        }
        if let Err(error) = self.write_use(token, at).await {
            tracing::warn!(%error, token = token.id, "the use of a token could not be written down");
        }
    }

    async fn write_use(&self, token: &Token, at: i64) -> Result<(), StoreError> {
        const DOING: &str = "note the use of a token";
        let mut writing = self.begin().await?;
        sqlx::query("UPDATE admin_tokens SET last_used_at = $3 WHERE tenant = $1 AND id = $2")
            .bind(token.tenant.0.as_str())
            .bind(token.id.as_str())
            .bind(at)
            .execute(&mut *writing.transaction)
            .await
            .to(DOING)?;
        writing.commit(DOING).await
    }

    fn open_token(&self, row: &AnyRow) -> Result<Token, StoreError> {
        const DOING: &str = "read a token";
        let tenant = TenantName(row.try_get("tenant").to(DOING)?);
        let id: String = row.try_get("id").to(DOING)?;
        let sealed: String = row.try_get("sealed").to(DOING)?;
        Ok(Token {
            facts: self.sealer.open(Place::of(TABLE, &tenant, &id), &sealed)?,
            created_at: row.try_get("created_at").to(DOING)?,
            expires_at: row.try_get("expires_at").to(DOING)?,
            last_used_at: row.try_get("last_used_at").to(DOING)?,
            revoked_at: row.try_get("revoked_at").to(DOING)?,
            id,
            tenant,
        })
    }
}

fn token_parts<'a>(id: &'a str, secret: &'a str) -> [&'a [u8]; 2] {
    [id.as_bytes(), secret.as_bytes()]
}
