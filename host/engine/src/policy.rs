//! A loaded policy and its hooks.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Instant;

use wasmtime::Store;

use crate::call::{Decision, Prepared, ended, run};
use crate::contract::{Account, Candidate, Description, Event, Failure, Plan, Policy as Called, Suggestion};
use crate::description;
use crate::digest::PolicyDigest;
use crate::ending::Ending;
use crate::engine::Engine;
use crate::limits::Limits;
use crate::rejection::Rejection;
use crate::remedy::Toolchain;
use crate::state::{CallState, Setting};

/// A component that has passed every check, ready to run. Cheap to clone; a clone keeps the engine alive.
///
/// The hooks block the calling thread until the policy answers or ends, at most for the deadline. Call them on threads that may block,
/// with at least 1 MiB of stack. Where the policy has a [`Source`], a call whose code is not in memory loads it first.
#[derive(Clone)]
pub struct Policy(Arc<Loaded>);

/// Where the bytes of a component can be had again, or why not. It may block, and is asked on whatever thread calls the policy.
pub type Source = Arc<dyn Fn() -> Result<Vec<u8>, String> + Send + Sync>;

/// A policy as the engine remembers it: for as long as somebody has it.
pub(crate) struct WeakPolicy(Weak<Loaded>);

struct Loaded {
    engine: Engine,
    code: Code,
    digest: PolicyDigest,
    description: Description,
}

/// Where a policy's code is.
enum Code {
    /// In memory, for as long as somebody has the policy.
    Held(Arc<Prepared>),
    /// In memory while there is room.
    Sourced(Source),
}

impl Drop for Loaded {
    fn drop(&mut self) {
        self.engine.loaded().forget(&self.digest);
    }
}

impl WeakPolicy {
    pub(crate) fn get(&self) -> Option<Policy> {
        self.0.upgrade().map(Policy)
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl Policy {
    pub(crate) fn downgrade(&self) -> WeakPolicy {
        WeakPolicy(Arc::downgrade(&self.0))
    }

    pub(crate) fn held(engine: Engine, digest: PolicyDigest, code: Arc<Prepared>, description: Description) -> Self {
        Self::new(engine, digest, Code::Held(code), description)
    }

    pub(crate) fn sourced(engine: Engine, digest: PolicyDigest, source: Source, description: Description) -> Self {
        Self::new(engine, digest, Code::Sourced(source), description)
    }

    fn new(engine: Engine, digest: PolicyDigest, code: Code, description: Description) -> Self {
        Self(Arc::new(Loaded {
            engine,
            code,
            digest,
            description,
        }))
    }

    /// The SHA-256 of the component's bytes, by which a version is known.
    pub fn digest(&self) -> &PolicyDigest {
        &self.0.digest
    }

    /// What the component says of itself, read once at load.
    pub fn description(&self) -> &Description {
        &self.0.description
    }

    /// Asks a fresh instance for its description, as loading did: what any call costs at least.
    pub fn describe_anew(&self, limits: &Limits) -> Decision<Description> {
        self.run(Setting::NONE, limits, |store, policy| {
            policy.conjoin_policy_hooks().call_describe(store).map(Ok)
        })
    }

    /// Of `found`, which to offer, best first. The answer is the policy's own: the caller must still narrow it to what it allows.
    pub fn select_candidates(
        &self,
        event: &Event,
        current: &Account,
        found: &[Candidate],
        limits: &Limits,
    ) -> Decision<Vec<Suggestion>> {
        let setting = match Setting::of(event) {
            Ok(setting) => setting,
            Err(ending) => return ended(ending, Instant::now()),
        };
        self.run(setting, limits, |store, policy| {
            policy
                .conjoin_policy_hooks()
                .call_select_candidates(store, event, current, found)
        })
    }

    /// How the secondary's metadata goes into the primary's. The patches are text as the policy wrote it: the caller parses, checks and applies them.
    pub fn merge(&self, event: &Event, primary: &Account, secondary: &Account, limits: &Limits) -> Decision<Plan> {
        let setting = match Setting::of(event) {
            Ok(setting) => setting,
            Err(ending) => return ended(ending, Instant::now()),
        };
        self.run(setting, limits, |store, policy| {
            policy
                .conjoin_policy_hooks()
                .call_merge(store, event, primary, secondary)
        })
    }

    fn run<T>(
        &self,
        setting: Setting,
        limits: &Limits,
        hook: impl FnOnce(&mut Store<CallState>, &Called) -> wasmtime::Result<Result<T, Failure>>,
    ) -> Decision<T> {
        let Loaded {
            engine, code, digest, ..
        } = &*self.0;
        let started = Instant::now();
        let code = match code {
            Code::Held(code) => Ok(code.clone()),
            Code::Sourced(source) => engine.code(digest, source),
        };
        match code {
            Ok(code) => run(engine, &code, setting, limits, hook),
            // Nothing that the policy did.
            Err(why) => ended(
                Ending::Internal(format!("the policy's code is not there: {why}")),
                started,
            ),
        }
    }
}

/// Calls `describe` once, under limits of its own, and checks what it says.
pub(crate) fn describe(engine: &Engine, code: &Prepared, toolchain: Toolchain) -> Result<Description, Rejection> {
    let decision = run(engine, code, Setting::NONE, &describe_limits(), |store, policy| {
        policy.conjoin_policy_hooks().call_describe(store).map(Ok)
    });
    let description = decision
        .outcome
        .map_err(|ending| Rejection::describe(&ending, &decision.log, toolchain))?;
    description::check(&description)?;
    Ok(description)
}

/// A description is made of constants: interpreters need some 2 million for it. With a tenth of what a decision may have, it is the fuel that ends one that goes on for
/// ever, also on a busy host, and not the clock.
fn describe_limits() -> Limits {
    let fuel = Limits::default().fuel() / 10;
    Limits::builder().fuel(fuel).build().unwrap_or_default()
}

impl fmt::Debug for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Policy")
            .field("name", &self.0.description.name)
            .field("digest", &self.0.digest)
            .finish_non_exhaustive()
    }
}
