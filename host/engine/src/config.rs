//! What an engine is sized for, and how wasmtime is set up for it.

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::cache::ArtifactCache;
use crate::jail::Jail;
use crate::limiter::{MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLES};

/// Four GiB a memory, so that bounds checks cost nothing; address space only.
const MEMORY_RESERVATION: u64 = 4 << 30;
/// How much of a guest's memory is kept and zeroed instead of given back, which costs the next call a page fault for each page: about what a policy of an interpreter touches, or one
/// in Rust with bags of 100 kB.
const KEPT_MEMORY: usize = 2 << 20;
/// The same where the kernel (Linux before 6.7) does not say which pages were touched, so that all of it is zeroed for every call: about what a small Rust policy touches.
const KEPT_BLINDLY: usize = 256 << 10;
const KEPT_TABLE: usize = 16 << 10;
/// The guest's stack. The calling thread needs this much and some of its own: 2 MiB, the usual default, is enough.
const GUEST_STACK: usize = 512 << 10;
/// What wasmtime keeps per instance beside memories and tables.
const INSTANCE_METADATA: usize = 4 << 20;

/// What an engine is sized for, and where it compiles. The defaults serve policies written in Rust on a host with a few cores.
///
/// Every slot reserves up to four memories of about 4 GiB of *address space*, not memory: 16 slots are some 400 GB of the
/// 128 TB a process has. Of what a memory touched, 2 MiB are kept for the slot's next call at most. Where address space is limited (`ulimit -v`), [`Engine::new`](crate::Engine::new) fails and says so.
///
/// ```
/// use conjoin_engine::{Engine, EngineConfig};
/// let engine = Engine::new(EngineConfig::default().slots(4))?;
/// # Ok::<(), conjoin_engine::EngineError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct EngineConfig {
    pub(crate) slots: u32,
    pub(crate) max_memory_bytes: usize,
    pub(crate) max_table_elements: usize,
    pub(crate) max_component_bytes: usize,
    pub(crate) code_bytes: u64,
    pub(crate) jail: Option<Jail>,
    pub(crate) cache: Option<ArtifactCache>,
    allocation: Allocation,
}

/// Where instances get their memory. Compiled code is the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Allocation {
    /// From a pool that is reserved at the start.
    Pooled,
    /// From the system, when it is needed: for a process that makes one instance, under a limit on memory.
    OnDemand,
}

/// An engine cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A setting is outside its range.
    #[error("`{setting}` must be between {lowest} and {highest}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// The lowest accepted value.
        lowest: u64,
        /// The highest accepted value.
        highest: u64,
    },
    /// The pool of instances cannot be reserved, or this machine is not one that wasmtime compiles for.
    #[error(
        "no pool of {slots} slots can be reserved; use fewer slots or raise the limit on address space: {source:#}"
    )]
    Pool {
        /// How many were asked for.
        slots: u32,
        /// wasmtime's reason.
        source: wasmtime::Error,
    },
    /// The host's own imports cannot be linked: a fault of this crate.
    #[error("the engine's imports cannot be linked: {0:#}")]
    Imports(wasmtime::Error),
    /// The thread that keeps the deadlines cannot be started.
    #[error("the thread that keeps the deadlines cannot be started: {0}")]
    Ticker(#[from] std::io::Error),
}

/// The largest component that is accepted, in bytes, where nothing else is configured: one with an interpreter has some 20 MB.
pub const MAX_COMPONENT_BYTES: usize = 25 << 20;

/// The most bytes of code in memory where nothing else is configured: some 250 policies in Rust.
pub const CODE_BYTES: u64 = 256 << 20;

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            slots: 16,
            max_memory_bytes: 256 << 20,
            max_table_elements: 20_000,
            max_component_bytes: MAX_COMPONENT_BYTES,
            code_bytes: CODE_BYTES,
            jail: None,
            cache: None,
            allocation: Allocation::Pooled,
        }
    }
}

impl EngineConfig {
    /// How many calls run at once, 1 to 1,000; further ones wait. As many as the threads that call is right.
    pub fn slots(mut self, slots: u32) -> Self {
        self.slots = slots;
        self
    }

    /// The most bytes one memory of a policy may have, whatever its limits say: 64 KiB to 4 GiB.
    pub fn max_memory_bytes(mut self, bytes: usize) -> Self {
        self.max_memory_bytes = bytes;
        self
    }

