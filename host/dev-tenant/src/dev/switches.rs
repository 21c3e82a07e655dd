use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Deliberate defects, set whole by `PUT /_dev/oidc`: what is left out goes back to its default.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// Leaves `auth_time` out of every ID token.
    pub strip_auth_time: bool,
    /// Seconds added to every `auth_time`.
    pub skew_auth_time: i64,
    /// Seconds that the tenant's whole clock is ahead, or behind when negative: in tokens, users, sessions, `Date` and `X-RateLimit-Reset`. The tenant itself
    /// judges tokens by the same clock. What happened before a change keeps the time it was given.
    pub clock_skew: i64,
    /// Whether a simulated provider with a live session answers without asking.
    pub silent_upstream: bool,
    /// Done to the next ID token, and to no other.
    pub next_id_token: Option<Forgery>,
    /// Done to the next access token for an API of the tenant's, and to no other.
    pub next_access_token: Option<Forgery>,
}

/// A forged token.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Forgery {
    /// Claims to set; `null` takes one out.
    pub claims: Map<String, Value>,
    /// How it is signed.
    pub algorithm: ForgedAlgorithm,
}

/// How a forged token is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForgedAlgorithm {
    /// As ever.
    #[default]
    Rs256,
    /// RS256 with a signature that does not verify.
    BrokenSignature,
    /// Not at all: `alg` is `none`.
    None,
    /// HS256 with the client's secret.
    ClientSecret,
    /// HS256 with the public key in PEM, for verifiers that confuse the two.
    PublicKeyAsSecret,
}
