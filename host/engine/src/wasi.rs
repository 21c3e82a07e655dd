//! The virtual part of WASI 0.2: what compilers emit on their own, without a system behind it.
//!
//! Time is `event.now`, chance is `event.seed`, output is the log, there are no arguments, files or sockets, and waiting ends the call.
//! Linked function by function over plain types: no bindings generator, because the functions that take bytes from the guest
//! charge them as fuel, which needs the store.

use wasmtime::component::Linker;

use crate::gate::Name;
use crate::state::CallState;

mod cli;
mod clocks;
mod io;
mod random;

/// The release whose functions are linked. Guests of any 0.2 release link to it: within 0.2, releases only add.
const VERSION: &str = "0.2.12";

/// Every interface offered.
const INTERFACES: [(&str, &[&str]); 4] = [
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:clocks", &["monotonic-clock", "wall-clock"]),
    ("wasi:io", &["error", "poll", "streams"]),
    ("wasi:random", &["insecure", "insecure-seed", "random"]),
];

/// Whether an import is part of it.
pub(crate) fn offers(name: &Name<'_>) -> bool {
    let own = Name {
        version: VERSION,
        ..*name
    };
    let offered = INTERFACES
        .iter()
        .any(|(package, names)| *package == name.package && names.contains(&name.interface));
    offered && name.compatible(&own)
}

/// Links all of it.
pub(crate) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    io::link(linker)?;
    cli::link(linker)?;
    clocks::link(linker)?;
    random::link(linker)
}

/// The full name of an interface, as the linker knows it.
fn named(interface: &str) -> String {
    format!("{interface}@{VERSION}")
}
