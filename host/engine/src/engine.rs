//! The engine: where policies are loaded and run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use wasmtime::component::{Component, Linker};

use crate::artifact::Artifact;
use crate::cache::Entry;
use crate::call::Prepared;
use crate::config::{EngineConfig, EngineError};
use crate::contract::{Description, PolicyIndices};
use crate::digest::PolicyDigest;
use crate::jail::{self, Jail};
use crate::loaded::Loaded;
use crate::measured::{self, Origin};
use crate::policy::{Policy, Source, describe};
use crate::rejection::{Finding, Rejection, RejectionReason};
use crate::remedy::{Toolchain, import_remedy};
use crate::resident::Resident;
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
    resident: Resident,
    config: EngineConfig,
}

/// A component that has passed every check.
struct Made {
    code: Arc<Prepared>,
    description: Description,
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
            resident: Resident::new(config.code_bytes),
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
        let Made { code, description } = self.make(component, &digest)?;
        tracing::debug!(policy.name = %description.name, policy.digest = %digest, "policy loaded");
        let policy = Policy::held(self.clone(), digest, code, description);
        self.0.loaded.keep(&policy);
        Ok(policy)
    }

    /// The same for one of many: its code goes from memory when others need the room, and a call that needs it has it from the cache, or compiled again from what `source`
    /// gives.
    ///
    /// # Errors
    /// As [`Engine::load`].
    pub fn load_with_source(&self, component: &[u8], source: Source) -> Result<Policy, Rejection> {
        scan::check_size(component, &self.0.config)?;
        let digest = PolicyDigest::of(component);
        let load = || self.make(component, &digest).map(|made| made.code);
        let code = self.0.resident.get(&digest, load)?;
        let description = describe(self, &code, Toolchain::Unknown)?;
        Ok(Policy::sourced(self.clone(), digest, source, description))
    }

    /// A policy that was loaded before, by this engine or another, and said this of itself: nothing is loaded before it is called. Where the cache does not keep its code
    /// ([`Engine::keeps`]), the first call compiles it.
    pub fn known(&self, digest: PolicyDigest, description: Description, source: Source) -> Policy {
        Policy::sourced(self.clone(), digest, source, description)
    }

    /// Whether the cache has something for this component: unless it was damaged, loading takes milliseconds.
    pub fn keeps(&self, digest: &PolicyDigest) -> bool {
        let cache = self.0.config.cache.as_ref();
        cache.is_some_and(|cache| cache.has(&self.entry(digest)))
    }

    /// The code of a policy that has a source, from memory, the cache, or compiled again.
    pub(crate) fn code(&self, digest: &PolicyDigest, source: &Source) -> Result<Arc<Prepared>, String> {
        self.0.resident.get(digest, || {
            if let Some(code) = self.kept(digest) {
                return Ok(code);
            }
            let component = source()?;
            if PolicyDigest::of(&component) != *digest {
                return Err("what is kept of the component is another one".to_owned());
            }
            let made = self
                .make(&component, digest)
                .map_err(|rejection| rejection.to_string())?;
            Ok(made.code)
        })
    }

    /// What the cache has, which said of itself what it says when it was first loaded.
    fn kept(&self, digest: &PolicyDigest) -> Option<Arc<Prepared>> {
        let started = Instant::now();
        let compiled = self.cached(&self.entry(digest))?;
        let linked = self.link(&compiled, Toolchain::Unknown);
        let code = measured::loaded(linked, Origin::Cached, started).ok()?;
        Some(Arc::new(code))
    }

    fn entry(&self, digest: &PolicyDigest) -> Entry {
        Entry::new(digest, &self.0.wasmtime, &self.0.config)
    }

    fn make(&self, component: &[u8], digest: &PolicyDigest) -> Result<Made, Rejection> {
        let entry = self.entry(digest);
        if let Some(made) = self.make_of_cached(&entry) {
            return made;
        }
        let _one_at_a_time = self.0.compiling.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever had the turn before may have compiled this very one.
        if let Some(made) = self.make_of_cached(&entry) {
            return made;
        }
        let started = Instant::now();
        let made = match &self.0.config.jail {
            Some(jail) => self.make_jailed(jail, component, &entry),
            None => self.make_here(component, &entry),
        };
        let made = measured::loaded(made, Origin::Compiled, started)?;
        let took = started.elapsed().as_secs_f64();
        tracing::info!(policy.digest = %digest, compile.seconds = took, "policy compiled");
        Ok(made)
    }

    /// None where the cache has nothing for it.
    fn make_of_cached(&self, entry: &Entry) -> Option<Result<Made, Rejection>> {
        let started = Instant::now();
        let compiled = self.cached(entry)?;
        let made = self.made(&compiled, Toolchain::Unknown);
        Some(measured::loaded(made, Origin::Cached, started))
    }

    /// What the child does: everything that may go wrong with a component, once.
    pub(crate) fn make_artifact(&self, component: &[u8]) -> Result<Artifact, Rejection> {
        let (compiled, toolchain) = self.check_and_compile(component)?;
        self.made(&compiled, toolchain)?;
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
    fn make_jailed(&self, jail: &Jail, component: &[u8], entry: &Entry) -> Result<Made, Rejection> {
        let artifact = jail::compile(jail, &self.0.config, component)?;
        let compiled = artifact
            .load(&self.0.wasmtime)
            .map_err(|error| Rejection::compiler(&error))?;
        let made = self.made(&compiled, Toolchain::Unknown)?;
        if let Some(cache) = &self.0.config.cache {
            cache.put(entry, &artifact);
        }
        Ok(made)
    }

    fn make_here(&self, component: &[u8], entry: &Entry) -> Result<Made, Rejection> {
        let (compiled, toolchain) = self.check_and_compile(component)?;
        let made = self.made(&compiled, toolchain)?;
        if let Some(cache) = &self.0.config.cache {
            match Artifact::of(&compiled) {
                Ok(artifact) => cache.put(entry, &artifact),
                Err(error) => tracing::warn!(%error, "a compiled policy could not be kept"),
            }
        }
        Ok(made)
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

    fn made(&self, compiled: &Component, toolchain: Toolchain) -> Result<Made, Rejection> {
        let code = self.link(compiled, toolchain)?;
        let description = describe(self, &code, toolchain)?;
        Ok(Made {
            code: Arc::new(code),
            description,
        })
    }

    /// Finds what the gate does not look at: functions of WASI that its releases do not have, or have with other types.
    fn link(&self, compiled: &Component, toolchain: Toolchain) -> Result<Prepared, Rejection> {
        let mismatch = |error: wasmtime::Error| {
            let finding = Finding::new("component", format!("{error:#}"), import_remedy(toolchain));
            Rejection::new(RejectionReason::ContractMismatch, vec![finding])
        };
        let instance = self.0.linker.instantiate_pre(compiled).map_err(mismatch)?;
        let exports = PolicyIndices::new(&instance).map_err(mismatch)?;
        let image = compiled.image_range();
        Ok(Prepared {
            instance,
            exports,
            bytes: image.end.addr() - image.start.addr(),
        })
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
