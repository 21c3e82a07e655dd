//! Who may be offered. Runs before anyone has proven anything, so its answer carries a connection's label and a text that the
//! policy declared at upload, no more.

use std::collections::{BTreeMap, BTreeSet};

use conjoin_auth0::{Management, ManagementError, User, UserId, email_fold};
use conjoin_engine::{Description, Suggestion};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};

use crate::proof::{Proof, same_verified_email};
use crate::tenant::Tenant;

/// The most accounts that are looked at; the rest are not offered.
const MAX_FOUND: usize = 20;

/// One of the two accounts, seen from the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The account that is signed in.
    Current,
    /// The account that was found.
    Found,
}

/// What the domain needs to know of the browser's session.
#[derive(Clone, Debug)]
pub struct Session {
    /// A handle that stays the same when the session's cookie is rotated. Links are bound to it.
    pub handle: String,
    /// Whose it is.
    pub subject: UserId,
    /// Auth0's `org_id`, when the person signed in to an organization.
    pub organization: Option<String>,
    /// BCP 47; what the browser prefers.
    pub locale: String,
    /// The session's own sign-in.
    pub proof: Proof,
    /// What sent the person here.
    pub begun_by: BegunBy,
}

/// What a flow began with. Policies are told, since a flow that an Action began often follows a sign-up of a minute ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BegunBy {
    /// The person opened the host's own pages.
    Page,
    /// The tenant's Action sent them, in the middle of a sign-in to some application.
    Action,
}

impl BegunBy {
    /// Its name in the contract's `event.context`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Action => "action",
        }
    }
}

/// An account that may be joined with the one signed in, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Not shown; a person sees an opaque token in its place.
    pub user_id: UserId,
    /// Not shown either: when the tenant created it.
    pub created_at: Option<String>,
    /// The connection to sign in through.
    pub connection: String,
    /// What a person calls it.
    pub label: String,
    /// The policy's declared text.
    pub reason: Option<String>,
    /// Which side survives, by the policy.
    pub survivor: Side,
}

/// The accounts that the host allows to be offered to `current`, in a stable order. Empty, without a request, when `current` has no verified address or its
/// connection is not trusted.
///
/// # Errors
/// [`ManagementError`] when the tenant cannot be asked.
pub async fn find(management: &Management, tenant: &Tenant, current: &User) -> Result<Vec<User>, ManagementError> {
    let Some(email) = current.email.as_deref().filter(|_| current.email_verified) else {
        return Ok(Vec::new());
    };
    if current.blocked || tenant.connection_of(current).is_none() {
        return Ok(Vec::new());
    }
    // Strangers can sign up with this address as often as they like: their accounts neither crowd others out nor are read one by one.
    let possible = |user: &User| may_be_offered(tenant, current, user);
    // At once, and the reads after them too: somebody waits for as many answers of the tenant as follow one another.
    let (exact, hits) = tokio::join!(by_email(management, email), by_search(management, email));
    let exact = exact?.into_iter().filter(possible);
    let mut found: BTreeMap<UserId, User> = exact.map(|user| (user.user_id.clone(), user)).collect();
    let hits: BTreeSet<UserId> = hits.into_iter().filter(possible).map(|user| user.user_id).collect();
    let unread = hits.iter().filter(|id| !found.contains_key(*id));
    let left = MAX_FOUND.saturating_sub(found.len());
    let read = join_all(unread.take(left).map(|id| as_it_is(management, id))).await;
    found.extend(read.into_iter().flatten().map(|user| (user.user_id.clone(), user)));
    Ok(found.into_values().filter(possible).take(MAX_FOUND).collect())
}

/// An account that the search found, as it is now. None where it is gone or linked by now, since the index is late; and where it cannot be read: one such account must
/// not take the page away.
async fn as_it_is(management: &Management, id: &UserId) -> Option<User> {
    match management.user(id).await {
        Ok(user) => Some(user),
        Err(ManagementError::NotFound) => None,
        Err(error) => {
            tracing::warn!(%error, "an account that the search found could not be read");
            None
        }
    }
}

