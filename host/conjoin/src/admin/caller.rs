//! Who calls, and what they may do.

use std::num::NonZeroU32;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use conjoin_linking::audit::Actor;
use conjoin_linking::clock::now;
use conjoin_linking::tenant::TenantName;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::Admin;
use super::problem::{Problem, ProblemDetails};
use super::team::TeamMember;
use crate::app::App;
use crate::store::{StoreError, Token};
use crate::web::programs::bearer;

/// Before every token: whoever finds one in a repository knows what it is.
const PREFIX: &str = "conjoin";

/// Requests a second of one token, and how many at once.
const REQUESTS: (NonZeroU32, NonZeroU32) = (nonzero(20), nonzero(60));

/// Requests a second, of all together, that show no good token.
const GUESSES: (NonZeroU32, NonZeroU32) = (nonzero(5), nonzero(50));

/// Sign-ins a second that are begun at one tenant's own Auth0, and how many at once. Each is kept until it is old, and may ask the tenant once: this bounds both.
const SIGN_INS: (NonZeroU32, NonZeroU32) = (nonzero(2), nonzero(60));

/// How many uploads are read at once.
const UPLOADS: usize = 2;

/// What a token may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, JsonSchema, clap::ValueEnum,
)]
#[schemars(inline)]
pub enum Scope {
    /// Look at versions, reports, activations and proposals.
    #[serde(rename = "policies:read")]
    #[value(name = "policies:read")]
    PoliciesRead,
    /// Upload.
    #[serde(rename = "policies:upload")]
    #[value(name = "policies:upload")]
    PoliciesUpload,
    /// Activate, roll back, revoke, propose and approve.
    #[serde(rename = "policies:activate")]
    #[value(name = "policies:activate")]
    PoliciesActivate,
    /// Read what policies decided and said: personal data, since a policy's log can quote an account.
    #[serde(rename = "decisions:read")]
    #[value(name = "decisions:read")]
    DecisionsRead,
    /// Read the tenant's accounts: who has several, and two of them for the bench. Personal data.
    #[serde(rename = "accounts:read")]
    #[value(name = "accounts:read")]
    AccountsRead,
}

/// Somebody with a good token, or of the tenant's team by the tenant's own word.
pub struct Caller {
    tenant: TenantName,
    id: String,
    name: String,
    actor: Actor,
    scopes: Vec<String>,
}

/// Why somebody is not let in.
pub(super) enum Unrecognised {
    /// No good token of this tenant's, and no member of its team.
    Nobody,
    /// Too often: come back after so many seconds.
    TooMany(u64),
    /// The database.
    Store(StoreError),
}

/// How often who may ask.
pub(super) struct Limits {
    /// Uploads that are read at once: each is held in memory until it is let in.
    pub(super) uploads: Semaphore,
    requests: DefaultKeyedRateLimiter<String>,
    guesses: DefaultDirectRateLimiter,
    sign_ins: DefaultKeyedRateLimiter<TenantName>,
}

impl Default for Limits {
    fn default() -> Self {
        let quota = |(second, burst)| Quota::per_second(second).allow_burst(burst);
        Self {
            uploads: Semaphore::new(UPLOADS),
            requests: RateLimiter::keyed(quota(REQUESTS)),
            guesses: RateLimiter::direct(quota(GUESSES)),
            sign_ins: RateLimiter::keyed(quota(SIGN_INS)),
        }
    }
}

impl Limits {
    /// Notes that somebody showed nothing that lets them in. Guesses are slowed down, those of all together.
    pub(super) fn guessed(&self) -> Result<(), Unrecognised> {
        self.guesses.check().map_err(|_| Unrecognised::TooMany(1))
    }

    /// Another sign-in at the tenant's own Auth0, which anybody can begin.
    pub(super) fn begins(&self, tenant: &TenantName) -> Result<(), Unrecognised> {
        let checked = self.sign_ins.check_key(tenant);
        checked.map_err(|not_until| Unrecognised::too_early(&not_until))
    }
}

impl Scope {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PoliciesRead => "policies:read",
            Self::PoliciesUpload => "policies:upload",
            Self::PoliciesActivate => "policies:activate",
            Self::DecisionsRead => "decisions:read",
            Self::AccountsRead => "accounts:read",
        }
    }
}

impl Caller {
    /// Whose policies they are about.
    pub(super) fn tenant(&self) -> &TenantName {
        &self.tenant
    }

    /// The same whenever they come: the token's id, or `auth0:` and the account's, which no token's is.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What the token's owner calls it, or the account's id.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// For the audit trail.
    pub(super) fn actor(&self) -> Actor {
        self.actor.clone()
    }

