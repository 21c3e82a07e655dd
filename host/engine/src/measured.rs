//! What is measured of the engine, for whoever installed a recorder of the crate `metrics`; for everyone else it is nothing.

use std::time::Instant;

use metrics::{gauge, histogram};

use crate::rejection::{Rejection, RejectionReason};

/// How a component became a policy.
#[derive(Clone, Copy)]
pub(crate) enum Origin {
    Compiled,
    Cached,
}

/// Measures how long it took since `started`, without the wait for others: of a component that is refused, until it was.
pub(crate) fn loaded<T>(loaded: Result<T, Rejection>, origin: Origin, started: Instant) -> Result<T, Rejection> {
    let outcome = match (&loaded, origin) {
        (Ok(_), Origin::Compiled) => "compiled",
        (Ok(_), Origin::Cached) => "cached",
        // That says nothing of the component.
        (Err(rejection), _) if rejection.reason() == RejectionReason::CompileUnavailable => "failed",
        (Err(_), _) => "refused",
    };
    histogram!("conjoin_policy_compile_seconds", "outcome" => outcome).record(started.elapsed().as_secs_f64());
    loaded
}

/// How many bytes of code are in memory, of policies whose code can go.
pub(crate) fn code(bytes: u64) {
    // A gauge holds no integers; what is lost is far below a page.
    #[allow(clippy::cast_precision_loss, reason = "see above")]
    gauge!("conjoin_policy_code_bytes").set(bytes as f64);
}

/// How many calls run, and how many wait for one of them to end.
pub(crate) fn slots(in_use: u32, waiting: u32) {
    gauge!("conjoin_policy_slots_in_use").set(in_use);
    gauge!("conjoin_policy_slots_waiting").set(waiting);
}
