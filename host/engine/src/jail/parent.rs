//! Outside the jail: starts the child, feeds it, reads what it answers, and ends it in time.

use std::io;
use std::num::NonZero;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use shared_child::SharedChild;

use super::ending;
use super::order::Order;
use super::report::Report;
use super::{Jail, JailLimits};
use crate::artifact::Artifact;
use crate::config::EngineConfig;
use crate::rejection::Rejection;

/// More threads compile no faster than this, and each has memory of its own under the one limit.
const MAX_THREADS: usize = 4;

/// Has a child check and compile a component.
pub(crate) fn compile(jail: &Jail, config: &EngineConfig, component: &[u8]) -> Result<Artifact, Rejection> {
    let limits = jail.limits_for(component.len());
    let order = Order::new(config, limits, component);
    let child = SharedChild::spawn(&mut command(jail)).map_err(|error| Rejection::unavailable(&error))?;
    let ended = attend(&child, &order, component).map_err(|error| Rejection::unavailable(&error))?;
    match ended {
        None => Err(ending::too_slow(&limits)),
        Some((status, report)) => judge(status, report, &limits),
    }
}

/// Nothing of this process reaches the child: no variable, so no secret; no folder; no stream but the two pipes. What it might say on standard error would be a
/// stranger's words in this host's log.
fn command(jail: &Jail) -> Command {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
    let mut command = Command::new(&jail.program);
    command
        .args(&jail.arguments)
        .env_clear()
        .env("RAYON_NUM_THREADS", threads.to_string())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// Writes, reads and waits at once, so that neither side waits for the other; none when the time is over.
fn attend(child: &SharedChild, order: &Order, component: &[u8]) -> io::Result<Option<(ExitStatus, Report)>> {
    let (Some(input), Some(output)) = (child.take_stdin(), child.take_stdout()) else {
        return Err(io::Error::other("the child has no pipes"));
    };
    let limits = order.limits;
    thread::scope(|scope| {
        // Dropped before the scope waits for its threads, however this ends; without the child they end too.
        let _ended = KillOnDrop(child);
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        // A child that ends without reading all is told by how it ended.
        named("jail-input").spawn_scoped(scope, move || drop(order.write(input, component)))?;
        let report = named("jail-output").spawn_scoped(scope, move || Report::read(output, limits.artifact_bytes))?;
        let (sender, ends) = mpsc::channel();
        named("jail-wait").spawn_scoped(scope, move || drop(sender.send(child.wait())))?;
        let Ok(status) = ends.recv_timeout(limits.wall_clock) else {
            return Ok(None);
        };
        let status = status?;
        let report = report.join().unwrap_or(Report::Garbage);
        Ok(Some((status, report)))
    })
}

fn judge(status: ExitStatus, report: Report, limits: &JailLimits) -> Result<Artifact, Rejection> {
    match report {
        Report::Garbage => Err(ending::garbled()),
        _ if !status.success() => Err(ending::died(status, limits)),
        Report::Cut => Err(ending::garbled()),
        Report::Refused(rejection) => Err(rejection),
        Report::Accepted(artifact) => Ok(artifact),
    }
}

struct KillOnDrop<'a>(&'a SharedChild);

impl Drop for KillOnDrop<'_> {
    fn drop(&mut self) {
        // One that has ended is not there to be killed, and one that cannot be killed meets its own limits.
        if let Err(error) = self.0.kill() {
            tracing::warn!(%error, "a compiling process could not be killed");
        }
        // Also where no thread waits for it: nothing of it is left behind.
        let _ = self.0.wait();
    }
}
