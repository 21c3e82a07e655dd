//! Lines for the tenant's log, kept with the decision and cut at the tenant's limits. No metadata values in them.

use crate::bindings::conjoin::policy::host::Level;

/// For the author, while a policy is being written.
pub fn debug(message: &str) {
    log(Level::Debug, message);
}

/// A fact about the decision.
pub fn info(message: &str) {
    log(Level::Info, message);
}

/// Something the tenant should look at.
pub fn warn(message: &str) {
    log(Level::Warn, message);
}

/// Something that kept the policy from deciding.
pub fn error(message: &str) {
    log(Level::Error, message);
}

#[cfg(target_family = "wasm")]
fn log(level: Level, message: &str) {
    crate::bindings::conjoin::policy::host::log(level, message);
}

/// Outside a component there is no host: tests see the lines on standard error.
#[cfg(not(target_family = "wasm"))]
fn log(level: Level, message: &str) {
    eprintln!("{level:?}: {message}");
}
