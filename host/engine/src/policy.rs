//! A loaded policy and its hooks.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Instant;

use crate::call::{Decision, Prepared, ended, run};
use crate::contract::{Account, Candidate, Description, Event, Plan, Suggestion};
use crate::description;
use crate::digest::PolicyDigest;
use crate::engine::Engine;
use crate::limits::Limits;
use crate::rejection::Rejection;
use crate::remedy::Toolchain;
use crate::state::Setting;

/// A component that has passed every check, ready to run. Cheap to clone; a clone keeps the engine alive.
///
/// The hooks block the calling thread until the policy answers or ends, at most for the deadline. Call them on threads that may block,
/// with at least 1 MiB of stack.
#[derive(Clone)]
pub struct Policy(Arc<Loaded>);

/// A policy as the engine remembers it: for as long as somebody has it.
pub(crate) struct WeakPolicy(Weak<Loaded>);

struct Loaded {
    engine: Engine,
    prepared: Prepared,
    digest: PolicyDigest,
    description: Description,
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

    /// Calls `describe` once, under the default limits, and checks what it says.
    pub(crate) fn describe(
        engine: Engine,
        digest: PolicyDigest,
        prepared: Prepared,
        toolchain: Toolchain,
    ) -> Result<Self, Rejection> {
        let decision = describe(&engine, &prepared, &describe_limits());
        let description = decision
            .outcome
            .map_err(|ending| Rejection::describe(&ending, &decision.log, toolchain))?;
        description::check(&description)?;
        tracing::debug!(policy.name = %description.name, policy.digest = %digest, "policy loaded");
        Ok(Self(Arc::new(Loaded {
            engine,
            prepared,
            digest,
            description,
        })))
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
        describe(&self.0.engine, &self.0.prepared, limits)
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
        run(&self.0.engine, &self.0.prepared, setting, limits, |store, policy| {
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
        run(&self.0.engine, &self.0.prepared, setting, limits, |store, policy| {
            policy
                .conjoin_policy_hooks()
                .call_merge(store, event, primary, secondary)
        })
    }
}

fn describe(engine: &Engine, prepared: &Prepared, limits: &Limits) -> Decision<Description> {
    run(engine, prepared, Setting::NONE, limits, |store, policy| {
        policy.conjoin_policy_hooks().call_describe(store).map(Ok)
    })
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
