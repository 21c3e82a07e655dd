//! The browser's session: who is signed in, and the secrets that forms are checked with.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use conjoin_auth0::{SignIn, UserId};
use conjoin_linking::candidates::{BegunBy, Session as LinkingSession};
use conjoin_linking::proof::Proof;
use conjoin_linking::record::LinkId;
use conjoin_linking::tenant::TenantName;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

use super::error::WebError;
use crate::app::App;
use crate::pages::Shell;
use crate::store::{SESSION_HANDLE, SESSION_OWNER};

/// Where the session keeps it.
const KEY: &str = "visitor";

/// What a session remembers. Kept on the server, encrypted; the cookie holds only the session's name.
#[derive(Serialize, Deserialize)]
pub struct Remembered {
    /// Whose host name the browser came to. The table of sessions is one for all tenants; a session of one means nothing to another.
    pub tenant: TenantName,
    /// Stays the same when the cookie is rotated. Links and sign-ins under way are bound to it.
    pub handle: String,
    /// Goes into every form and must come back.
    pub csrf_token: String,
    /// Makes the opaque tokens of offers.
    pub offer_key: String,
    /// Who is signed in.
    pub signed_in: Option<SignedIn>,
    /// The link or unlink after whose end the session was given a new name.
    pub renamed_for: Option<LinkId>,
    /// Somebody signed in as another account than the one chosen, so the tenant's single sign-on is not this person's: ask at the next sign-in.
    pub ask_who: bool,
}

/// A person who is signed in.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// Their account.
    pub subject: UserId,
    /// What to call them.
    pub name: String,
    /// Auth0's `org_id`.
    pub organization: Option<String>,
    /// The sign-in itself.
    pub proof: Proof,
    /// The latest ID token that this browser brought, whoever signed in: it names the tenant's session, which the logout has to end.
    pub id_token: String,
}

/// Anyone with a browser.
pub struct Visitor {
    session: Session,
    /// What the session remembers; written back by [`Visitor::save`].
    pub remembered: Remembered,
    /// BCP 47; the browser's first choice.
    pub locale: String,
}

/// A visitor who is signed in. A handler that takes this cannot be reached by anyone else.
pub struct Member {
    /// The session.
    pub visitor: Visitor,
    /// Who.
    pub signed_in: SignedIn,
}

impl Visitor {
    /// The visitor of a request's session; a new one where it has none.
    ///
    /// # Errors
    /// When the session cannot be read; [`WebError::Renamed`] when the browser showed a name that it had until a moment ago.
    pub async fn of(app: &App, session: Session, locale: String) -> Result<Self, WebError> {
        let tenant = &app.linking.tenant.name;
        let shown = session.id();
        // What another version of this program kept, and this one cannot read, counts as nothing: the person signs in again.
        let value = session.get_value(KEY).await?;
        // Anew, it would be given a session that takes the place of the one that another tab goes on with.
        if let (Some(shown), None) = (shown, &value)
            && app.store.was_renamed(&shown).await?
        {
            return Err(WebError::Renamed);
        }
        let remembered: Option<Remembered> = value.and_then(|value| serde_json::from_value(value).ok());
        let remembered = remembered.filter(|remembered| remembered.tenant == *tenant);
        let remembered = remembered.unwrap_or_else(|| Remembered::new(tenant));
        Ok(Self {
            session,
            remembered,
            locale,
        })
    }

    /// Writes the session, and makes it one if it was none.
    ///
    /// # Errors
    /// When the session cannot be written.
    pub async fn save(&self, app: &App) -> Result<(), WebError> {
        let signed_in = self.remembered.signed_in.as_ref();
        let tenant = &app.linking.tenant.name;
        let owner = signed_in.map(|signed_in| app.store.session_owner(tenant, &signed_in.subject));
        // So that all sessions of an account can be found when it becomes part of another.
        self.session.insert(SESSION_OWNER, owner).await?;
        self.session.insert(SESSION_HANDLE, &self.remembered.handle).await?;
        Ok(self.session.insert(KEY, &self.remembered).await?)
    }

    /// Gives the session a new name: whoever knew the old one is out (at every sign-in, after a proof, and after a link). A session that ended or was
    /// renamed while this request was under way stays as it is: what this request knew of it must not come back to life.
    ///
    /// # Errors
    /// When the session cannot be written.
    pub async fn rotate(&self, app: &App) -> Result<(), WebError> {
        let ended = match self.session.id() {
            Some(id) => app.store.end_renamed_session(&id).await?,
            // Not kept under any name yet.
            None => true,
        };
        if !ended {
            return Ok(());
        }
        self.session.cycle_id().await?;
        self.save(app).await?;
        // Under its new name at once, not with the answer: while it has none, an unlink would not end it.
        Ok(self.session.save().await?)
    }

