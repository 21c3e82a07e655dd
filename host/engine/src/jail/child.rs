//! Inside the jail.

use std::io::{self, BufReader};
use std::process::ExitCode;

use super::order::Order;
use super::report;
use crate::artifact::Artifact;
use crate::engine::Engine;
use crate::rejection::{Rejection, RejectionReason};

/// The child's whole life, to be called first thing in `main` by the program that a [`Jail`](super::Jail) names: reads a component from standard input,
/// checks and compiles it under the limits that came with it, and writes a report to standard output.
///
/// A status other than success means that there was nobody to report to: no order, or a parent that is gone.
pub fn compile_for_parent() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn answer() -> io::Result<()> {
    let mut input = BufReader::new(io::stdin().lock());
    let order = Order::read(&mut input)?;
    // Before the first byte of the component is read.
    let outcome = match order.limits.hold().and_then(|()| order.read_component(input)) {
        Ok(component) => compile(&order, &component),
        Err(error) => Err(Rejection::unavailable(&error)),
    };
    report::write(io::stdout().lock(), outcome)
}

fn compile(order: &Order, component: &[u8]) -> Result<Artifact, Rejection> {
    let engine = Engine::new(order.config()).map_err(|error| Rejection::unavailable(&error))?;
    let artifact = engine.make_artifact(component)?;
    let (bytes, cap) = (artifact.bytes().len(), order.limits.artifact_bytes);
    if bytes > cap {
        let problem = format!("it has {bytes}; at most {cap} are kept and loaded");
        let remedy = "build it optimised, and leave out dependencies that a policy does not need";
        return Err(Rejection::single(
            RejectionReason::Excessive,
            "bytes of compiled code",
            problem,
            remedy,
        ));
    }
    Ok(artifact)
}
