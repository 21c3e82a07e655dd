//! The engine: where policies are loaded and run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::component::{Component, Linker};

use crate::call::Prepared;
use crate::config::{EngineConfig, EngineError};
use crate::contract::PolicyIndices;
use crate::policy::Policy;
use crate::rejection::{Finding, Rejection, RejectionReason};
use crate::remedy::{Toolchain, import_remedy};
use crate::slots::Slots;
use crate::state::CallState;
use crate::{gate, host, scan, ticker, wasi};

/// Loads policy components and holds what running them needs. Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    wasmtime: wasmtime::Engine,
    linker: Linker<CallState>,
    slots: Arc<Slots>,
    compiling: Mutex<()>,
    config: EngineConfig,
}

impl Engine {
    /// Reserves the pool, links the imports and starts the thread that keeps deadlines.
    ///
    /// # Errors
    /// A setting outside its range, or a system that cannot give the address space or the thread.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        config.check()?;
        let wasmtime = wasmtime::Engine::new(&config.wasmtime()).map_err(|source| EngineError::Pool {
            slots: config.slots,
            source,
        })?;
        let mut linker = Linker::new(&wasmtime);
        host::link(&mut linker)
            .and_then(|()| wasi::link(&mut linker))
            .map_err(EngineError::Imports)?;
        let slots = Arc::new(Slots::new(config.slots));
        ticker::start(&wasmtime, Arc::clone(&slots))?;
        Ok(Self(Arc::new(Inner {
            wasmtime,
            linker,
            slots,
            compiling: Mutex::new(()),
            config,
        })))
    }

    /// Checks a component against the contract, compiles it, and runs it once to learn its description.
    ///
    /// Compiling takes from tens of milliseconds to seconds and runs on all cores; one component at a time in one engine. Call it off the request path.
    ///
    /// # Errors
    /// Why it is not a policy this engine will run: what, why, and what to do about it.
    pub fn load(&self, component: &[u8]) -> Result<Policy, Rejection> {
        let outline = scan::scan(component, &self.0.config)?;
        gate::check(component, &outline)?;
        let compiled = self.compile(component)?;
        let prepared = self.link(&compiled, outline.toolchain)?;
        Policy::describe(self.clone(), component, prepared, outline.toolchain)
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.0.wasmtime
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    pub(crate) fn config(&self) -> &EngineConfig {
        &self.0.config
    }

    /// Compiles in this process. What a scan can bound is bounded before; what it cannot (a compiler's memory on input made
    /// to hurt it) takes a child process with limits of its own, which belongs in this function and nowhere else.
    fn compile(&self, component: &[u8]) -> Result<Component, Rejection> {
        let _one_at_a_time = self.0.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        let compiling = AssertUnwindSafe(|| Component::new(&self.0.wasmtime, component));
        match catch_unwind(compiling) {
            Ok(Ok(compiled)) => Ok(compiled),
            Ok(Err(error)) => Err(Rejection::compiler(format!("{error:#}"))),
            Err(_) => Err(Rejection::compiler("the compiler panicked".to_owned())),
        }
    }

    /// Finds what the gate does not look at: functions of WASI that its releases do not have, or have with other types.
    fn link(&self, compiled: &Component, toolchain: Toolchain) -> Result<Prepared, Rejection> {
        let mismatch = |error: wasmtime::Error| {
            let finding = Finding::new("component", format!("{error:#}"), import_remedy(toolchain));
            Rejection::new(RejectionReason::ContractMismatch, vec![finding])
        };
        let instance = self.0.linker.instantiate_pre(compiled).map_err(mismatch)?;
        let exports = PolicyIndices::new(&instance).map_err(mismatch)?;
        Ok(Prepared { instance, exports })
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.slots.close();
    }
}
