//! Processes that end for certain. A test that waits for one fails when it takes too long, and never waits for ever.

use std::io::{BufRead, BufReader, Read, Result};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Longer than anything that is waited for takes on a busy machine.
const MOST: Duration = Duration::from_mins(5);

/// Kills a process unless it is dropped in time. Whoever waits for the process holds it until it has ended.
pub struct Bound(#[expect(dead_code, reason = "that it is dropped is what is waited for")] Sender<()>);

impl Bound {
    /// Of a process from now on.
    pub fn of(child: &Child) -> Self {
        let (dropped, waiting) = channel();
        let id = child.id().to_string();
        thread::spawn(move || {
            if waiting.recv_timeout(MOST) == Err(RecvTimeoutError::Timeout) {
                eprintln!("the process {id} took more than {MOST:?} and is killed");
                drop(Command::new("kill").args(["-KILL", &id]).status());
            }
        });
        Self(dropped)
    }
}

/// Runs a command to its end, with what it wrote to either stream.
pub fn output(command: &mut Command) -> Result<Output> {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let _bound = Bound::of(&child);
    child.wait_with_output()
}

/// Waits until a process has ended by itself.
pub fn wait(child: &mut Child) -> Result<ExitStatus> {
    let _bound = Bound::of(child);
    child.wait()
}

/// The first line of a process's standard output; empty when it ended without one.
pub fn first_line(child: &mut Child, output: impl Read) -> Result<String> {
    let _bound = Bound::of(child);
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok(line)
}
