//! How long things take, and how long they are kept.

use std::time::Duration;

use conjoin_linking::pace::Pace;
use schemars::JsonSchema;
use serde::Deserialize;

/// How confirmed links and unlinks are carried on when a host dies or the tenant gives no answer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RecoveryConfig {
    /// How long the locks on two accounts outlive a host that stopped holding them, in seconds. Until then nobody carries its work on; shorter than a host may be
    /// held up, by its database for instance, and it loses work that it could have finished. Default: 15.
    #[schemars(range(min = 5, max = 300))]
    pub lease: u64,
    /// How often unfinished links are taken up, and what has expired is removed, in seconds. Default: 10.
    #[schemars(range(min = 1, max = 3600))]
    pub every: u64,
    /// For how long a step that gets no definite answer is tried again before the link needs a person, in seconds. Longer than the tenant's outages that nobody
    /// should be woken for. Default: 3600.
    #[schemars(range(min = 1, max = 2_592_000))]
    pub settle_within: u64,
    /// How late a write whose answer never came may still take effect at the tenant, in seconds. Nothing is undone before: an effect that comes after it was undone
    /// would be lost or doubled. Default: 30, the time after which gateways give up.
    #[schemars(range(min = 0, max = 3600))]
    pub quiet_period: u64,
}

/// How long what is held of people is kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// How many days both accounts' originals are kept after a link or unlink has ended. It is the time within which a link can be taken apart *with* metadata;
    /// afterwards it can be taken apart without. Default: 365. Shorter holds less of people, longer undoes more.
    #[schemars(range(min = 1, max = 36_500))]
    pub originals_days: u32,
}

impl RecoveryConfig {
    /// For the domain.
    pub fn pace(&self) -> Pace {
        Pace {
            lease: Duration::from_secs(self.lease),
            settle_within: Duration::from_secs(self.settle_within),
            late: Duration::from_secs(self.quiet_period),
            ..Pace::default()
        }
    }

    /// How often unfinished links are taken up.
    pub fn every(&self) -> Duration {
        Duration::from_secs(self.every)
    }
}

impl RetentionConfig {
    /// How long originals are kept.
    pub fn originals(&self) -> Duration {
        Duration::from_secs(u64::from(self.originals_days) * 24 * 60 * 60)
    }
}

impl Default for RecoveryConfig {
    fn default() -> Self {
        Self {
            lease: 15,
            every: 10,
            settle_within: 60 * 60,
            quiet_period: 30,
        }
    }
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { originals_days: 365 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_domain() {
        assert_eq!(RecoveryConfig::default().pace(), Pace::default());
    }
}
