//! `conjoin policy run`: a policy answers cases from a stream, one JSON object a line, in order.
//!
//! What a line may hold is the format of [`conjoin_cases`], with three liberties: `hook` is `merge` where it is left out, `{"hook":"describe"}`
//! asks what the component says of itself, and `--settings` stands in for an `event.settings` that is left out. An `expect` is read and not judged, so
//! that a case file can be sent as it is. What a line answers is described at `answer`. The engine and the host's guards are those that a
//! tenant's accounts meet, under the default limits and the default guards.
//!
//! Reading order: `start` (from the command line to a loaded policy), `lines` (bounded reading), `question` (what a line asks), `decide` (asking the
//! policy), `answer` (what is written), `trial` (the same in the terms of a case, for [`policy_test`](crate::policy_test)).

pub(crate) mod answer;
mod decide;
mod lines;
pub(crate) mod question;
pub(crate) mod start;
pub(crate) mod trial;

use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use clap::Args;
use conjoin_engine::{EngineError, InvalidLimit, Rejection};

use answer::Answer;
use lines::Line;
use start::Runner;

/// Arguments of `conjoin policy run`.
#[derive(Clone, Debug, Args)]
pub struct PolicyRunArguments {
    /// The name of a shipped policy (`joined`, `lodash`, `oldest-primary`, `cautious`), or a component file.
    #[arg(value_name = "NAME|FILE.wasm")]
    pub policy: String,
    /// The tenant's settings for lines that name none in `event.settings`, a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub settings: String,
    /// What one line may cost, a JSON object of `fuel`, `deadline_ms`, `memory_bytes`, `table_elements`, `output_bytes`
    /// and `log_bytes`; what is left out keeps its default.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub limits: String,
}

/// Why no line, or no further line, is answered. What is wrong with one line is that line's answer.
#[derive(Debug, thiserror::Error)]
pub enum PolicyRunError {
    /// `--settings` is no JSON object.
    #[error("--settings must be a JSON object, such as '{{\"arrays\":\"union\"}}': {0}")]
    Settings(serde_json::Error),
    /// `--settings` is nested deeper than policies are given.
    #[error("--settings is nested deeper than 100 levels")]
    SettingsTooDeep,
    /// `--limits` is no JSON object, or names what is no limit.
    #[error("--limits must be a JSON object, such as '{{\"fuel\":100000000}}': {0}")]
    Limits(serde_json::Error),
    /// A limit is outside its range.
    #[error("--limits: {0}")]
    Limit(#[from] InvalidLimit),
    /// Neither a shipped policy nor a file.
    #[error("`{name}` is neither a shipped policy ({shipped}) nor a file; give a name or the path of a component")]
    Unknown {
        /// As given.
        name: String,
        /// The names there are.
        shipped: String,
    },
    /// The component file cannot be read.
    #[error("cannot read the component {path}: {source}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The component is not one that the engine runs.
    #[error("cannot load the policy {policy}: {rejection}")]
    Rejected {
        /// As given.
        policy: String,
        /// What is wrong, and the remedy.
        rejection: Rejection,
    },
    /// This machine cannot run policies.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The lines cannot be read.
    #[error("cannot read the cases: {0}")]
    Input(io::Error),
    /// The answers cannot be written.
    #[error("cannot write an answer: {0}")]
    Output(io::Error),
}

/// Answers every line of `input` on `output`, in order, each flushed before the next is read. A reader that goes away ends it quietly.
///
/// # Errors
/// [`PolicyRunError`] when the policy cannot be loaded, an argument is wrong, or the streams fail.
pub fn run(
    arguments: &PolicyRunArguments,
    mut input: impl BufRead,
    mut output: impl Write,
) -> Result<(), PolicyRunError> {
    let runner = Runner::start(&arguments.policy, &arguments.settings, &arguments.limits)?;
    let mut buffer = Vec::new();
    while let Some(line) = lines::next(&mut input, &mut buffer).map_err(PolicyRunError::Input)? {
        let answer = match line {
            Line::Whole(bytes) => runner.answer(bytes),
            Line::TooLong => Answer::error(format!("the line is longer than {} bytes", lines::MAX_BYTES)),
        };
        match write(&mut output, &answer) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(PolicyRunError::Output)?,
        }
    }
    Ok(())
}

/// One write for each answer, so that no reader sees half a line.
fn write(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}
