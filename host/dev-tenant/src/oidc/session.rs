use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use url::Url;

use crate::expiring::random_token;
use crate::state::State;
use crate::store::{Identity, UserId};

/// The tenant's session cookie.
pub const COOKIE: &str = "conjoin-dev-tenant";
/// The cookie of the simulated providers, one a connection: its path tells them apart.
pub const UPSTREAM_COOKIE: &str = "conjoin-dev-upstream";

/// Someone signed in with an identity.
///
/// What linking does to sessions and refresh tokens is unconfirmed for a live tenant. This one takes the reading that is worse for a careless host: linking
/// hands those of the secondary over to the primary, and unlinking gives nothing back. Whoever signed in through an identity goes on as the primary after
/// that identity is taken out of it, until the primary's sessions and refresh tokens are deleted.
#[derive(Clone)]
pub struct SignIn {
    /// Through which identity.
    pub identity: UserId,
    /// To which account. That of the identity when it signed in; since then changed by linking, and by nothing else.
    pub account: UserId,
    /// Through which connection.
    pub connection: String,
    /// When, in seconds since 1970.
    pub auth_time: i64,
    /// Whether with a second factor.
    pub second_factor: bool,
}

impl SignIn {
    /// A sign-in that happens now, with one factor.
    #[must_use]
    pub fn now(state: &State, identity: &Identity) -> Self {
        let id = identity.id();
        let owner = state.store.owner(&id);
        Self {
            account: owner.map_or_else(|| id.clone(), |owner| owner.user_id.clone()),
            identity: id,
            connection: identity.connection.clone(),
            auth_time: state.clock().now(),
            second_factor: false,
        }
    }
}

/// A browser's session.
#[derive(Clone)]
pub struct Session {
    /// The last sign-in.
    pub sign_in: SignIn,
    /// Auth0's `sid`: names the session in tokens without being its key.
    pub sid: String,
    /// The session at the simulated provider that vouched for the person, where one did.
    pub upstream: Option<String>,
    /// The clients that were answered from it, in the order of the first answers.
    pub clients: Vec<String>,
}

impl Session {
    /// A session that begins with this sign-in.
    #[must_use]
    pub fn new(sign_in: SignIn) -> Self {
        Self {
            sign_in,
            sid: random_token(),
            upstream: None,
            clients: Vec::new(),
        }
    }
}

/// The session of a browser, if its cookie names a live one.
#[must_use]
pub fn current(state: &State, jar: &CookieJar) -> Option<Session> {
    state.sessions.get(jar.get(COOKIE)?.value()).cloned()
}

/// Notes that a client was answered from a session.
pub fn note_client(state: &mut State, sid: &str, client_id: &str) {
    let session = state.sessions.values_mut().find(|session| session.sid == sid);
    if let Some(session) = session.filter(|session| !session.clients.iter().any(|known| known == client_id)) {
        session.clients.push(client_id.to_owned());
    }
}

/// Ends the session that the browser came with, and answers it.
pub fn end(state: &mut State, jar: &CookieJar) -> Option<Session> {
    state.sessions.take(jar.get(COOKIE)?.value())
}

/// A cookie for an origin, the tenant's or the providers'. Over HTTPS it comes along when another site embeds `/authorize`, as Auth0's does for silent authentication; browsers take such
/// cookies over HTTPS only, and otherwise it is `Lax`, which a client's redirect to `/authorize` brings too.
#[must_use]
pub fn cookie(origin: &Url, name: &'static str, path: String, value: String) -> Cookie<'static> {
    let secure = origin.scheme() == "https";
    let same_site = if secure { SameSite::None } else { SameSite::Lax };
    Cookie::build((name, value))
        .path(path)
        .http_only(true)
        .same_site(same_site)
        .secure(secure)
        .build()
}
