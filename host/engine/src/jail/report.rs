//! What the child answers: a line of JSON, then the compiled code.
//!
//! The child had a stranger's component in its hands, so nothing that it says is taken at its word: it is bounded, and anything but a report is garbage.

use std::io::{self, BufRead, BufReader, Read, Write};

use serde::{Deserialize, Serialize};

use crate::artifact::Artifact;
use crate::rejection::Rejection;

/// Twenty findings, each text cut at 600 bytes and more than doubled by JSON's escapes, are well within it.
const MAX_LINE: u64 = 256 << 10;

/// The line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Accepted { artifact_bytes: u64 },
    Refused(Rejection),
}

/// What came through the pipe.
#[derive(Debug)]
pub(super) enum Report {
    Accepted(Artifact),
    Refused(Rejection),
    /// It ended before a whole report had come.
    Cut,
    /// Something else.
    Garbage,
}

/// Writes the child's report.
pub(super) fn write(mut output: impl Write, outcome: Result<Artifact, Rejection>) -> io::Result<()> {
    let (line, artifact) = match outcome {
        Ok(artifact) => {
            let artifact_bytes = artifact.bytes().len() as u64;
            (Line::Accepted { artifact_bytes }, Some(artifact))
        }
        Err(rejection) => (Line::Refused(rejection), None),
    };
    let mut line = serde_json::to_vec(&line)?;
    line.push(b'\n');
    output.write_all(&line)?;
    if let Some(artifact) = artifact {
        output.write_all(artifact.bytes())?;
    }
    output.flush()
}

impl Report {
    /// Reads a report with compiled code of at most `artifact_bytes`, to the end of the pipe.
    pub(super) fn read(input: impl Read, artifact_bytes: usize) -> Self {
        let mut input = BufReader::new(input);
        Self::read_whole(&mut input, artifact_bytes as u64).unwrap_or(Self::Cut)
    }

    fn read_whole(input: &mut impl BufRead, artifact_bytes: u64) -> io::Result<Self> {
        let mut line = Vec::new();
        input.take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            let whole = line.len() as u64 == MAX_LINE;
            return Ok(if whole { Self::Garbage } else { Self::Cut });
        }
        let report = match serde_json::from_slice(&line) {
            Ok(Line::Refused(rejection)) => Self::Refused(rejection),
            Ok(Line::Accepted { artifact_bytes: length }) if length <= artifact_bytes => {
                let mut bytes = Vec::new();
                let capacity = usize::try_from(length).map_err(io::Error::other)?;
                bytes.try_reserve_exact(capacity).map_err(io::Error::other)?;
                input.take(length).read_to_end(&mut bytes)?;
                if bytes.len() < capacity {
                    return Ok(Self::Cut);
                }
                Self::Accepted(Artifact::from_own_child(bytes))
            }
            _ => return Ok(Self::Garbage),
        };
        let nothing_follows = input.fill_buf()?.is_empty();
        Ok(if nothing_follows { report } else { Self::Garbage })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::RejectionReason;

    fn read(bytes: &[u8]) -> Report {
        Report::read(bytes, 1_000)
    }

    #[test]
    fn a_report_arrives_as_it_was_given_or_is_seen_to_be_cut() {
        let mut pipe = Vec::new();
        write(&mut pipe, Ok(Artifact::from_own_child(vec![7; 100]))).unwrap();
        assert!(matches!(read(&pipe), Report::Accepted(artifact) if artifact.bytes() == [7; 100]));
        for length in 0..pipe.len() {
            assert!(matches!(read(&pipe[..length]), Report::Cut), "{length}");
        }
        assert!(matches!(Report::read(pipe.as_slice(), 99), Report::Garbage));
        pipe.push(0);
        assert!(matches!(read(&pipe), Report::Garbage));
    }

    #[test]
    fn a_refusal_arrives_as_it_was_given_and_what_is_none_is_garbage() {
        let rejection = Rejection::single(RejectionReason::Excessive, "functions", "it has\n9", "use fewer");
        let mut pipe = Vec::new();
        write(&mut pipe, Err(rejection.clone())).unwrap();
        assert!(matches!(read(&pipe), Report::Refused(read) if read == rejection));
        let nonsense: [&[u8]; 5] = [
            b"\n",
            b"{\"accepted\":{\"artifact_bytes\":18446744073709551615}}\n",
            b"{\"refused\":{\"reason\":\"because\",\"findings\":[]}}\n",
            b"{\"refused\":{\"reason\":\"invalid\",\"findings\":[]}}\n",
            &[b'x'; 300_000],
        ];
        for bytes in nonsense {
            assert!(matches!(read(bytes), Report::Garbage));
        }
    }
}
