use serde::{Deserialize, Serialize};

/// A way for people to sign in, in the shape of `GET /api/v2/connections`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// `con_` and 16 letters or digits.
    pub id: String,
    /// What `connection=` and identities call it.
    pub name: String,
    /// Auth0's name of the kind: `auth0`, `google-oauth2`, `samlp`. It is the provider of the connection's identities.
    pub strategy: String,
    /// What people read on its button.
    pub display_name: String,
    /// Whether its users are provisioned by SCIM: Auth0 wants such a user to be the primary of a link.
    #[serde(default)]
    pub scim: bool,
}

impl Connection {
    /// Whether the tenant itself holds the passwords.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.strategy == "auth0"
    }

    /// Whether people sign in with a code that is mailed to them.
    #[must_use]
    pub fn is_passwordless(&self) -> bool {
        self.strategy == "email"
    }

    /// Whether it leads to a simulated provider.
    #[must_use]
    pub fn is_federated(&self) -> bool {
        !self.is_database() && !self.is_passwordless()
    }
}

/// An organization that people can sign in to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// `org_` and 16 letters or digits. Users name it in `organizations`.
    pub id: String,
    /// For machines.
    pub name: String,
    /// For people.
    pub display_name: String,
}