    /// Whether they may do this.
    pub(super) fn may(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|held| held == scope.name())
    }

    /// The same, with the refusal.
    pub(super) fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            return Ok(());
        }
        Err(Problem::scope(scope))
    }

    /// Whose token is shown, under the host name of `asked` if it is one's. Guesses are slowed down; who has a token is not kept out by those who guess.
    pub(super) async fn showing(admin: &Admin, shown: Option<&str>, asked: Option<&App>) -> Result<Self, Unrecognised> {
        let token = match shown.and_then(token_parts) {
            Some((id, secret)) => admin.registry.store().token(id, secret).await?,
            None => None,
        };
        match token.filter(Token::is_good) {
            Some(token) => Self::from(token).admitted(admin, asked),
            None => {
                admin.limits.guessed()?;
                Err(Unrecognised::Nobody)
            }
        }
    }

    /// Whose token it is that a session was begun with, if it is still good.
    pub(super) async fn remembered(
        admin: &Admin,
        tenant: &TenantName,
        id: &str,
        asked: Option<&App>,
    ) -> Result<Self, Unrecognised> {
        let token = admin.registry.store().token_by_id(tenant, id).await?;
        let token = token.filter(Token::is_good).ok_or(Unrecognised::Nobody)?;
        Self::from(token).admitted(admin, asked)
    }

    /// Somebody of the tenant's team, who signed in with the tenant itself, until that ends.
    pub(super) fn member(
        admin: &Admin,
        tenant: &TenantName,
        member: &TeamMember,
        asked: Option<&App>,
    ) -> Result<Self, Unrecognised> {
        // Rights must not outlive the configuration that gave them.
        let scopes = admin.team(tenant).map(|team| team.scopes(member)).unwrap_or_default();
        if scopes.is_empty() || member.ends_at <= now() {
            return Err(Unrecognised::Nobody);
        }
        let caller = Self {
            tenant: tenant.clone(),
            id: format!("auth0:{}", member.subject),
            name: member.subject.to_string(),
            actor: Actor::Member(member.subject.to_string()),
            scopes: scopes.iter().map(|scope| scope.name().to_owned()).collect(),
        };
        caller.admitted(admin, asked)
    }

    fn admitted(self, admin: &Admin, asked: Option<&App>) -> Result<Self, Unrecognised> {
        let checked = admin.limits.requests.check_key(&self.id);
        checked.map_err(|not_until| Unrecognised::too_early(&not_until))?;
        // Under a tenant's own host name, only its own team means anything.
        if asked.is_some_and(|app| app.linking.tenant.name != self.tenant) {
            return Err(Unrecognised::Nobody);
        }
        Ok(self)
    }
}

impl From<Token> for Caller {
    fn from(token: Token) -> Self {
        Self {
            actor: Actor::Token(format!("{} ({})", token.facts.name, token.id)),
            tenant: token.tenant,
            id: token.id,
            name: token.facts.name,
            scopes: token.facts.scopes,
        }
    }
}

impl Unrecognised {
    fn too_early(not_until: &NotUntil<<DefaultClock as Clock>::Instant>) -> Self {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        Self::TooMany(wait.as_secs() + 1)
    }
}

impl From<StoreError> for Unrecognised {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A new token: its id, its secret, and both as they are shown.
#[must_use]
pub fn new_token() -> (String, String, String) {
    let id = format!("{:016x}", rand::random::<u64>());
    let secret = hex::encode(rand::random::<[u8; 32]>());
    let shown = format!("{PREFIX}_{id}_{secret}");
    (id, secret, shown)
}

fn token_parts(shown: &str) -> Option<(&str, &str)> {
    shown.strip_prefix(PREFIX)?.strip_prefix('_')?.split_once('_')
}

impl FromRequestParts<Admin> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        Ok(Self::showing(admin, bearer(&parts.headers), parts.extensions.get::<App>()).await?)
    }
}

/// Whose token it is.
#[derive(Serialize, ToSchema)]
pub(super) struct Whoami {
    /// The tenant.
    tenant: String,
    /// What the token is called.
    name: String,
    /// Its id.
    token: String,
    /// What it may do.
    scopes: Vec<String>,
}

/// Who the token says that you are.
#[utoipa::path(get, path = "/admin/v1/whoami", operation_id = "whoami", responses((status = 200, body = Whoami), (status = 401, response = ProblemDetails)))]
pub(super) async fn who(caller: Caller) -> Json<Whoami> {
    Json(Whoami {
        tenant: caller.tenant.0,
        name: caller.name,
        token: caller.id,
        scopes: caller.scopes,
    })
}

const fn nonzero(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}
