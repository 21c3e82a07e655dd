//! Answers for people: aligned, short.

use std::io::{self, Write};

use anyhow::Context;
use conjoin_engine::is_mark;

/// Writes one answer, with its line end. A reader that has gone, such as `head`, is an error like any other and no panic.
pub(crate) fn out(mut text: String) -> anyhow::Result<()> {
    text.truncate(text.trim_end().len());
    writeln!(io::stdout().lock(), "{text}").context("writing the answer")
}

/// A reader that has gone has read what it wanted: for commands whose exit code says how something went.
pub(crate) fn unless_gone(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Rows under a heading, each column as wide as its widest cell.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&heading).chain(rows).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// One fact a line, the names aligned.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines = facts.iter().map(|(name, value)| format!("{name:<width$}  {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Somebody else's words: what a policy, a case or a host says can hold anything, and to a terminal, control characters are commands.
pub(crate) fn plain(text: &str) -> String {
    let escaped = |character: char| character.is_control() || is_mark(character);
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if escaped(character) {
            plain.extend(character.escape_unicode());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// The same of words that may go on over several lines.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_policy_says_commands_the_terminal() {
        assert_eq!(
            plain("a\u{1b}[31mb\u{9b}c\u{202e}d\ne"),
            r"a\u{1b}[31mb\u{9b}c\u{202e}d\u{a}e"
        );
        assert_eq!(plain_lines("a\n\u{7}b"), "a\n\\u{7}b");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec!["a".to_owned(), "bb".to_owned()],
            vec!["ccc".to_owned(), "d".to_owned()],
        ];
        assert_eq!(table(&["X", "Y"], &rows), "X    Y\na    bb\nccc  d");
        assert_eq!(
            facts(&[("a", "1".to_owned()), ("long", "2".to_owned())]),
            "a     1\nlong  2"
        );
    }
}
