//! The engine: where policies are loaded and run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use wasmtime::component::{Component, Linker};

use crate::artifact::Artifact;
use crate::cache::Entry;
use crate::call::Prepared;
use crate::config::{EngineConfig, EngineError};
use crate::contract::PolicyIndices;
use crate::digest::PolicyDigest;
use crate::jail::{self, Jail};
use crate::loaded::Loaded;
use crate::measured::{self, Origin};
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
    loaded: Loaded,
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
            loaded: Loaded::default(),
            config,
        })))
    }

    /// Checks a component against the contract, compiles it, and runs it once to learn its description. What the cache has is only run; what is loaded is there at once,
    /// however many load it.
    ///
    /// Compiling takes from tens of milliseconds to seconds and runs on all cores; one component at a time in one engine. Call it off the request path.
    ///
    /// # Errors
    /// Why it is not a policy this engine will run: what, why, and what to do about it.
    pub fn load(&self, component: &[u8]) -> Result<Policy, Rejection> {
        scan::check_size(component, &self.0.config)?;
        let digest = PolicyDigest::of(component);
        if let Some(policy) = self.0.loaded.get(&digest) {
            return Ok(policy);
        }
        let policy = self.load_anew(component, digest)?;
        self.0.loaded.keep(&policy);
        Ok(policy)
    }

    fn load_anew(&self, component: &[u8], digest: PolicyDigest) -> Result<Policy, Rejection> {
        let entry = Entry::new(&digest, &self.0.wasmtime, &self.0.config);
        if let Some(policy) = self.load_cached(digest, &entry) {
            return policy;
        }
        let _one_at_a_time = self.0.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever had the turn before may have compiled this very one.
        if let Some(policy) = self.load_cached(digest, &entry) {
            return policy;
        }
        let started = Instant::now();
        let policy = match &self.0.config.jail {
            Some(jail) => self.load_jailed(jail, component, digest, &entry),
            None => self.load_here(component, digest, &entry),
        };
        let policy = measured::loaded(policy, Origin::Compiled, started)?;
        let took = started.elapsed().as_secs_f64();
        tracing::info!(policy.digest = %digest, compile.seconds = took, "policy compiled");
        Ok(policy)
    }

    /// None where the cache has nothing for it.
    fn load_cached(&self, digest: PolicyDigest, entry: &Entry) -> Option<Result<Policy, Rejection>> {
        let started = Instant::now();
        let compiled = self.cached(entry)?;
        let policy = self.policy(&compiled, digest, Toolchain::Unknown);
        Some(measured::loaded(policy, Origin::Cached, started))
    }

    /// What the child does: everything that may go wrong with a component, once.
    pub(crate) fn make_artifact(&self, component: &[u8]) -> Result<Artifact, Rejection> {
        let (compiled, toolchain) = self.check_and_compile(component)?;
        self.policy(&compiled, PolicyDigest::of(component), toolchain)?;
        Artifact::of(&compiled).map_err(|error| Rejection::compiler(&error))
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.0.wasmtime
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    pub(crate) fn loaded(&self) -> &Loaded {
        &self.0.loaded
    }

    pub(crate) fn config(&self) -> &EngineConfig {
        &self.0.config
    }

    fn cached(&self, entry: &Entry) -> Option<Component> {
        let cache = self.0.config.cache.as_ref()?;
        match cache.get(entry)?.load(&self.0.wasmtime) {
            Ok(compiled) => Some(compiled),
            Err(error) => {
                cache.discard(entry, &format!("{error:#}"));
                None
            }
        }
    }

    /// The child has survived the component, so this process may run it: under the limits that every call has.
    fn load_jailed(
        &self,
        jail: &Jail,
        component: &[u8],
        digest: PolicyDigest,
        entry: &Entry,
    ) -> Result<Policy, Rejection> {
        let artifact = jail::compile(jail, &self.0.config, component)?;
        let compiled = artifact
            .load(&self.0.wasmtime)
            .map_err(|error| Rejection::compiler(&error))?;
        let policy = self.policy(&compiled, digest, Toolchain::Unknown)?;
        if let Some(cache) = &self.0.config.cache {
            cache.put(entry, &artifact);
        }
        Ok(policy)
    }

    fn load_here(&self, component: &[u8], digest: PolicyDigest, entry: &Entry) -> Result<Policy, Rejection> {
        let (compiled, toolchain) = self.check_and_compile(component)?;
        let policy = self.policy(&compiled, digest, toolchain)?;
        if let Some(cache) = &self.0.config.cache {
            match Artifact::of(&compiled) {
                Ok(artifact) => cache.put(entry, &artifact),
                Err(error) => tracing::warn!(%error, "a compiled policy could not be kept"),
            }
        }
        Ok(policy)
    }

    /// In this process, which the jail makes a child.
    fn check_and_compile(&self, component: &[u8]) -> Result<(Component, Toolchain), Rejection> {
        let outline = scan::scan(component, &self.0.config)?;
        gate::check(component, &outline)?;
        let compiling = AssertUnwindSafe(|| Component::new(&self.0.wasmtime, component));
        let compiled = catch_unwind(compiling)
            .map_err(|_| Rejection::compiler_panic())?
            .map_err(|error| Rejection::compiler(&error))?;
        Ok((compiled, outline.toolchain))
    }

    fn policy(&self, compiled: &Component, digest: PolicyDigest, toolchain: Toolchain) -> Result<Policy, Rejection> {
        let prepared = self.link(compiled, toolchain)?;
        Policy::describe(self.clone(), digest, prepared, toolchain)
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
