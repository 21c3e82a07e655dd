//! The Management API v2, as far as linking accounts needs it: read users, patch metadata, link, unlink; and all users, for reports.
//!
//! Every call goes through `management/request.rs`, which bounds and retries it; this file only says which call asks
//! what. Scopes needed: `read:users`, `update:users`.

mod error;
mod exports;
mod rate_limit;
mod request;
mod token;

pub use error::{Ambiguity, ManagementError};
pub use exports::{ExportError, Exported, ExportedUser};

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::client_credential::ClientCredential;
use crate::metadata_patch::MetadataPatch;
use crate::user::{Identity, User};
use crate::user_id::{IdentityId, UserId};
use request::{Call, Effect, Requests, segment};

/// The most users one search answers. More accounts than this on one address are not a person's.
const SEARCH_PAGE: usize = 50;

/// What lists say of users: enough to offer them, and nothing that their owners can make large. Metadata is read account by account.
const LISTED: [(&str, &str); 2] = [
    (
        "fields",
        "user_id,email,email_verified,blocked,identities,created_at,last_login,logins_count",
    ),
    ("include_fields", "true"),
];

/// Where the Management API is and who calls it.
#[derive(Debug, Clone)]
pub struct ManagementConfig {
    /// `https://DOMAIN/`, the domain the token is issued by: Auth0 refuses a token of another of the tenant's domains.
    pub base: Url,
    /// The API's identifier, `https://DOMAIN/api/v2/` with the tenant's own domain even where a custom one is called.
    pub audience: String,
    /// The machine-to-machine application.
    pub client_id: String,
    /// How it proves that it is it.
    pub credential: ClientCredential,
}

/// Says whether anything may still be sent; asked before each request, repetitions included.
pub type Permit = Arc<dyn Fn() -> bool + Send + Sync>;

/// A client of the Management API. Clones share the connection pool and the access token.
#[derive(Clone)]
pub struct Management {
    requests: Arc<Requests>,
    permit: Option<Permit>,
}

impl Management {
    /// Nothing is sent until the first call; the client comes from [`crate::http_client`].
    pub fn new(config: ManagementConfig, http: reqwest::Client) -> Self {
        Self {
            requests: Arc::new(Requests::new(config, http)),
            permit: None,
        }
    }

    /// The same client for work that must end when `permit` says so: a call repeats for up to 20 seconds, which can be longer than its caller is the one to make it.
    #[must_use]
    pub fn while_permitted(&self, permit: Permit) -> Self {
        Self {
            requests: self.requests.clone(),
            permit: Some(permit),
        }
    }

    /// Reads one user, as it is now: this endpoint is immediately consistent.
    ///
    /// # Errors
    ///
    /// [`ManagementError::NotFound`] when there is none of this id, which includes the id a linked account had.
    pub async fn user(&self, id: &UserId) -> Result<User, ManagementError> {
        let answer = self.run(self.user_call(Method::GET, id, Effect::Read)?).await?;
        decode_user(answer)
    }

    /// The users whose own e-mail address is exactly this text, case included; verified or not, callers included. Without metadata and profile.
    ///
    /// Immediately consistent. A user whose record cannot be understood is left out and logged: the list is for
    /// offering, and one broken record must not hide the others.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] when the tenant cannot be asked.
    pub async fn users_by_email(&self, email: &str) -> Result<Vec<User>, ManagementError> {
        let [fields, include] = LISTED;
        let url = self
            .requests
            .url("users-by-email", &[("email", email), fields, include])?;
        self.list(Call::read("/api/v2/users-by-email", url)).await
    }

    /// The users the search index has under this address, whatever its case; at most 50. Without metadata and profile.
    ///
    /// The index lags behind and must not be trusted for linking: read each hit again by id. The address is quoted
    /// and escaped, so that no character of it acts as query language.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] when the tenant cannot be asked.
    pub async fn search_by_email(&self, email: &str) -> Result<Vec<User>, ManagementError> {
        let query = format!("email:\"{}\"", email.replace('\\', "\\\\").replace('"', "\\\""));
        let page = SEARCH_PAGE.to_string();
        let [fields, include] = LISTED;
        let parameters = [
            ("q", query.as_str()),
            ("search_engine", "v3"),
            ("page", "0"),
            ("per_page", page.as_str()),
            fields,
            include,
        ];
        let url = self.requests.url("users", &parameters)?;
        let mut users = self.list(Call::read("/api/v2/users", url)).await?;
        users.truncate(SEARCH_PAGE);
        Ok(users)
    }

    /// Writes first-level keys of the metadata bags and answers the user as it is then.
    ///
    /// The patch is absolute, so it may be repeated after an ambiguous ending.
    ///
    /// # Errors
    ///
    /// [`ManagementError::Ambiguous`] when the write may have taken effect; see [`ManagementError`] for the rest.
    pub async fn patch_metadata(&self, id: &UserId, patch: &MetadataPatch) -> Result<User, ManagementError> {
        // Serialising maps of JSON values cannot fail; an error here would still end before anything is sent.
        let body = serde_json::to_value(patch).map_err(|_| ManagementError::Unsendable("the metadata patch"))?;
        let call = self
            .user_call(Method::PATCH, id, Effect::Write)?
            .with_body(body)
            .with_secret_message();
        decode_user(self.run(call).await?).map_err(unreadable_write)
    }

