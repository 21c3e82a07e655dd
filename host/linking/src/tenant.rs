//! What a tenant's platform team configures about linking.

use std::time::Duration;

use conjoin_auth0::User;
use conjoin_engine::Limits;
use serde::{Deserialize, Serialize};

use crate::bag::{Bag, digest};

/// A tenant's name in this host's configuration. Every stored thing belongs to exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantName(pub String);

/// What linking needs to know of a tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its name in this host's configuration.
    pub name: TenantName,
    /// Whether accounts are joined.
    pub mode: Mode,
    /// The application through which people sign in to Conjoin.
    pub client_id: String,
    /// The connections whose accounts are searched from and offered. Others are neither: an identity provider that lets people
    /// claim any address would hand over other people's accounts.
    pub connections: Vec<Connection>,
    /// What a policy may never do here.
    pub guards: Guards,
    /// How old a sign-in may be when it counts as proof, at the callback and again at the confirmation.
    pub proof_max_age: Duration,
    /// Whether both proofs must show a second factor (`mfa` in `amr`).
    pub require_mfa: bool,
    /// Whether sessions and refresh tokens at the tenant are ended: at a link those of the account that is joined, before it is, so that a stranger's session there does
    /// not come to lead to both; at an unlink the primary's, since those obtained through the separated identity would stay valid.
    pub end_sessions: bool,
    /// The bounds of one policy call.
    pub limits: Limits,
    /// What is kept of what policies are asked.
    pub keep: Keep,
}

/// What is kept of what policies are asked, sealed, so that another version can be asked the same before it is activated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Questions about proven accounts.
    pub merges: bool,
    /// Questions about accounts that nobody has proven yet.
    pub candidates: bool,
    /// A question that has more bytes is not kept.
    pub most_bytes: usize,
}

/// Whether accounts are joined in a tenant. What was confirmed is finished in any of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Policies are asked and their decisions recorded; nobody is offered anything, and no link is confirmed.
    Observe,
    /// Yes.
    #[default]
    On,
    /// Nothing is asked, offered, linked or unlinked.
    Paused,
}

/// A connection that the tenant trusts to have verified the e-mail addresses it reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its name in the tenant: `Username-Password-Authentication`, `google-oauth2`.
    pub name: String,
    /// What a person calls it: "e-mail and password", "Google". Shown before proof, so it must not name anyone.
    pub label: String,
    /// Accounts provisioned by SCIM must stay primary, or the next provisioning run creates them anew.
    pub must_be_primary: bool,
}

/// The limits of what any policy may do to this tenant's metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guards {
    /// Paths that a link never changes. What a policy writes there is left out and shown as "kept out".
    pub locked: Vec<GuardPath>,
    /// Paths where a policy may write values that neither account holds.
    pub computed: Vec<GuardPath>,
    /// Whether a policy may remove keys of the primary.
    pub allow_removals: bool,
    /// Whether the found account may become primary. When not, the account signed in survives whatever the policy says.
    pub allow_found_primary: bool,
}

/// A place in one of the metadata bags, written `app_metadata/roles`: the bag, then an RFC 6901 pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardPath {
    /// Which bag.
    pub bag: Bag,
    /// The keys below it, unescaped. Never empty.
    pub keys: Vec<String>,
}

/// The text is not of the form `user_metadata/key` or `app_metadata/key/deeper`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a metadata path: write `user_metadata/key` or `app_metadata/key/deeper`")]
pub struct InvalidGuardPath(String);

impl Tenant {
    /// The trusted connection through which this account signs in, if it is one.
    pub fn connection_of(&self, user: &User) -> Option<&Connection> {
        let own = user.own_identity()?;
        self.connections
            .iter()
            .find(|connection| connection.name == own.connection)
    }

    /// What a person calls a connection: its label, or its own name where the tenant lists none.
    pub fn label<'a>(&'a self, connection: &'a str) -> &'a str {
        self.connections
            .iter()
            .find(|known| known.name == connection)
            .map_or(connection, |known| &known.label)
    }

    /// A digest over guards and the digest of the policy's settings: a preview made under others is not executed.
    pub fn rules_digest(&self, settings: &str) -> String {
        let rules = serde_json::json!({ "guards": self.guards, "settings": settings, "mfa": self.require_mfa });
        digest(rules)
    }
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            locked: Vec::new(),
            computed: Vec::new(),
            allow_removals: false,
            allow_found_primary: true,
        }
    }
}

impl std::str::FromStr for GuardPath {
    type Err = InvalidGuardPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (bag, pointer) = text.split_once('/').ok_or_else(|| InvalidGuardPath(text.to_owned()))?;
        let bag = match bag {
            "user_metadata" => Bag::User,
            "app_metadata" => Bag::App,
            _ => return Err(InvalidGuardPath(text.to_owned())),
        };
        let keys: Vec<String> = pointer
            .split('/')
            .map(|key| key.replace("~1", "/").replace("~0", "~"))
            .collect();
        if keys.iter().any(String::is_empty) {
            return Err(InvalidGuardPath(text.to_owned()));
        }
        Ok(Self { bag, keys })
    }
}

impl std::fmt::Display for GuardPath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.bag.field())?;
        self.keys
            .iter()
            .try_for_each(|key| write!(formatter, "/{}", key.replace('~', "~0").replace('/', "~1")))
    }
}

impl Serialize for GuardPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GuardPath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
