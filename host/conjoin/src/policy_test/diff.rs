//! What a case expects beside what came, line by line.

use std::time::Duration;

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// More lines than this help nobody; `--json` has both values whole.
const MAX_LINES: usize = 100;

/// A longer line is cut.
const MAX_CHARACTERS: usize = 200;

/// For two large values that have little in common: then the answer is coarser.
const MAX_TIME: Duration = Duration::from_millis(500);

/// One line.
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only expected.
    Expected,
    /// Only in the answer.
    Actual,
    /// In both.
    Both,
    /// What is left out.
    Gap,
}

/// The lines that differ, with some around them.
pub(super) fn lines(expected: &Value, actual: &Value) -> Vec<Line> {
    let (expected, actual) = (pretty(expected), pretty(actual));
    let diff = TextDiff::configure().timeout(MAX_TIME).diff_lines(&expected, &actual);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            lines.push(gap("…"));
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            lines.push(Line {
                kind: match change.tag() {
                    ChangeTag::Delete => Kind::Expected,
                    ChangeTag::Insert => Kind::Actual,
                    ChangeTag::Equal => Kind::Both,
                },
                text: cut(change.value().trim_end_matches('\n')),
            });
        }
    }
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(gap(&format!("… {more} more lines; --json has both values whole")));
    }
    lines
}

fn gap(text: &str) -> Line {
    Line {
        kind: Kind::Gap,
        text: text.to_owned(),
    }
}

/// Ends with a line feed, so that the last line is like the others.
fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn cut(line: &str) -> String {
    let mut short: String = line.chars().take(MAX_CHARACTERS).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kinds(expected: &Value, actual: &Value) -> Vec<(Kind, String)> {
        let lines = lines(expected, actual);
        lines
            .into_iter()
            .map(|line| (line.kind, line.text.trim().to_owned()))
            .collect()
    }

    #[test]
    fn only_what_differs_is_marked() {
        let lines = kinds(
            &json!({"a": 1, "b": [1, 2], "c": 3}),
            &json!({"a": 1, "b": [1, 3], "c": 3}),
        );
        let marked: Vec<_> = lines.into_iter().filter(|(kind, _)| *kind != Kind::Both).collect();
        assert_eq!(
            marked,
            [(Kind::Expected, "2".to_owned()), (Kind::Actual, "3".to_owned())]
        );
    }

    #[test]
    fn what_is_far_from_any_change_is_left_out() {
        let many = |last: u32| json!((0..100).chain([last]).collect::<Vec<_>>());
        let lines = kinds(&many(1), &many(2));
        assert_eq!(lines.len(), 3 + 2 + 1);
    }

    #[test]
    fn a_long_difference_is_cut_and_says_so() {
        let many = |word: &str| json!((0..1_000).map(|number| format!("{word}{number}")).collect::<Vec<_>>());
        let lines = kinds(&many("a"), &many("b"));
        assert_eq!(lines.len(), MAX_LINES + 1);
        assert!(lines.last().unwrap().1.contains("more lines"));
    }
}
