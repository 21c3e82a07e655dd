//! Processes that end for certain. A test that waits for one fails when it takes too long, and never waits for ever.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Result, Seek};
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Where nothing else is said: longer than anything that is waited for takes on a busy machine.
const MOST: Duration = Duration::from_mins(5);

/// Kills a process unless it is dropped in time. Whoever waits for the process holds it until it has ended.
pub struct Bound(#[expect(dead_code, reason = "that it is dropped is what is waited for")] Sender<()>);

impl Bound {
    /// Of a process from now on.
    pub fn of(child: &Child) -> Self {
        Self::within(child, MOST)
    }

    /// The same, for one that may take another time.
    pub fn within(child: &Child, most: Duration) -> Self {
        let (dropped, waiting) = channel();
        let id = child.id().to_string();
        thread::spawn(move || {
            if waiting.recv_timeout(most) == Err(RecvTimeoutError::Timeout) {
                eprintln!("the process {id} took more than {most:?} and is killed");
                drop(Command::new("kill").args(["-KILL", &id]).status());
            }
        });
        Self(dropped)
    }
}

/// Runs a command to its end, with what it wrote to either stream. One that was killed has no exit code.
pub fn output(command: &mut Command) -> Result<Output> {
    output_within(command, MOST)
}

/// The same, of one that may take another time.
pub fn output_within(command: &mut Command, most: Duration) -> Result<Output> {
    // Files, since a pipe would be open for as long as a process lives that the killed one began.
    let (stdout, stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut child = command
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()?;
    let bound = Bound::within(&child, most);
    let status = child.wait()?;
    drop(bound);
    Ok(Output {
        status,
        stdout: content(stdout)?,
        stderr: content(stderr)?,
    })
}

fn content(mut file: File) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut content)?;
    Ok(content)
}

/// Waits until a process has ended by itself.
pub fn wait(child: &mut Child) -> Result<ExitStatus> {
    let _bound = Bound::of(child);
    child.wait()
}

/// The first line of a process's standard output; empty when it ended without one. Nothing more is read, and the pipe stays open, as with a supervisor that waits for that line.
pub fn first_line(child: &mut Child) -> Result<String> {
    let _bound = Bound::of(child);
    let mut line = String::new();
    let output = child.stdout.as_mut().ok_or(ErrorKind::BrokenPipe)?;
    BufReader::new(output).read_line(&mut line)?;
    Ok(line)
}
