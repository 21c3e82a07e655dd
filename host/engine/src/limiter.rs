//! Memory and tables of one call, summed over everything the component instantiates.

use wasmtime::ResourceLimiter;

use crate::stop::Stop;

/// The most core instances, memories and tables one call may hold. A policy in Rust has 3, 1 and 2, one in Python some dozens, 1 and a few.
pub(crate) const MAX_CORE_INSTANCES: u32 = 128;
pub(crate) const MAX_MEMORIES: u32 = 4;
pub(crate) const MAX_TABLES: u32 = 32;

/// Counts what a call holds. wasmtime asks at instantiation too, so a component whose first memory is too large ends the same way.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory_limit: usize,
    memory: usize,
    memory_peak: usize,
    table_limit: usize,
    table: usize,
}

impl Limiter {
    pub(crate) fn new(memory_limit: usize, table_limit: usize) -> Self {
        Self {
            memory_limit,
            memory: 0,
            memory_peak: 0,
            table_limit,
            table: 0,
        }
    }

    /// The most bytes that all memories held together.
    pub(crate) fn memory_peak(&self) -> usize {
        self.memory_peak
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Beyond the maximum that the module itself declares: an ordinary -1 to the guest, nothing of ours.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.memory_limit {
            return Err(Stop::Memory.into());
        }
        self.memory = total;
        self.memory_peak = self.memory_peak.max(total);
        Ok(true)
    }

    /// The pool's slot is smaller than what was granted, or the system has no memory: for the policy the same ending.
    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stop::Memory.into())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.table.saturating_add(desired.saturating_sub(current));
        if total > self.table_limit {
            return Err(Stop::Table.into());
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.table = total;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stop::Table.into())
    }

    fn instances(&self) -> usize {
        MAX_CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(result: wasmtime::Result<bool>) -> Stop {
        result.unwrap_err().downcast().unwrap()
    }

    #[test]
    fn memory_is_summed_over_all_memories() {
        let mut limiter = Limiter::new(100, 10);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert_eq!(stop(limiter.memory_growing(40, 41, None)), Stop::Memory);
        assert_eq!(limiter.memory_peak(), 100);
    }

    #[test]
    fn growing_past_a_declared_maximum_is_the_guests_own_affair() {
        let mut limiter = Limiter::new(100, 10);
        assert!(!limiter.memory_growing(0, 60, Some(50)).unwrap());
        assert!(!limiter.table_growing(0, 6, Some(5)).unwrap());
        assert_eq!(limiter.memory_peak(), 0);
    }

    #[test]
    fn tables_are_summed_too() {
        let mut limiter = Limiter::new(100, 10);
        assert!(limiter.table_growing(0, 6, None).unwrap());
        assert_eq!(stop(limiter.table_growing(0, 5, None)), Stop::Table);
    }
}
