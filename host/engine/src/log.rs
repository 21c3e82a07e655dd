//! What a policy said during one decision, cut at its limit.

use serde::{Deserialize, Serialize};

/// How much a single entry costs beside its text, so that empty entries are bounded too.
const ENTRY_OVERHEAD: usize = 16;

/// How loud an entry is. Standard output is `info`, standard error `warn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the author.
    Debug,
    /// Standard output, and `console.log`.
    Info,
    /// Standard error.
    Warn,
    /// Something the tenant should look at.
    Error,
}

/// One thing a policy said. May hold personal data: keep it with the decision, not in the host's own log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// How loud.
    pub level: LogLevel,
    /// The text, cut where the limit was reached.
    pub message: String,
}

/// What a policy said during one decision, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionLog {
    /// In the order in which they were written; a line of standard output counts when it ends.
    pub entries: Vec<LogEntry>,
    /// Whether something was cut or dropped because the limit was reached.
    pub truncated: bool,
}

/// Collects a [`DecisionLog`] within its limit.
#[derive(Debug)]
pub(crate) struct LogSink {
    log: DecisionLog,
    left: usize,
    output: Vec<u8>,
    errors: Vec<u8>,
}

/// The two standard streams a guest may write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Errors,
}

impl LogSink {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            log: DecisionLog::default(),
            left: limit,
            output: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Adds one entry, cut to what is left.
    pub(crate) fn entry(&mut self, level: LogLevel, message: &str) {
        let Some(room) = self.left.checked_sub(ENTRY_OVERHEAD) else {
            self.log.truncated = true;
            return;
        };
        let kept = message.get(..message.floor_char_boundary(room)).unwrap_or_default();
        self.log.truncated |= kept.len() < message.len();
        self.left = room - kept.len();
        self.log.entries.push(LogEntry {
            level,
            message: kept.to_owned(),
        });
    }

    /// Adds bytes of a standard stream; each finished line becomes an entry.
    pub(crate) fn write(&mut self, stream: Stream, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.buffer(stream, line);
            self.end_line(stream);
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.buffer(stream, bytes);
    }

    /// Ends both streams and hands the log over.
    pub(crate) fn finish(mut self) -> DecisionLog {
        for stream in [Stream::Output, Stream::Errors] {
            if !self.line(stream).is_empty() {
                self.end_line(stream);
            }
        }
        self.log
    }

    fn buffer(&mut self, stream: Stream, bytes: &[u8]) {
        let left = self.left;
        let line = self.line(stream);
        let room = left.saturating_sub(line.len()).min(bytes.len());
        line.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.log.truncated |= room < bytes.len();
    }

    fn end_line(&mut self, stream: Stream) {
        let line = std::mem::take(self.line(stream));
        let level = if stream == Stream::Output {
            LogLevel::Info
        } else {
            LogLevel::Warn
        };
        self.entry(level, &String::from_utf8_lossy(&line));
    }

    fn line(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Output => &mut self.output,
            Stream::Errors => &mut self.errors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(log: &DecisionLog) -> Vec<&str> {
        log.entries.iter().map(|entry| entry.message.as_str()).collect()
    }

    #[test]
    fn lines_of_a_stream_become_entries_even_when_written_in_pieces() {
        let mut sink = LogSink::new(1000);
        sink.write(Stream::Output, b"one\ntw");
        sink.write(Stream::Errors, b"bad");
        sink.write(Stream::Output, b"o\n\nthree");
        let log = sink.finish();
        assert_eq!(messages(&log), ["one", "two", "", "three", "bad"]);
        assert!(!log.truncated);
    }

    #[test]
    fn what_exceeds_the_limit_is_cut_at_a_character_and_marked() {
        let mut sink = LogSink::new(ENTRY_OVERHEAD + 3);
        sink.entry(LogLevel::Info, "éé");
        sink.entry(LogLevel::Info, "more");
        let log = sink.finish();
        assert_eq!(messages(&log), ["é"]);
        assert!(log.truncated);
    }

    #[test]
    fn a_flood_without_line_ends_holds_no_more_than_the_limit() {
        let mut sink = LogSink::new(100);
        for _ in 0..1000 {
            sink.write(Stream::Output, &[b'x'; 4096]);
        }
        assert!(sink.output.len() <= 100);
        assert!(sink.finish().truncated);
    }
}
