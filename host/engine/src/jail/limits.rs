//! What compiling one component may cost, and how a process holds itself to it.

use std::io;
use std::time::Duration;

use rlimit::Resource;
use serde::{Deserialize, Serialize};

/// Address space that is reserved and not used: up to four memories of a little over 4 GiB for the one call of `describe`.
const RESERVATIONS: u64 = 32 << 30;
/// One file for each memory's first content, which has no name and lies in memory, and a few to spare.
const OPEN_FILES: u64 = 64;
/// The largest of those files: four times what the scan lets a component's data span, and more than one memory of a policy needs.
const FILE_BYTES: u64 = 256 << 20;

/// What compiling one component may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailLimits {
    /// Bytes of memory that the child may write to (`RLIMIT_DATA`: on Linux all private writable memory, on other systems less). The compiler's own, and then
    /// the policy's for one call of `describe`.
    pub memory_bytes: u64,
    /// Seconds of processor time, summed over the child's threads (`RLIMIT_CPU`).
    pub cpu_seconds: u64,
    /// After which the parent kills the child, whatever it does or waits for.
    pub wall_clock: Duration,
    /// The largest compiled code that is taken, in bytes.
    pub artifact_bytes: usize,
}

impl JailLimits {
    /// For a component of at most 1 MiB: a policy in Rust takes less than a tenth of it.
    pub const COMPILED: Self = Self {
        memory_bytes: 256 << 20,
        cpu_seconds: 10,
        wall_clock: Duration::from_secs(60),
        artifact_bytes: 16 << 20,
    };

    /// For a component that brings an interpreter: one with `CPython` has 18 MB, and takes 15 to 30 seconds of processor time and 400 MiB.
    pub const INTERPRETER: Self = Self {
        memory_bytes: 768 << 20,
        cpu_seconds: 90,
        wall_clock: Duration::from_secs(300),
        artifact_bytes: 128 << 20,
    };

    /// Holds this process to them, for good. Wall clock and size of the answer are the parent's to watch.
    pub(super) fn hold(&self) -> io::Result<()> {
        lower(Resource::CORE, 0)?;
        lower(Resource::NOFILE, OPEN_FILES)?;
        lower(Resource::FSIZE, FILE_BYTES)?;
        // A second between the two, so that the signal that ends it says why; at the hard limit it would be the one that says nothing.
        let (_, hard) = Resource::CPU.get()?;
        let hard = hard.min(self.cpu_seconds.saturating_add(1));
        Resource::CPU.set(self.cpu_seconds.min(hard), hard)?;
        lower(Resource::AS, self.memory_bytes.saturating_add(RESERVATIONS))?;
        lower(Resource::DATA, self.memory_bytes)
    }
}

/// Sets the hard limit too, so that nothing in this process can take it back; never above what it already is.
fn lower(resource: Resource, limit: u64) -> io::Result<()> {
    let (_, hard) = resource.get()?;
    let limit = limit.min(hard);
    resource.set(limit, limit)
}
