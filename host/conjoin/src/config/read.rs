//! From a file's text to its value, or to everything that is wrong with it.

use serde_json::Value;
use toml::de::DeTable;

use super::lines::Lines;
use super::problems::Found;
use super::{Config, indirect, schema};

/// # Errors
/// [`super::Problems`].
pub(super) fn config(text: &str) -> anyhow::Result<Config> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::new(text, table.get_ref());
    let mut found = Found::none(&lines);
    for error in errors {
        found.add_at(error.span().map_or(0, |span| span.start), error.message());
    }
    found.end()?;

    let mut value: Value = toml::from_str(text)?;
    let mut found = Found::none(&lines);
    indirect::resolve(&mut value, &mut found);
    schema::check(&value, &mut found)?;
    found.end()?;

    let config: Config = serde_json::from_value(value)?;
    let mut found = Found::none(&lines);
    config.check(&mut found);
    found.end()?;
    Ok(config)
}