/// The host's own rule, which no policy can widen.
pub fn may_be_offered(tenant: &Tenant, current: &User, found: &User) -> bool {
    let own_identity = |user: &User| {
        current
            .identities
            .iter()
            .any(|identity| identity.provider == user.user_id.provider() && identity.user_id == user.user_id.local_id())
    };
    found.user_id != current.user_id
        && !own_identity(found)
        && !found.blocked
        && tenant.connection_of(found).is_some()
        && same_verified_email(current, found).is_ok()
}

/// What is wrong with the first suggestion that is none of those found, or stands there twice: an answer with one is not used at all. Its id is cut.
pub fn unknown_or_repeated(is_found: impl Fn(&str) -> bool, suggestions: &[Suggestion]) -> Option<String> {
    let mut seen = BTreeSet::new();
    suggestions.iter().find_map(|Suggestion { user_id, .. }| {
        let cut = || user_id.chars().take(80).collect::<String>();
        if !is_found(user_id) {
            return Some(format!("it suggests `{}`, which was not found", cut()));
        }
        (!seen.insert(user_id)).then(|| format!("it suggests `{}` twice", cut()))
    })
}

/// What a policy's suggestions come to.
///
/// # Errors
/// As [`unknown_or_repeated`].
pub fn offers(
    tenant: &Tenant,
    description: &Description,
    locale: &str,
    found: &[User],
    suggestions: &[Suggestion],
) -> Result<Vec<Offer>, String> {
    let find = |id: &str| found.iter().find(|user| user.user_id.as_str() == id);
    if let Some(broken) = unknown_or_repeated(|id| find(id).is_some(), suggestions) {
        return Err(broken);
    }
    let mut offers: Vec<Offer> = Vec::new();
    for suggestion in suggestions {
        let user = find(&suggestion.user_id).ok_or_else(|| suggestion.user_id.clone())?;
        let connection = tenant.connection_of(user).ok_or_else(|| user.user_id.to_string())?;
        offers.push(Offer {
            user_id: user.user_id.clone(),
            created_at: user.created_at.clone(),
            connection: connection.name.clone(),
            label: connection.label.clone(),
            reason: reason(description, &suggestion.reason, locale),
            survivor: suggestion.primary.into(),
        });
    }
    Ok(offers)
}

/// The declared text for a code: in the person's language, its base language, or English.
fn reason(description: &Description, code: &str, locale: &str) -> Option<String> {
    let base = locale.split('-').next().unwrap_or(locale);
    let text = |wanted: &str| {
        let declared =
            |reason: &&conjoin_engine::Reason| reason.code == code && reason.locale.eq_ignore_ascii_case(wanted);
        description
            .reasons
            .iter()
            .find(declared)
            .map(|reason| reason.text.chars().take(300).collect::<String>())
    };
    text(locale).or_else(|| text(base)).or_else(|| text("en"))
}

/// The endpoint is case-sensitive, databases store lower case, other connections what they were told: both forms are asked for.
async fn by_email(management: &Management, email: &str) -> Result<Vec<User>, ManagementError> {
    let folded = email_fold(email);
    let (mut users, lower) = tokio::try_join!(management.users_by_email(email), async {
        if folded == email {
            Ok(Vec::new())
        } else {
            management.users_by_email(&folded).await
        }
    })?;
    users.extend(lower);
    Ok(users)
}

/// Finds other spellings of the address. The index is late and may fail: then less is offered, which is safe, so an error is only reported.
async fn by_search(management: &Management, email: &str) -> Vec<User> {
    match management.search_by_email(email).await {
        Ok(users) => users,
        Err(error) => {
            tracing::warn!(%error, "user search failed; accounts whose address is spelled differently are not offered now");
            Vec::new()
        }
    }
}

impl From<conjoin_engine::Side> for Side {
    fn from(side: conjoin_engine::Side) -> Self {
        match side {
            conjoin_engine::Side::Current => Self::Current,
            conjoin_engine::Side::Found => Self::Found,
        }
    }
}
