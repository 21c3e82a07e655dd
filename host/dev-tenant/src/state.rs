//! The running tenant: its configuration, which never changes, and everything that does, behind one lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::clock::Clock;
use crate::config::Config;
use crate::dev::{Calls, Faults, Switches};
use crate::expiring::Expiring;
use crate::inbox::Inbox;
use crate::keys::{KeyRing, SigningKey};
use crate::management::Jobs;
use crate::oidc::{
    AccessGrant, Assertion, CodeGrant, MailedCode, Parameters, RefreshGrant, Session, SignIn, Transaction,
};
use crate::rate_limit::RateLimiter;
use crate::seed;
use crate::store::{FixtureError, Store, User, UserId};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a browser stays signed in.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// How long a refresh token is good for.
pub const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What handlers share.
pub type Shared = Arc<Tenant>;

/// One tenant.
pub struct Tenant {
    /// As it was started.
    pub config: Config,
    /// With its trailing slash, as Auth0 writes it.
    pub issuer: Url,
    state: Mutex<State>,
}

impl Tenant {
    /// A tenant with these users.
    ///
    /// # Errors
    /// When a user is malformed.
    pub fn new(config: Config, issuer: Url, users: Vec<Value>, key: SigningKey) -> Result<Self, FixtureError> {
        let state = State::new(&config, users, KeyRing::new(key))?;
        Ok(Self {
            config,
            issuer,
            state: Mutex::new(state),
        })
    }

    /// The changing part. Held for single steps, never across an `await`.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        // A handler that panicked left single steps done or not done, never half: the state is good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the tenant can be asked: at its own domain, and at its custom one where it has one.
    pub fn domains(&self) -> impl Iterator<Item = &Url> {
        std::iter::once(&self.issuer).chain(&self.config.custom_domain)
    }

    /// Whether a token of this issuer is the tenant's.
    #[must_use]
    pub fn is_own_issuer(&self, issuer: &str) -> bool {
        self.domains().any(|url| url.as_str() == issuer)
    }

    /// What the tenant takes for the time. Not while the changing part is held: that has [`State::clock`].
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.lock().clock()
    }

    /// An absolute URL of the tenant.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{}", self.issuer, path.trim_start_matches('/'))
    }

    /// The identifier of the Management API, which is its audience.
    #[must_use]
    pub fn management_audience(&self) -> String {
        self.url("api/v2/")
    }
}

/// Everything that changes.
pub struct State {
    /// The users.
    pub store: Store,
    /// The users as they were at the start.
    seed: Vec<User>,
    /// The signing keys.
    pub keys: KeyRing,
    /// Sessions of browsers with the tenant.
    pub sessions: Expiring<Session>,
    /// Sessions of browsers with the simulated providers, by the connection and identity signed in.
    pub upstream_sessions: Expiring<Session>,
    /// What the simulated providers said, until the browser brings its code to the tenant.
    pub assertions: Expiring<Assertion>,
    /// Sign-ins under way.
    pub transactions: Expiring<Transaction>,
    /// Pushed authorization requests.
    pub pushed: Expiring<Parameters>,
    /// Authorization codes.
    pub codes: Expiring<CodeGrant>,
    /// Codes that were mailed.
    pub mailed_codes: Expiring<MailedCode>,
    /// What would have been mailed.
    pub inbox: Inbox,
    /// Opaque access tokens.
    pub access_tokens: Expiring<AccessGrant>,
    /// Refresh tokens.
    pub refresh_tokens: Expiring<RefreshGrant>,
    /// Exports and imports.
    pub jobs: Jobs,
    /// Ids of exports, by the links to their files.
    pub export_links: Expiring<String>,
    /// Which of the orders a search without `primary_order` is answered in next.
    pub search_turn: usize,
    /// The buckets of the plan.
    pub rate_limiter: RateLimiter,
    /// The log of calls.
    pub calls: Calls,
    /// The faults in force.
    pub faults: Faults,
    /// Deliberate defects of tokens.
    pub switches: Switches,
}

