//! Where in a file a value stands.

use toml::de::{DeTable, DeValue};

/// A parsed file and its text.
pub(super) struct Lines<'a> {
    text: &'a str,
    table: &'a DeTable<'a>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str, table: &'a DeTable<'a>) -> Self {
        Self { text, table }
    }

    /// The line, counted from 1, of the key at the end of `path`, or of the last one on the way that is there.
    pub(super) fn of(&self, path: &[&str]) -> usize {
        self.of_byte(place(self.table, path).unwrap_or(0))
    }

    /// The line of a byte of the file.
    pub(super) fn of_byte(&self, byte: usize) -> usize {
        let before = self.text.as_bytes().get(..byte).unwrap_or(self.text.as_bytes());
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

fn place(table: &DeTable<'_>, path: &[&str]) -> Option<usize> {
    let (name, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
    Some(within(value.get_ref(), rest).unwrap_or(key.span().start))
}

fn within(value: &DeValue<'_>, path: &[&str]) -> Option<usize> {
    match value {
        DeValue::Table(table) => place(table, path),
        DeValue::Array(items) => {
            let (index, rest) = path.split_first()?;
            let item = items.get(index.parse::<usize>().ok()?)?;
            Some(within(item.get_ref(), rest).unwrap_or(item.span().start))
        }
        _ => None,
    }
}
