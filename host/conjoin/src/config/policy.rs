//! What decides at a tenant, and what happens when it fails.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A policy that the file fixes. Nothing else can then be activated; leave it out to activate by upload.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyConfig {
    /// A shipped policy (`joined`, `oldest-primary`, `cautious`, `lodash`), or the path of a component, which is read again whenever it changes.
    pub component: PathBuf,
    /// Its settings, as the policy's own schema says. Default: none.
    #[serde(default)]
    pub settings: Map<String, Value>,
}

/// When a policy traps, loops, breaks or answers nonsense, that decision links nothing, whatever is said here. This is about one that keeps
/// failing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyFailureConfig {
    /// For how many different people in a row one of its hooks may fail, as one host sees it, before the policy is taken out. Default: 5; one alone can be due to one odd account.
    #[schemars(range(min = 1, max = 1000))]
    pub after: u32,
    /// What decides then: `last-good`, the version that was active before it and worked, or, without one, nothing; or `offer-nothing`: nobody is offered anything until
    /// the team activates a version. Default: `last-good`.
    pub then: Fallback,
}

/// What decides in the place of a policy that keeps failing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Fallback {
    /// The version before.
    #[default]
    LastGood,
    /// None.
    OfferNothing,
}

impl Default for PolicyFailureConfig {
    fn default() -> Self {
        Self {
            after: 5,
            then: Fallback::default(),
        }
    }
}