impl State {
    fn new(config: &Config, users: Vec<Value>, keys: KeyRing) -> Result<Self, FixtureError> {
        let users = users
            .into_iter()
            .map(User::from_fixture)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self::with(config, users, keys))
    }

    fn with(config: &Config, users: Vec<User>, keys: KeyRing) -> Self {
        Self {
            store: Store::new(users.clone(), Duration::from_millis(config.search_lag_ms)),
            seed: users,
            keys,
            sessions: Expiring::new(SESSION_LIFETIME),
            upstream_sessions: Expiring::new(SESSION_LIFETIME),
            assertions: Expiring::new(MINUTE),
            transactions: Expiring::new(60 * MINUTE),
            pushed: Expiring::new(Duration::from_secs(30)),
            codes: Expiring::new(10 * MINUTE),
            mailed_codes: Expiring::new(3 * MINUTE),
            inbox: Inbox::default(),
            access_tokens: Expiring::new(DAY),
            refresh_tokens: Expiring::new(REFRESH_LIFETIME),
            jobs: Jobs::default(),
            export_links: Expiring::new(MINUTE),
            search_turn: 0,
            rate_limiter: RateLimiter::new(config.rate_limit),
            calls: Calls::default(),
            faults: Faults::new(config.faults.clone()),
            switches: Switches {
                silent_upstream: config.silent_upstream,
                clock_skew: config.clock_skew,
                ..Switches::default()
            },
        }
    }

    /// Makes everything that one account is signed in to another's, as linking does here: see [`SignIn::account`]. The simulated providers' sessions are
    /// not the tenant's to hand over.
    pub fn hand_over(&mut self, from: &UserId, to: &UserId) {
        let sessions = self.sessions.values_mut().map(|session| &mut session.sign_in);
        let under_way = self.transactions.values_mut();
        let under_way = under_way.filter_map(|transaction| Some(&mut transaction.session.as_mut()?.sign_in));
        let codes = self.codes.values_mut().map(|grant| &mut grant.subject.sign_in);
        let opened = self.access_tokens.values_mut().map(|grant| &mut grant.subject.sign_in);
        let refreshed = self.refresh_tokens.values_mut().map(|grant| &mut grant.subject.sign_in);
        let all = sessions.chain(under_way).chain(codes).chain(opened).chain(refreshed);
        all.filter(|sign_in: &&mut SignIn| sign_in.account == *from)
            .for_each(|sign_in| sign_in.account = to.clone());
    }

    /// Ends everything that an account is signed in to.
    pub fn sign_out(&mut self, account: &UserId) {
        let of_another = |sign_in: &SignIn| sign_in.account != *account;
        self.sessions.retain(|session| of_another(&session.sign_in));
        self.codes.retain(|grant| of_another(&grant.subject.sign_in));
        self.access_tokens.retain(|grant| of_another(&grant.subject.sign_in));
        self.refresh_tokens.retain(|grant| of_another(&grant.subject.sign_in));
        self.transactions
            .retain(|one| one.session.as_ref().is_none_or(|session| of_another(&session.sign_in)));
    }

    /// What the tenant takes for the time.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock::skewed(self.switches.clock_skew)
    }

    /// Everything as it was at the start, but for the keys: clients that cached them go on. The log of calls is empty and counts on: a call that is still under way must not
    /// be taken for a later one.
    pub fn reset(&mut self, config: &Config) {
        let mut calls = std::mem::take(&mut self.calls);
        calls.clear();
        let fresh = Self::with(config, std::mem::take(&mut self.seed), self.keys.clone());
        *self = Self { calls, ..fresh };
    }
}

/// The users that a tenant starts with: those of the configured file, else the seed.
///
/// # Errors
/// When the file cannot be read or is not a JSON array.
pub fn configured_users(config: &Config) -> std::io::Result<Vec<Value>> {
    match &config.users {
        None => Ok(seed::users()),
        Some(path) => Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?),
    }
}
