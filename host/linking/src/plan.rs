//! The plan of a link: the value that a person sees, confirms by its hash, and that is executed.

pub mod guard;
pub mod patch;
pub mod preview;
mod provenance;
pub(crate) mod storable;
#[cfg(test)]
mod tests;

use std::fmt;

use conjoin_auth0::{User, UserId};
use conjoin_engine::Plan;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use guard::{Guarded, Violation};

use crate::bag::{Bag, Bags, digest, same_bag};
use crate::candidates::Side;
use crate::policies::PolicyReference;
use crate::tenant::{Guards, Tenant, TenantName};

/// SHA-256 over everything that a confirmation stands for, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(pub String);

/// What matters of an account for a plan. The volatile rest (last login, counts, pictures) is left out: it changes by the proof itself.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Auth0's id of the account.
    pub user_id: UserId,
    /// As the tenant writes it.
    pub email: Option<String>,
    /// The tenant's word.
    pub email_verified: bool,
    /// Neither side may be blocked.
    pub blocked: bool,
    /// The account's sign-ins, in the tenant's order.
    pub identities: Vec<KnownIdentity>,
    /// Both metadata bags.
    pub bags: Bags,
}

/// One way to sign in, as far as a plan names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownIdentity {
    /// The strategy.
    pub provider: String,
    /// Without the provider.
    pub user_id: String,
    /// The connection's name.
    pub connection: String,
}

/// What a link will do.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkPlan {
    /// Whose plan it is.
    pub tenant: TenantName,
    /// The account that the session belonged to when the link was asked for.
    pub initiator: UserId,
    /// Which side survives.
    pub survivor: Side,
    /// The component that made it, as the SHA-256 of its bytes.
    pub policy: String,
    /// The tenant's settings and guards when it was made.
    pub rules: String,
    /// The account that survives, as read for the plan.
    pub primary: Snapshot,
    /// The account that becomes an identity of it, as read for the plan.
    pub secondary: Snapshot,
    /// What happens to `user_metadata`.
    pub user_metadata: Guarded,
    /// What happens to `app_metadata`.
    pub app_metadata: Guarded,
}

impl LinkPlan {
    /// Checks a policy's answer and makes it a plan.
    ///
    /// # Errors
    /// [`Violation`] when the answer goes beyond what a policy may do.
    pub fn build(
        tenant: &Tenant,
        policy: &PolicyReference,
        initiator: &UserId,
        survivor: Side,
        accounts: [&User; 2],
        answer: &Plan,
    ) -> Result<Self, Violation> {
        let [primary, secondary] = accounts;
        let [user_metadata, app_metadata] =
            merge_bags(&Bags::from(primary), &Bags::from(secondary), answer, &tenant.guards)?;
        Ok(Self {
            tenant: tenant.name.clone(),
            initiator: initiator.clone(),
            survivor,
            policy: policy.policy.clone(),
            rules: tenant.rules_digest(&policy.settings),
            primary: primary.into(),
            secondary: secondary.into(),
            user_metadata,
            app_metadata,
        })
    }

    /// What happens to one bag.
    pub fn bag(&self, bag: Bag) -> &Guarded {
        match bag {
            Bag::User => &self.user_metadata,
            Bag::App => &self.app_metadata,
        }
    }

    /// What a person confirms. Equal plans have equal hashes: the order of keys does not count, and nothing volatile is in it.
    pub fn hash(&self) -> PlanHash {
        let value = json!({
            "tenant": self.tenant, "initiator": self.initiator, "survivor": self.survivor, "policy": self.policy, "rules": self.rules,
            "primary": self.primary, "secondary": self.secondary,
            "user_metadata": self.user_metadata.changes, "app_metadata": self.app_metadata.changes,
        });
        PlanHash(digest(value))
    }

    /// Whether both accounts still are what the plan was made for.
    pub fn still_holds(&self, primary: &User, secondary: &User) -> bool {
        self.primary.agrees_with(&primary.into()) && self.secondary.agrees_with(&secondary.into())
    }
}

impl Snapshot {
    /// Equality as far as a plan goes: metadata as JSON values, everything else exactly.
    pub fn agrees_with(&self, other: &Self) -> bool {
        Bag::ALL
            .into_iter()
            .all(|bag| same_bag(self.bags.get(bag), other.bags.get(bag)))
            && (
                &self.user_id,
                &self.email,
                self.email_verified,
                self.blocked,
                &self.identities,
            ) == (
                &other.user_id,
                &other.email,
                other.email_verified,
                other.blocked,
                &other.identities,
            )
    }

    /// The identity that gives the account its id; the tenant lists it first, but ids decide.
    pub fn own_identity(&self) -> KnownIdentity {
        let own = |identity: &&KnownIdentity| {
            identity.provider == self.user_id.provider() && identity.user_id == self.user_id.local_id()
        };
        self.identities
            .iter()
            .find(own)
            .cloned()
            .unwrap_or_else(|| KnownIdentity {
                provider: self.user_id.provider().to_owned(),
                user_id: self.user_id.local_id().to_owned(),
                connection: String::new(),
            })
    }
}

/// The id that it has, or had, as an account of its own: `google-oauth2|1001`.
impl fmt::Display for KnownIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}|{}", self.provider, self.user_id)
    }
}

impl From<&User> for Snapshot {
    fn from(user: &User) -> Self {
        let identities = user.identities.iter().map(|identity| KnownIdentity {
            provider: identity.provider.clone(),
            user_id: identity.user_id.clone(),
            connection: identity.connection.clone(),
        });
        Self {
            user_id: user.user_id.clone(),
            email: user.email.clone(),
            email_verified: user.email_verified,
            blocked: user.blocked,
            identities: identities.collect(),
            bags: Bags::from(user),
        }
    }
}

impl From<&User> for Bags {
    fn from(user: &User) -> Self {
        Self {
            user_metadata: user.user_metadata.clone(),
            app_metadata: user.app_metadata.clone(),
        }
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Snapshot")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LinkPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (primary, secondary) = (&self.primary.user_id, &self.secondary.user_id);
        formatter
            .debug_struct("LinkPlan")
            .field("primary", primary)
            .field("secondary", secondary)
            .finish_non_exhaustive()
    }
}

/// Checks both bags' parts of an answer: `user_metadata` first.
///
/// # Errors
/// [`Violation`] of the first bag that has one.
pub fn merge_bags(primary: &Bags, secondary: &Bags, answer: &Plan, guards: &Guards) -> Result<[Guarded; 2], Violation> {
    let check = |bag: Bag, patch: &str, discards: &[String]| {
        guard::check(bag, primary.get(bag), secondary.get(bag), patch, discards, guards)
    };
    Ok([
        check(Bag::User, &answer.user_metadata, &answer.discard_user_metadata)?,
        check(Bag::App, &answer.app_metadata, &answer.discard_app_metadata)?,
    ])
}
