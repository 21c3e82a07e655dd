//! One call: a fresh instance, its limits, and how it ended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::chance::Chance;
use crate::classify::{Phase, classify};
use crate::contract::{Failure, Policy, PolicyIndices};
use crate::ending::Ending;
use crate::engine::Engine;
use crate::limiter::Limiter;
use crate::limits::Limits;
use crate::log::{DecisionLog, LogSink};
use crate::state::{CallState, Setting};
use crate::ticker::epochs;

/// The most handles (streams, pollables) a guest may hold at once.
const MAX_HANDLES: usize = 1_000;

/// What a hook came to, what it cost and what it said.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Decision<T> {
    /// The answer, or how the call ended without one.
    pub outcome: Result<T, Ending>,
    /// What it cost.
    pub usage: Usage,
    /// What the policy said. May hold personal data.
    pub log: DecisionLog,
}

/// What a call cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Fuel spent: only where the call ran to its end (an answer, a refusal, `broken`) or spent it all. The same input costs the same.
    pub fuel: Option<u64>,
    /// Wall time in microseconds, waiting for a slot included.
    pub micros: u64,
    /// The most bytes that all memories held together.
    pub peak_memory_bytes: u64,
}

/// What instantiation needs, prepared once per component.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) instance: InstancePre<CallState>,
    pub(crate) exports: PolicyIndices,
    /// Of its machine code.
    pub(crate) bytes: usize,
}

/// Runs one hook in an instance of its own.
///
/// Never reused between calls: what one person's call leaves in memory cannot reach another's, and a policy's answer cannot depend on what came before.
pub(crate) fn run<T>(
    engine: &Engine,
    prepared: &Prepared,
    setting: Setting,
    limits: &Limits,
    hook: impl FnOnce(&mut Store<CallState>, &Policy) -> wasmtime::Result<Result<T, Failure>>,
) -> Decision<T> {
    let started = Instant::now();
    let Some(_slot) = engine.slots().acquire(limits.deadline()) else {
        // Nothing that the policy did.
        return ended(
            Ending::Internal("no instance was free within the deadline".to_owned()),
            started,
        );
    };
    let left = limits.deadline().saturating_sub(started.elapsed());
    let mut store = match new_store(engine, setting, limits, left) {
        Ok(store) => store,
        Err(error) => return ended(Ending::Internal(format!("{error:#}")), started),
    };
    // A panic here would be a fault of wasmtime or of ours; the store is dropped with it, so nothing half-done survives.
    let outcome = catch_unwind(AssertUnwindSafe(|| instantiate_and_call(&mut store, prepared, hook)))
        .unwrap_or_else(|_| Err(Ending::Internal("the engine panicked".to_owned())));
    let outcome = within_budget(outcome, &store).map_err(|ending| shorten(ending, limits));
    let usage = Usage {
        fuel: fuel_spent(&outcome, &store, limits),
        micros: micros_since(started),
        peak_memory_bytes: store.data().limiter.memory_peak() as u64,
    };
    Decision {
        outcome,
        usage,
        log: store.into_data().log.finish(),
    }
}

/// A decision that ended before any instance was made.
pub(crate) fn ended<T>(ending: Ending, started: Instant) -> Decision<T> {
    let usage = Usage {
        micros: micros_since(started),
        ..Usage::default()
    };
    Decision {
        outcome: Err(ending),
        usage,
        log: DecisionLog::default(),
    }
}

fn new_store(
    engine: &Engine,
    setting: Setting,
    limits: &Limits,
    deadline: Duration,
) -> wasmtime::Result<Store<CallState>> {
    let config = engine.config();
    let state = CallState {
        limiter: Limiter::new(
            limits.memory_bytes(),
            limits.table_elements().min(config.max_table_elements),
        ),
        log: LogSink::new(limits.log_bytes()),
        now: setting.now,
        chance: Chance::new(setting.seed),
    };
    let mut store = Store::new(engine.wasmtime(), state);
    store.limiter(|state| &mut state.limiter);
    store.set_fuel(limits.fuel())?;
    store.set_epoch_deadline(epochs(deadline));
    store.epoch_deadline_trap();
    store.set_hostcall_fuel(limits.output_bytes());
    store.set_max_component_handles(MAX_HANDLES);
    Ok(store)
}

fn instantiate_and_call<T>(
    store: &mut Store<CallState>,
    prepared: &Prepared,
    hook: impl FnOnce(&mut Store<CallState>, &Policy) -> wasmtime::Result<Result<T, Failure>>,
) -> Result<T, Ending> {
    let instance = prepared
        .instance
        .instantiate(&mut *store)
        .map_err(|error| classify(&error, Phase::Instantiating))?;
    let policy = prepared
        .exports
        .load(&mut *store, &instance)
        .map_err(|error| classify(&error, Phase::Binding))?;
    match hook(store, &policy).map_err(|error| classify(&error, Phase::Calling))? {
        Ok(answer) => Ok(answer),
        Err(Failure::Refused(refusal)) => Err(Ending::Refused(refusal)),
        Err(Failure::Broken(reason)) => Err(Ending::Broken(reason)),
    }
}

/// The guest's fuel is checked where it loops and calls, so its last few instructions may overdraw it. What leaves nothing has spent
/// its budget: otherwise the fuel recorded for an input would depend on the limit it ran under.
fn within_budget<T>(outcome: Result<T, Ending>, store: &Store<CallState>) -> Result<T, Ending> {
    match outcome {
        Ok(_) | Err(Ending::Refused(_) | Ending::Broken(_)) if store.get_fuel().is_ok_and(|left| left == 0) => {
            Err(Ending::BudgetExceeded)
        }
        other => other,
    }
}

/// What a policy says of its own breaking is log, and is cut like log.
fn shorten(ending: Ending, limits: &Limits) -> Ending {
    match ending {
        Ending::Broken(mut reason) => {
            reason.truncate(reason.floor_char_boundary(limits.log_bytes()));
            Ending::Broken(reason)
        }
        other => other,
    }
}

/// The store's counter is exact where the guest returned and where it ran dry; after an interrupt or a trap it is stale.
fn fuel_spent<T>(outcome: &Result<T, Ending>, store: &Store<CallState>, limits: &Limits) -> Option<u64> {
    match outcome {
        Ok(_) | Err(Ending::Refused(_) | Ending::Broken(_)) => {
            store.get_fuel().ok().map(|left| limits.fuel().saturating_sub(left))
        }
        Err(Ending::BudgetExceeded) => Some(limits.fuel()),
        Err(_) => None,
    }
}

fn micros_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX)
}
