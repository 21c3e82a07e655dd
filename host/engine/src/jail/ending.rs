//! How a child ended that gave no report, in words for the author of the component.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::JailLimits;
use crate::rejection::{Rejection, RejectionReason};
use crate::remedy::{HOST_REMEDY, SMALLER_REMEDY, UNEXPECTED_REMEDY};

/// What the report is about.
const ITEM: &str = "compiling";

/// The parent's clock ran out.
pub(super) fn too_slow(limits: &JailLimits) -> Rejection {
    let problem = format!(
        "it was not compiled within {} s, on this host as busy as it is",
        limits.wall_clock.as_secs_f64()
    );
    Rejection::single(RejectionReason::CompileDeadline, ITEM, problem, SMALLER_REMEDY)
}

/// It wrote what is no report.
pub(super) fn garbled() -> Rejection {
    let problem = "the process that compiles it answered what is no report";
    Rejection::single(RejectionReason::CompileGarbled, ITEM, problem, UNEXPECTED_REMEDY)
}

/// It ended by itself, or the system ended it.
pub(super) fn died(status: ExitStatus, limits: &JailLimits) -> Rejection {
    let Some(signal) = status.signal() else {
        let problem = format!("the process that compiles it ended with {status}");
        return Rejection::single(RejectionReason::CompileCrashed, ITEM, problem, UNEXPECTED_REMEDY);
    };
    match signal {
        libc::SIGXCPU => {
            let problem = format!(
                "compiling it takes more than {} s of processor time",
                limits.cpu_seconds
            );
            Rejection::single(RejectionReason::CompileTime, ITEM, problem, SMALLER_REMEDY)
        }
        // A Rust program that gets no memory, or leaves its stack, aborts. A system that runs out of memory kills, as an operator may.
        libc::SIGABRT | libc::SIGKILL => {
            let problem = format!(
                "compiling it, or running it once, was ended: it takes more than the {} MiB of memory that it may have, more than this host has, or too deep a stack",
                limits.memory_bytes >> 20
            );
            Rejection::single(RejectionReason::CompileMemory, ITEM, problem, SMALLER_REMEDY)
        }
        // The limit on files: the first content of its memories.
        libc::SIGXFSZ => {
            let problem = "the first content of its memory is too large";
            Rejection::single(RejectionReason::CompileMemory, ITEM, problem, SMALLER_REMEDY)
        }
        libc::SIGTERM | libc::SIGINT | libc::SIGHUP => {
            let problem = "somebody ended the process that compiles it";
            Rejection::single(RejectionReason::CompileUnavailable, ITEM, problem, HOST_REMEDY)
        }
        other => {
            let problem = format!("the process that compiles it crashed (signal {other})");
            Rejection::single(RejectionReason::CompileCrashed, ITEM, problem, UNEXPECTED_REMEDY)
        }
    }
}
