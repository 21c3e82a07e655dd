//! Who is signed in to the admin pages.
//!
//! The session holds the token's id and never its secret: what the token may do, and whether it is still good, is looked up at every request. Of whoever signed in at the
//! tenant's own Auth0 it holds the account's id, which permissions of which API and until when, and no token: what these let them do is looked up too.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use conjoin_linking::tenant::TenantName;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use tower_sessions::{Expiry, Session};

use super::error::PageError;
use super::shell::Seen;
use crate::admin::Admin;
use crate::admin::caller::{Caller, Unrecognised};
use crate::admin::team::TeamMember;
use crate::app::App;
use crate::store::{SESSION_OWNER, Store};

/// How long an unused session lasts.
pub(super) const LIFETIME: time::Duration = time::Duration::hours(8);

/// How long somebody may take to sign in.
const BEFORE_SIGN_IN: time::Duration = time::Duration::minutes(30);

/// Where the session keeps what it is for.
const KEY: &str = "admin";

/// Where the session keeps what the next page says.
const SAID: &str = "said";

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Goes into every form and must come back.
    csrf_token: String,
    signed_in: Option<SignedIn>,
}

#[derive(Serialize, Deserialize)]
struct SignedIn {
    tenant: TenantName,
    #[serde(flatten)]
    with: SignedInWith,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SignedInWith {
    /// The token's id.
    Token(String),
    /// An account at the tenant.
    Auth0(TeamMember),
}

/// Anyone with a browser.
pub(super) struct Visitor {
    session: Session,
    kept: Kept,
}

/// Somebody who signed in with a token that is still good, or at the tenant. A handler that takes this cannot be reached by anyone else.
pub(super) struct Member {
    /// Who, and what they may do.
    pub(super) caller: Caller,
    visitor: Visitor,
}

impl Visitor {
    /// Put into every form.
    pub(super) fn csrf_token(&self) -> &str {
        &self.kept.csrf_token
    }

    /// Whether a form is of this session's page.
    pub(super) fn sent(&self, csrf_token: &str) -> Result<(), PageError> {
        if bool::from(csrf_token.as_bytes().ct_eq(self.csrf_token().as_bytes())) {
            return Ok(());
        }
        Err(PageError::Forged)
    }

    /// The browser's session, if it came with one: a credential.
    pub(super) fn session_id(&self) -> Option<String> {
        self.session.id().map(|id| id.to_string())
    }

    /// Makes it a session, so that the form on the page comes back to it.
    pub(super) async fn keep(&self) -> Result<(), PageError> {
        Ok(self.session.insert(KEY, &self.kept).await?)
    }

    /// Signs in whoever has a token.
    pub(super) async fn sign_in_with_token(self, caller: &Caller) -> Result<(), PageError> {
        let signed_in = SignedIn {
            tenant: caller.tenant().clone(),
            with: SignedInWith::Token(caller.id().to_owned()),
        };
        self.sign_in(signed_in, None).await
    }

    /// Signs in somebody of the tenant's team. What ends the sessions of their account at the tenant, when it becomes part of another or is forgotten, ends this one too.
    /// `before` is the session that the browser had when it left, and ends.
    pub(super) async fn sign_in_member(
        self,
        store: &Store,
        tenant: &TenantName,
        member: TeamMember,
        before: Option<String>,
    ) -> Result<(), PageError> {
        if let Some(before) = before.and_then(|id| id.parse().ok()) {
            store.end_session(&before).await?;
        }
        let owner = store.session_owner(tenant, &member.subject);
        let signed_in = SignedIn {
            tenant: tenant.clone(),
            with: SignedInWith::Auth0(member),
        };
        self.sign_in(signed_in, Some(owner)).await
    }

    /// Under a new name of the session and with new secrets: whoever knew those before is out.
    async fn sign_in(self, signed_in: SignedIn, owner: Option<String>) -> Result<(), PageError> {
        self.session.cycle_id().await?;
        self.session.insert(SESSION_OWNER, owner).await?;
        self.session.set_expiry(Some(signed_in.expiry()));
        Ok(self.session.insert(KEY, Kept::new(Some(signed_in))).await?)
    }
}

impl SignedIn {
    /// When the cookie ends.
    fn expiry(&self) -> Expiry {
        let end = match &self.with {
            SignedInWith::Token(_) => None,
            SignedInWith::Auth0(member) => OffsetDateTime::from_unix_timestamp(member.ends_at).ok(),
        };
        end.map_or(Expiry::OnInactivity(LIFETIME), Expiry::AtDateTime)
    }

    async fn caller(&self, admin: &Admin, asked: Option<&App>) -> Result<Caller, Unrecognised> {
        match &self.with {
            SignedInWith::Token(id) => Caller::remembered(admin, &self.tenant, id, asked).await,
            SignedInWith::Auth0(member) => Caller::member(admin, &self.tenant, member, asked),
        }
    }
}

impl Member {
    /// Put into every form.
    pub(super) fn csrf_token(&self) -> &str {
        self.visitor.csrf_token()
    }

    /// Whether a form is of this session's page.
    pub(super) fn sent(&self, csrf_token: &str) -> Result<(), PageError> {
        self.visitor.sent(csrf_token)
    }

    /// Has the next page say something.
    pub(super) async fn say(&self, text: impl Into<String>) -> Result<(), PageError> {
        Ok(self.visitor.session.insert(SAID, text.into()).await?)
    }

    /// What the page before had to say, once.
    pub(super) async fn said(&self) -> Result<Option<String>, PageError> {
        Ok(self.visitor.session.remove(SAID).await?)
    }

    /// Ends the session.
    pub(super) async fn sign_out(&self) -> Result<(), PageError> {
        Ok(self.visitor.session.flush().await?)
    }
}

impl Kept {
    fn new(signed_in: Option<SignedIn>) -> Self {
        Self {
            csrf_token: URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()),
            signed_in,
        }
    }
}

impl FromRequestParts<Admin> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, PageError> {
        let session = <Session as FromRequestParts<Admin>>::from_request_parts(parts, admin).await;
        let session = session.map_err(|(_, message)| PageError::Internal(message))?;
        // What another version of this program kept, and this one cannot read, counts as nothing.
        let kept: Option<Kept> = session
            .get_value(KEY)
            .await?
            .and_then(|value| serde_json::from_value(value).ok());
        let kept = kept.unwrap_or_else(|| Kept::new(None));
        let before = Expiry::OnInactivity(BEFORE_SIGN_IN);
        session.set_expiry(Some(kept.signed_in.as_ref().map_or(before, SignedIn::expiry)));
        Ok(Self { session, kept })
    }
}

impl FromRequestParts<Admin> for Member {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, PageError> {
        let visitor = <Visitor as FromRequestParts<Admin>>::from_request_parts(parts, admin).await?;
        let signed_in = visitor.kept.signed_in.as_ref().ok_or(PageError::SignedOut)?;
        match signed_in.caller(admin, parts.extensions.get::<App>()).await {
            Ok(caller) => {
                let member = Self { caller, visitor };
                if let Some(seen) = parts.extensions.get::<Seen>() {
                    seen.note(&member);
                }
                Ok(member)
            }
            Err(Unrecognised::Nobody) => {
                visitor.session.flush().await?;
                Err(PageError::SignedOut)
            }
            Err(other) => Err(other.into()),
        }
    }
}

impl OptionalFromRequestParts<Admin> for Member {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Option<Self>, PageError> {
        match <Self as FromRequestParts<Admin>>::from_request_parts(parts, admin).await {
            Ok(member) => Ok(Some(member)),
            Err(PageError::SignedOut) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
