//! APIs that access tokens can be asked for.

use serde::Deserialize;

/// An API that access tokens can be asked for with `audience=` (Auth0's "resource server"). They are JWTs, signed with RS256.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceServer {
    /// The audience.
    pub identifier: String,
    /// The permissions (scopes) that it has: nothing else of it is ever granted.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// "Enable RBAC" with "Add Permissions in the Access Token": `permissions` then lists what the person was assigned, and `scope` is cut down to that. Otherwise
    /// whoever asks for a scope of the API has it. Off by default, as there.
    #[serde(default)]
    pub rbac: bool,
}