    /// The most elements one table may have, whatever its limits say: 1 to 1,000,000.
    pub fn max_table_elements(mut self, elements: usize) -> Self {
        self.max_table_elements = elements;
        self
    }

    /// The largest component accepted, in bytes: 1 KiB to 64 MiB.
    pub fn max_component_bytes(mut self, bytes: usize) -> Self {
        self.max_component_bytes = bytes;
        self
    }

    /// The most bytes of code in memory of policies that have a [`Source`](crate::Source), together; what was called least lately goes. 0 keeps none longer than it is used.
    pub fn code_bytes(mut self, bytes: u64) -> Self {
        self.code_bytes = bytes;
        self
    }

    /// Checks and compiles each component in a child process. Without one it happens in this process: right for components that come from nobody else.
    pub fn jail(mut self, jail: Jail) -> Self {
        self.jail = Some(jail);
        self
    }

    /// Keeps compiled policies there. Without one, each start compiles.
    pub fn cache(mut self, cache: ArtifactCache) -> Self {
        self.cache = Some(cache);
        self
    }

    pub(crate) fn on_demand(mut self) -> Self {
        self.allocation = Allocation::OnDemand;
        self
    }

    pub(crate) fn check(&self) -> Result<(), EngineError> {
        within("slots", u64::from(self.slots), 1, 1_000)?;
        within(
            "max_memory_bytes",
            self.max_memory_bytes as u64,
            64 << 10,
            MEMORY_RESERVATION,
        )?;
        within("max_table_elements", self.max_table_elements as u64, 1, 1_000_000)?;
        within(
            "max_component_bytes",
            self.max_component_bytes as u64,
            1 << 10,
            64 << 20,
        )
    }

    /// Everything that makes a call bounded and repeatable.
    pub(crate) fn wasmtime(&self) -> Config {
        let mut config = Config::new();
        config
            .allocation_strategy(match self.allocation {
                Allocation::Pooled => InstanceAllocationStrategy::Pooling(self.pool()),
                Allocation::OnDemand => InstanceAllocationStrategy::OnDemand,
            })
            .memory_reservation(MEMORY_RESERVATION)
            .max_wasm_stack(GUEST_STACK)
            .consume_fuel(true)
            .epoch_interruption(true)
            // Two machines must not differ in the bits of a NaN.
            .cranelift_nan_canonicalization(true)
            .wasm_relaxed_simd(false)
            // Proposals that no guest language needs are so much less to trust. Multi-memory stays: wasmtime's own adapters between components use it.
            .wasm_memory64(false)
            .wasm_tail_call(false)
            .concurrency_support(false);
        config
    }

    fn pool(&self) -> PoolingAllocationConfig {
        let kept = if PoolingAllocationConfig::is_pagemap_scan_available() {
            KEPT_MEMORY
        } else {
            KEPT_BLINDLY
        };
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(self.slots)
            .total_core_instances(self.slots * MAX_CORE_INSTANCES)
            .total_memories(self.slots * MAX_MEMORIES)
            .total_tables(self.slots * MAX_TABLES)
            .max_core_instances_per_component(MAX_CORE_INSTANCES)
            .max_memories_per_component(MAX_MEMORIES)
            .max_tables_per_component(MAX_TABLES)
            .max_tables_per_module(4)
            .max_memory_size(self.max_memory_bytes)
            .table_elements(self.max_table_elements)
            .max_component_instance_size(INSTANCE_METADATA)
            .max_core_instance_size(INSTANCE_METADATA)
            .linear_memory_keep_resident(kept)
            .pagemap_scan(Enabled::Auto)
            .table_keep_resident(KEPT_TABLE);
        pool
    }
}

fn within(setting: &'static str, value: u64, lowest: u64, highest: u64) -> Result<(), EngineError> {
    if (lowest..=highest).contains(&value) {
        return Ok(());
    }
    Err(EngineError::Setting {
        setting,
        lowest,
        highest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_outside_its_range_is_named() {
        let refused = [
            (EngineConfig::default().slots(0), "slots"),
            (EngineConfig::default().max_memory_bytes(1), "max_memory_bytes"),
            (EngineConfig::default().max_table_elements(0), "max_table_elements"),
            (EngineConfig::default().max_component_bytes(0), "max_component_bytes"),
        ];
        for (config, name) in refused {
            assert!(matches!(config.check(), Err(EngineError::Setting { setting, .. }) if setting == name));
        }
    }
}
