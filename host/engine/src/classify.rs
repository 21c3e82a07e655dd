//! From wasmtime's error to an [`Ending`], by type alone.

use std::char::DecodeUtf16Error;
use std::str::Utf8Error;

use wasmtime::{Trap, WasmBacktrace};

use crate::ending::{Ending, TrapKind};
use crate::stop::Stop;

/// How far a call had come when the error arose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The component was being instantiated: its start functions ran.
    Instantiating,
    /// The typed exports were looked up.
    Binding,
    /// The hook ran, or its answer was read.
    Calling,
}

/// Which ending an error is.
pub(crate) fn classify(error: &wasmtime::Error, phase: Phase) -> Ending {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return of_stop(stop);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return of_trap(*trap);
    }
    match phase {
        Phase::Binding => Ending::ContractMismatch(format!("{error:#}")),
        _ if in_import(error) => Ending::Misused(format!("{:#}", error.root_cause())),
        Phase::Instantiating => Ending::Internal(format!("{error:#}")),
        Phase::Calling if is_malformed(error) => Ending::Malformed(format!("{error:#}")),
        // Reading the answer has one more way to fail: more bytes than the limit. wasmtime keeps that error's type to itself,
        // so it is told by what remains; `tests/hostile.rs` holds the pinned release to it.
        Phase::Calling => Ending::OutputTooLarge,
    }
}

fn of_stop(stop: &Stop) -> Ending {
    match stop {
        Stop::Memory => Ending::MemoryExceeded,
        Stop::Table => Ending::TableExceeded,
        Stop::Waited => Ending::Waited,
        Stop::Exited => Ending::Exited,
        Stop::Misused(rule) => Ending::Misused((*rule).to_owned()),
    }
}

fn of_trap(trap: Trap) -> Ending {
    Ending::Trapped(match trap {
        Trap::OutOfFuel => return Ending::BudgetExceeded,
        Trap::Interrupt => return Ending::DeadlineExceeded,
        Trap::UnreachableCodeReached => TrapKind::Unreachable,
        Trap::StackOverflow => TrapKind::StackOverflow,
        Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => TrapKind::BadIndirectCall,
        Trap::IntegerOverflow | Trap::IntegerDivisionByZero | Trap::BadConversionToInteger => TrapKind::Arithmetic,
        _ => TrapKind::Other,
    })
}

/// An error that crossed the guest's frames came out of an import; reading the answer has no guest below it.
fn in_import(error: &wasmtime::Error) -> bool {
    error.downcast_ref::<WasmBacktrace>().is_some()
}

fn is_malformed(error: &wasmtime::Error) -> bool {
    error.downcast_ref::<Utf8Error>().is_some()
        || error.downcast_ref::<DecodeUtf16Error>().is_some()
        || error.downcast_ref::<String>().is_some()
        || error.downcast_ref::<&'static str>().is_some()
}