    /// Makes `secondary` an identity of `primary` and answers all of the primary's identities. Auth0 drops the
    /// secondary's metadata.
    ///
    /// `connection_id` (`con_…`) picks among several databases that share the provider `auth0`.
    ///
    /// # Errors
    ///
    /// [`ManagementError::Conflict`] when it is linked already, to this or another account: read to know which.
    /// [`ManagementError::Ambiguous`] when the link may have been made.
    pub async fn link(
        &self,
        primary: &UserId,
        secondary: &IdentityId,
        connection_id: Option<&str>,
    ) -> Result<Vec<Identity>, ManagementError> {
        let mut body = json!({"provider": secondary.provider, "user_id": secondary.user_id});
        if let (Some(connection), Some(fields)) = (connection_id, body.as_object_mut()) {
            fields.insert("connection_id".to_owned(), Value::from(connection));
        }
        let path = format!("users/{}/identities", segment(primary.as_str())?);
        let url = self.requests.url(&path, &[])?;
        let call = Call::write(Method::POST, "/api/v2/users/{id}/identities", url).with_body(body);
        decode_identities(self.run(call).await?)
    }

    /// Takes `identity` out of `primary` and answers the primary's remaining identities. Auth0 makes a new user of it,
    /// without metadata.
    ///
    /// # Errors
    ///
    /// [`ManagementError::NotFound`] when the primary or the identity is not there: Auth0 documents neither, so read
    /// to know which. [`ManagementError::Ambiguous`] when the identity may have been taken out.
    pub async fn unlink(&self, primary: &UserId, identity: &IdentityId) -> Result<Vec<Identity>, ManagementError> {
        let path = format!(
            "users/{}/identities/{}/{}",
            segment(primary.as_str())?,
            segment(&identity.provider)?,
            segment(&identity.user_id)?,
        );
        let url = self.requests.url(&path, &[])?;
        let template = "/api/v2/users/{id}/identities/{provider}/{user_id}";
        decode_identities(self.run(Call::write(Method::DELETE, template, url)).await?)
    }

    /// Ends all of a user's sessions at the tenant. The tenant only accepts the request: they end a little later.
    ///
    /// Scope: `delete:sessions`; Enterprise plans only. Source: "Delete sessions for user", auth0.com/docs/api/management/v2.
    ///
    /// # Errors
    ///
    /// [`ManagementError::InsufficientScope`], or [`ManagementError::Refused`] with 403, where it is not offered.
    pub async fn delete_sessions(&self, id: &UserId) -> Result<(), ManagementError> {
        self.delete_all(id, "sessions", "/api/v2/users/{id}/sessions").await
    }

    /// Revokes all of a user's refresh tokens.
    ///
    /// Scope: `delete:refresh_tokens`; Enterprise plans only. Source: "Delete refresh tokens for user", auth0.com/docs/api/management/v2.
    ///
    /// # Errors
    ///
    /// As [`Self::delete_sessions`].
    pub async fn delete_refresh_tokens(&self, id: &UserId) -> Result<(), ManagementError> {
        self.delete_all(id, "refresh-tokens", "/api/v2/users/{id}/refresh-tokens")
            .await
    }

    async fn delete_all(&self, id: &UserId, what: &str, template: &'static str) -> Result<(), ManagementError> {
        let path = format!("users/{}/{what}", segment(id.as_str())?);
        let url = self.requests.url(&path, &[])?;
        // An absolute request: whatever it did before, it may be repeated as a read may.
        let call = Call::new(Method::DELETE, template, url, Effect::Read);
        self.run(call).await.map(drop)
    }

    async fn run(&self, call: Call) -> Result<Value, ManagementError> {
        self.requests.run(call, self.permit.as_ref()).await
    }

    fn user_call(&self, method: Method, id: &UserId, effect: Effect) -> Result<Call, ManagementError> {
        let url = self.requests.url(&format!("users/{}", segment(id.as_str())?), &[])?;
        Ok(Call::new(method, "/api/v2/users/{id}", url, effect))
    }

    async fn list(&self, call: Call) -> Result<Vec<User>, ManagementError> {
        let Value::Array(items) = self.run(call).await? else {
            return Err(ManagementError::Undecodable(
                "the list of users is not a list".to_owned(),
            ));
        };
        Ok(items.into_iter().filter_map(readable_user).collect())
    }
}

impl std::fmt::Debug for Management {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Management").finish_non_exhaustive()
    }
}

fn readable_user(json: Value) -> Option<User> {
    User::try_from(json)
        .inspect_err(|problem| tracing::warn!(%problem, "left a user out of a list: its record cannot be understood"))
        .ok()
}

fn decode_user(json: Value) -> Result<User, ManagementError> {
    User::try_from(json).map_err(|problem| ManagementError::Undecodable(problem.to_string()))
}

fn decode_identities(json: Value) -> Result<Vec<Identity>, ManagementError> {
    let Value::Array(items) = json else {
        return Err(ManagementError::Ambiguous(Ambiguity::UnreadableAnswer));
    };
    items
        .into_iter()
        .map(Identity::try_from)
        .collect::<Result<_, _>>()
        .map_err(|_| ManagementError::Ambiguous(Ambiguity::UnreadableAnswer))
}

/// A write that was answered but not understood has happened in some form: its caller must read to know.
fn unreadable_write(error: ManagementError) -> ManagementError {
    match error {
        ManagementError::Undecodable(_) => ManagementError::Ambiguous(Ambiguity::UnreadableAnswer),
        other => other,
    }
}
