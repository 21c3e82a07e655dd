use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::expiring::random_token;
use crate::state::{State, Tenant};
use crate::store::UserId;

/// The tenant's session cookie.
pub const COOKIE: &str = "conjoin-dev-tenant";
/// The cookie of the simulated providers, one a connection: its path tells them apart.
pub const UPSTREAM_COOKIE: &str = "conjoin-dev-upstream";

/// Someone signed in with an identity. Whose account it belongs to is looked up when it matters: linking changes that under a live session.
#[derive(Clone)]
pub struct SignIn {
    /// Who.
    pub identity: UserId,
    /// Through which connection.
    pub connection: String,
    /// When, in seconds since 1970.
    pub auth_time: i64,
    /// Whether with a second factor.
    pub second_factor: bool,
}

/// A browser's session.
#[derive(Clone)]
pub struct Session {
    /// The last sign-in.
    pub sign_in: SignIn,
    /// Auth0's `sid`: names the session in tokens without being its key.
    pub sid: String,
}

impl Session {
    /// A session that begins with this sign-in.
    #[must_use]
    pub fn new(sign_in: SignIn) -> Self {
        Self {
            sign_in,
            sid: random_token(),
        }
    }
}

/// The session of a browser, if its cookie names a live one.
#[must_use]
pub fn current(state: &State, jar: &CookieJar) -> Option<Session> {
    state.sessions.get(jar.get(COOKIE)?.value()).cloned()
}

/// Ends the session that the browser came with.
pub fn end(state: &mut State, jar: &CookieJar) {
    if let Some(cookie) = jar.get(COOKIE) {
        state.sessions.take(cookie.value());
    }
}

/// A cookie for the tenant. `Lax`: a client's redirect to `/authorize` has to bring it.
#[must_use]
pub fn cookie(tenant: &Tenant, name: &'static str, path: String, value: String) -> Cookie<'static> {
    Cookie::build((name, value))
        .path(path)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(tenant.issuer.scheme() == "https")
        .build()
}
