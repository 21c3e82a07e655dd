use serde::Deserialize;

/// What nobody outside Auth0 has confirmed, as `[unconfirmed]` in the configuration. By default each is the reading that is worse for a careless application; the
/// other one is for whoever has seen a live tenant do it, or wants to survive both.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Readings {
    /// What linking into, and unlinking from, a user that is not there answers.
    pub absent_primary: Absent,
    /// What unlinking an identity that the account does not have answers.
    pub absent_identity: Absent,
    /// Whether `GET` and `PATCH /users/{id}` give `profileData` on the account's own identity too, as linking does.
    pub profile_data_on_own_identity: bool,
    /// Whether `users-by-email` finds an account by the address of an identity that is linked into it.
    pub by_email_finds_linked: bool,
    /// Whether an identity that is unlinked keeps its `email_verified`; otherwise the user it becomes has to verify again.
    pub unlink_keeps_email_verified: bool,
    /// Whether a metadata key that Auth0 reserves, or with `.` or `$`, is refused.
    pub refuses_metadata_keys: bool,
    /// Whether a profile over the documented 10 KB is refused.
    pub refuses_large_profiles: bool,
    /// Whether the 429 of a plan brings `Retry-After`.
    pub retry_after: bool,
    /// Whether linking hands the secondary's sessions and refresh tokens to the primary; otherwise they end.
    pub link_moves_sessions: bool,
    /// Whether linking hands the secondary's roles, permissions and organizations to the primary; otherwise they are lost.
    pub link_moves_memberships: bool,
    /// Whether every ID token has `auth_time`, and not only those of `prompt=login` and `max_age`.
    pub auth_time_always: bool,
}

/// How a thing that is not there is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Absent {
    /// 404 Not Found.
    #[serde(rename = "404")]
    NotFound,
    /// 400 Bad Request, which Auth0's description lists and 404 not.
    #[serde(rename = "400")]
    BadRequest,
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            absent_primary: Absent::NotFound,
            absent_identity: Absent::NotFound,
            profile_data_on_own_identity: false,
            by_email_finds_linked: false,
            unlink_keeps_email_verified: true,
            refuses_metadata_keys: true,
            refuses_large_profiles: false,
            retry_after: false,
            link_moves_sessions: true,
            link_moves_memberships: false,
            auth_time_always: false,
        }
    }
}
