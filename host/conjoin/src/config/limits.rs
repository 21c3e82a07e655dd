//! The bounds of one policy call.

use std::time::Duration;

use conjoin_engine::{InvalidLimit, Limits};
use schemars::JsonSchema;
use serde::Deserialize;

/// The bounds of one policy call. The defaults carry a merge of two bags of a megabyte by a policy in Rust, or of half a megabyte by one in JavaScript or Python.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// The budget: about one unit an instruction. The same input costs the same everywhere. Default: 3,000,000,000, about a second.
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
    pub fuel: u64,
    /// The wall clock in milliseconds, from the call to its answer. Its turn is waited for as long at most. Default: 10000, so far beyond the budget's usual time that it is the
    /// budget that ends a call.
    #[schemars(range(min = 10, max = 600_000))]
    pub deadline_ms: u64,
    /// Bytes of all memories together. Default: 134217728.
    #[schemars(range(min = 65_536, max = 268_435_456))]
    pub memory_bytes: usize,
    /// Bytes of an answer. Default: 4194304, the patch of two bags of a megabyte twice over.
    #[schemars(range(min = 1024, max = 67_108_864))]
    pub output_bytes: usize,
    /// Bytes of log kept with a decision; what comes after is dropped and marked so. Default: 16384.
    #[schemars(range(min = 0, max = 1_048_576))]
    pub log_bytes: usize,
}

impl LimitsConfig {
    /// For the engine.
    ///
    /// # Errors
    /// One that it cannot enforce.
    pub fn limits(&self) -> Result<Limits, InvalidLimit> {
        Limits::builder()
            .fuel(self.fuel)
            .deadline(Duration::from_millis(self.deadline_ms))
            .memory_bytes(self.memory_bytes)
            .output_bytes(self.output_bytes)
            .log_bytes(self.log_bytes)
            .build()
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            fuel: limits.fuel(),
            deadline_ms: u64::try_from(limits.deadline().as_millis()).unwrap_or(u64::MAX),
            memory_bytes: limits.memory_bytes(),
            output_bytes: limits.output_bytes(),
            log_bytes: limits.log_bytes(),
        }
    }
}
