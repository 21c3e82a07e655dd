//! What is kept of what policies are asked.

use std::time::Duration;

use conjoin_linking::tenant::Keep;
use schemars::JsonSchema;
use serde::Deserialize;

/// What is kept, encrypted, of what policies are asked, so that `conjoin policy replay` can ask another version the same before it decides.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReplayConfig {
    /// For how many days merges are kept, with both accounts as they were; 0 keeps none. Default: 30, long enough to hold a month's odd accounts, short since it is a copy
    /// of what people have.
    #[schemars(range(min = 0, max = 3650))]
    pub days: u32,
    /// Whether candidate decisions are kept too. Default: no: they hold accounts that nobody has proven to be theirs.
    pub candidates: bool,
    /// A question that has more bytes than this is not kept. Default: 262144.
    #[schemars(range(min = 1024, max = 16_777_216))]
    pub most_bytes: usize,
}

impl ReplayConfig {
    /// For the domain.
    pub fn keep(&self) -> Keep {
        Keep {
            merges: self.days > 0,
            candidates: self.candidates && self.days > 0,
            most_bytes: self.most_bytes,
        }
    }

    /// For how long.
    pub fn kept(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.days))
    }
}

impl Default for ReplayConfig {
    fn default() -> Self {
        Self {
            days: 30,
            candidates: false,
            most_bytes: 256 << 10,
        }
    }
}