    /// Signs a person in. Another person than before gets secrets of their own: forms and links of the one before are dead.
    ///
    /// # Errors
    /// When the session cannot be written.
    pub async fn sign_in(&mut self, app: &App, signed_in: SignedIn) -> Result<(), WebError> {
        let same = self
            .remembered
            .signed_in
            .as_ref()
            .is_some_and(|before| before.subject == signed_in.subject);
        if !same {
            self.remembered = Remembered::new(&app.linking.tenant.name);
        }
        self.remembered.signed_in = Some(signed_in);
        self.remembered.ask_who = false;
        self.rotate(app).await
    }

    /// Notes that the tenant's session is that of another sign-in now, of whomever: logging out must end that one.
    pub fn follow_tenant_session(&mut self, sign_in: &SignIn) {
        if let Some(signed_in) = &mut self.remembered.signed_in {
            sign_in.id_token.expose_secret().clone_into(&mut signed_in.id_token);
        }
    }

    /// Ends the session. False when it goes on under a name that another request gave it meanwhile.
    ///
    /// # Errors
    /// When the session cannot be deleted.
    pub async fn sign_out(&self, app: &App) -> Result<bool, WebError> {
        let ended = match self.session.id() {
            Some(id) => app.store.end_session(&id).await?,
            None => true,
        };
        if ended {
            self.session.flush().await?;
        }
        Ok(ended)
    }

    /// The same for a handler that only a signed-in visitor reaches.
    ///
    /// # Errors
    /// [`WebError::SignedOut`].
    pub fn into_member(self) -> Result<Member, WebError> {
        let signed_in = self.remembered.signed_in.clone().ok_or(WebError::SignedOut)?;
        Ok(Member {
            visitor: self,
            signed_in,
        })
    }

    /// What every page shows of the visitor.
    pub fn shell(&self, app: &App) -> Shell<'_> {
        Shell {
            signed_in: self
                .remembered
                .signed_in
                .as_ref()
                .map(|signed_in| signed_in.name.as_str()),
            csrf_token: &self.remembered.csrf_token,
            dev: app.options.dev,
        }
    }

    /// The opaque token that stands for an account in this session's forms, and means nothing in any other.
    pub fn offer_token(&self, user_id: &UserId) -> String {
        use hmac::{Hmac, KeyInit, Mac};
        // HMAC takes keys of any length, so there is no error to handle.
        let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(self.remembered.offer_key.as_bytes()) else {
            return String::new();
        };
        mac.update(user_id.to_string().as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

impl Member {
    /// The session in the domain's terms.
    pub fn linking(&self) -> LinkingSession {
        LinkingSession {
            handle: self.visitor.remembered.handle.clone(),
            subject: self.signed_in.subject.clone(),
            organization: self.signed_in.organization.clone(),
            locale: self.visitor.locale.clone(),
            proof: self.signed_in.proof.clone(),
            begun_by: BegunBy::Page,
        }
    }
}

impl SignedIn {
    /// A person as their ID token describes them.
    pub fn new(sign_in: &SignIn, proof: Proof) -> Self {
        let name = sign_in.email.clone().or_else(|| sign_in.name.clone());
        Self {
            subject: sign_in.subject.clone(),
            name: name.unwrap_or_else(|| sign_in.subject.to_string()),
            organization: sign_in.org_id.clone(),
            proof,
            id_token: sign_in.id_token.expose_secret().to_owned(),
        }
    }
}

impl Remembered {
    fn new(tenant: &TenantName) -> Self {
        Self {
            tenant: tenant.clone(),
            handle: random(),
            csrf_token: random(),
            offer_key: random(),
            signed_in: None,
            renamed_for: None,
            ask_who: false,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
        let app = App::from_request_parts(parts, state).await?;
        let session = <Session as FromRequestParts<S>>::from_request_parts(parts, state).await;
        let session = session.map_err(|(_, message)| WebError::Internal(message.to_owned()))?;
        Self::of(&app, session, locale(parts)).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, WebError> {
        Visitor::from_request_parts(parts, state).await?.into_member()
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Member {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, WebError> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(member) => Ok(Some(member)),
            Err(WebError::SignedOut) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The first language of `Accept-Language`, if it looks like one.
fn locale(parts: &Parts) -> String {
    let header = parts
        .headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let first = header.split([',', ';']).next().unwrap_or_default().trim();
    let plausible =
        (2..=35).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plausible { first.to_owned() } else { "en".to_owned() }
}

/// 256 bits for a URL or a form.
pub(super) fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}
