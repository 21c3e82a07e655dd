//! Outside the jail: starts the child, feeds it, reads what it answers, and ends it in time.

use std::io;
use std::num::NonZero;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

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
    let ended = attend(child, order, component).map_err(|error| Rejection::unavailable(&error))?;
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

/// Writes, reads and waits at once, so that neither side waits for the other; none when the time is over. What holds the pipes beyond the child, as a process that
/// it left behind can, holds up a thread and not the caller.
fn attend(child: SharedChild, order: Order, component: &[u8]) -> io::Result<Option<(ExitStatus, Report)>> {
    let (Some(input), Some(output)) = (child.take_stdin(), child.take_stdout()) else {
        return Err(io::Error::other("the child has no pipes"));
    };
    let (limits, started) = (order.limits, Instant::now());
    let child = Arc::new(child);
    let _ended = KillOnDrop(child.clone());
    let component = component.to_vec();
    // A child that ends without reading all is told by how it ended.
    in_background("jail-input", move || order.write(input, &component))?;
    let reports = in_background("jail-output", move || Report::read(output, limits.artifact_bytes))?;
    let ends = in_background("jail-wait", move || child.wait())?;
    let left = || limits.wall_clock.saturating_sub(started.elapsed());
    let Ok(status) = ends.recv_timeout(left()) else {
        return Ok(None);
    };
    Ok(Some((status?, reports.recv_timeout(left()).unwrap_or(Report::Cut))))
}

/// Does something in a thread of its own, and gives its outcome to whoever still waits for it.
fn in_background<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<mpsc::Receiver<T>> {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(move || drop(sender.send(work())))?;
    Ok(receiver)
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

struct KillOnDrop(Arc<SharedChild>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // One that has ended is not there to be killed, and one that cannot be killed meets its own limits.
        if let Err(error) = self.0.kill() {
            tracing::warn!(%error, "a compiling process could not be killed");
        }
        // Also where no thread waits for it: nothing of it is left behind.
        let _ = self.0.wait();
    }
}
