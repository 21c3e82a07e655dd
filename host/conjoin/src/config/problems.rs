//! Mistakes in a configuration.

use std::fmt;

use super::lines::Lines;

/// Every mistake of a file, in the order of its lines.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// Counted from 1.
    line: usize,
    key: String,
    text: String,
}

/// Mistakes as they are found.
pub(super) struct Found<'a> {
    lines: &'a Lines<'a>,
    problems: Vec<Problem>,
}

impl<'a> Found<'a> {
    /// None yet, in a file with these lines.
    pub(super) fn none(lines: &'a Lines<'a>) -> Self {
        Self {
            lines,
            problems: Vec::new(),
        }
    }

    /// `text` is about the value at `path`, and goes on after its name.
    pub(super) fn add(&mut self, path: &[&str], text: impl Into<String>) {
        let key = path.join(".");
        // The first thing that is wrong with a value is what is said of it.
        if self.problems.iter().any(|problem| problem.key == key) {
            return;
        }
        self.problems.push(Problem {
            line: self.lines.of(path),
            key,
            text: text.into(),
        });
    }

    /// `text` is about a byte of the file: there are no keys yet.
    pub(super) fn add_at(&mut self, byte: usize, text: impl Into<String>) {
        self.problems.push(Problem {
            line: self.lines.of_byte(byte),
            key: String::new(),
            text: text.into(),
        });
    }

    /// # Errors
    /// All that was found, if anything was.
    pub(super) fn end(self) -> Result<(), Problems> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(self.all())
    }

    /// All that was found.
    pub(super) fn all(mut self) -> Problems {
        self.problems.sort();
        self.problems.dedup();
        Problems(self.problems)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for Problem { line, key, text } in &self.0 {
            let named = if key.is_empty() {
                String::new()
            } else {
                format!("`{key}` ")
            };
            write!(formatter, "{separator}line {line}: {named}{text}")?;
            separator = "\n";
        }
        Ok(())
    }
}
