//! What one decision may cost.

use std::time::Duration;

const MEBIBYTE: usize = 1 << 20;

/// What one decision may cost. Every value is checked when it is built, so that a `Limits` is always usable.
///
/// The defaults, and why:
///
/// | limit | default | reason |
/// |---|---|---|
/// | fuel | 3,000,000,000 | a merge of two 1 MB bags of 11,000 small objects, as parsed trees, costs 0.8 to 1.2 billion (0.2-0.3 s); an everyday one costs 50,000 |
/// | deadline | 10 s | more than ten times the fuel's usual time, so that the clock does not decide what fuel should |
/// | memory | 128 MiB | the same merge holds 55 MB |
/// | table elements | 10,000 | a Rust policy has a few hundred |
/// | output | 4 MiB | the patch of two 1 MB bags, twice over |
/// | log | 16 KiB | kept with every decision |
///
/// ```
/// use conjoin_engine::Limits;
/// let limits = Limits::builder().fuel(100_000_000).memory_bytes(16 << 20).build()?;
/// assert_eq!(limits.fuel(), 100_000_000);
/// assert!(Limits::builder().fuel(0).build().is_err());
/// # Ok::<(), conjoin_engine::InvalidLimit>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    fuel: u64,
    deadline: Duration,
    memory_bytes: usize,
    table_elements: usize,
    output_bytes: usize,
    log_bytes: usize,
}

/// Builds [`Limits`]; what is not set keeps its default.
#[derive(Debug, Clone)]
#[must_use]
pub struct LimitsBuilder(Limits);

/// A limit is outside the range the engine can enforce.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the limit `{limit}` is {value}; it must be between {lowest} and {highest}")]
pub struct InvalidLimit {
    /// Which one, in the words of the setter.
    pub limit: &'static str,
    /// What was asked for (the deadline in milliseconds).
    pub value: u64,
    /// The lowest accepted value.
    pub lowest: u64,
    /// The highest accepted value.
    pub highest: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 3_000_000_000,
            deadline: Duration::from_secs(10),
            memory_bytes: 128 * MEBIBYTE,
            table_elements: 10_000,
            output_bytes: 4 * MEBIBYTE,
            log_bytes: 16 << 10,
        }
    }
}

impl Limits {
    /// Starts from the defaults.
    pub fn builder() -> LimitsBuilder {
        LimitsBuilder(Self::default())
    }

    /// The budget: about one unit an instruction, more for bulk operations and for bytes given to the host.
    /// The same input costs the same, everywhere. A call of an import costs 1,000 units and its bytes. A decision must
    /// leave at least one unit.
    pub fn fuel(&self) -> u64 {
        self.fuel
    }

    /// The wall clock from the call to its answer, waiting for a free slot included. Checked every 10 ms.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Bytes of all linear memories together. The engine's own cap, `EngineConfig::max_memory_bytes`, holds as well.
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Elements of all tables together. The engine's own cap, `EngineConfig::max_table_elements`, holds as well.
    pub fn table_elements(&self) -> usize {
        self.table_elements
    }

    /// Bytes of an answer, as the host holds it.
    pub fn output_bytes(&self) -> usize {
        self.output_bytes
    }

    /// Bytes of log kept with the decision. What comes after is dropped and marked as such.
    pub fn log_bytes(&self) -> usize {
        self.log_bytes
    }
}

impl LimitsBuilder {
    /// See [`Limits::fuel`]: 1 to 10^12.
    pub fn fuel(mut self, fuel: u64) -> Self {
        self.0.fuel = fuel;
        self
    }

    /// See [`Limits::deadline`]: 10 ms to 10 minutes.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.0.deadline = deadline;
        self
    }

    /// See [`Limits::memory_bytes`]: 64 KiB to 4 GiB.
    pub fn memory_bytes(mut self, bytes: usize) -> Self {
        self.0.memory_bytes = bytes;
        self
    }

    /// See [`Limits::table_elements`]: 1 to 10,000,000.
    pub fn table_elements(mut self, elements: usize) -> Self {
        self.0.table_elements = elements;
        self
    }

    /// See [`Limits::output_bytes`]: 1 KiB to 64 MiB.
    pub fn output_bytes(mut self, bytes: usize) -> Self {
        self.0.output_bytes = bytes;
        self
    }

    /// See [`Limits::log_bytes`]: 0 to 1 MiB.
    pub fn log_bytes(mut self, bytes: usize) -> Self {
        self.0.log_bytes = bytes;
        self
    }

    /// Checks every value.
    ///
    /// # Errors
    /// The first one that is outside its range.
    pub fn build(self) -> Result<Limits, InvalidLimit> {
        let limits = self.0;
        let milliseconds = u64::try_from(limits.deadline.as_millis()).unwrap_or(u64::MAX);
        within("fuel", limits.fuel, 1, 1_000_000_000_000)?;
        within("deadline", milliseconds, 10, 600_000)?;
        within("memory_bytes", limits.memory_bytes as u64, 64 << 10, 4 << 30)?;
        within("table_elements", limits.table_elements as u64, 1, 10_000_000)?;
        within("output_bytes", limits.output_bytes as u64, 1 << 10, 64 << 20)?;
        within("log_bytes", limits.log_bytes as u64, 0, 1 << 20)?;
        Ok(limits)
    }
}

fn within(limit: &'static str, value: u64, lowest: u64, highest: u64) -> Result<(), InvalidLimit> {
    if (lowest..=highest).contains(&value) {
        return Ok(());
    }
    Err(InvalidLimit {
        limit,
        value,
        lowest,
        highest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_their_own_ranges() {
        assert_eq!(Limits::builder().build(), Ok(Limits::default()));
    }

    #[test]
    fn each_limit_outside_its_range_is_named() {
        let refused = [
            (Limits::builder().fuel(0), "fuel"),
            (Limits::builder().deadline(Duration::from_millis(9)), "deadline"),
            (Limits::builder().deadline(Duration::MAX), "deadline"),
            (Limits::builder().memory_bytes(1), "memory_bytes"),
            (Limits::builder().table_elements(0), "table_elements"),
            (Limits::builder().output_bytes(65 << 20), "output_bytes"),
            (Limits::builder().log_bytes(2 << 20), "log_bytes"),
        ];
        for (builder, name) in refused {
            assert_eq!(builder.build().unwrap_err().limit, name);
        }
    }
}
