//! How patient the work after a confirmation is: waits, leases, and when a person is asked.

use std::time::Duration;

/// The bounds of carrying a confirmed link or unlink on. The defaults are for Auth0; tests and the simulated tenant use shorter ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How often a write of unknown effect is repeated while the person waits, before the record is put off.
    pub attempts: u32,
    /// The wait before the first repetition; doubled each time.
    pub first_wait: Duration,
    /// Between a definite refusal and the second look, when no earlier write is unaccounted for.
    pub quiet: Duration,
    /// The same when one is: its effect can come as late as this, and nothing is undone before. Longer than our own patience with an answer (10 s) and than
    /// the half minute after which gateways give up.
    pub late: Duration,
    /// For how long a step that gets no definite answer is tried again before the record needs a person.
    pub settle_within: Duration,
    /// The longest wait between two such tries.
    pub longest_wait: Duration,
    /// How long the locks on two accounts outlive a host that stops holding them. Short, because until then nobody carries on what it left behind.
    pub lease: Duration,
    /// How long the link call waits for `link.starting` to reach its consumer.
    pub announce_within: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_wait: Duration::from_millis(200),
            quiet: Duration::from_millis(500),
            late: Duration::from_secs(30),
            settle_within: Duration::from_secs(60 * 60),
            longest_wait: Duration::from_secs(5 * 60),
            lease: Duration::from_secs(15),
            announce_within: Duration::from_secs(5),
        }
    }
}

impl Pace {
    /// The wait after the `tried`-th try in a row of a step that got no definite answer: 5 s, doubled each time.
    pub fn put_off(&self, tried: u32) -> Duration {
        let doubled = self.first_wait.saturating_mul(25).saturating_mul(1 << tried.min(16));
        doubled.min(self.longest_wait)
    }

    /// Until when a write without an answer, made until `now` in Unix seconds, may still take effect.
    pub fn late_from(&self, now: i64) -> i64 {
        now.saturating_add(i64::try_from(self.late.as_secs()).unwrap_or(i64::MAX))
    }
}
