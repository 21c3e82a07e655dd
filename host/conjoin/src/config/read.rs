//! From a file's text to its value, or to everything that is wrong with it. No error holds a value: it can be a secret.

use serde_json::Value;
use toml::de::DeTable;

use super::lines::Lines;
use super::problems::{Found, Problems};
use super::{Config, indirect, schema, toml_value};

/// # Errors
/// [`Problems`]. `also` finds more in what could be read.
pub(super) fn config(text: &str, also: impl Fn(&Config, &mut Found<'_>)) -> anyhow::Result<Config> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let lines = Lines::new(text, table.get_ref());
    let mut found = Found::none(&lines);
    for error in errors {
        found.add_at(error.span().map_or(0, |span| span.start), error.message());
    }
    found.end()?;

    let mut found = Found::none(&lines);
    let mut value = toml_value::of(table.get_ref(), &mut found);
    indirect::resolve(&mut value, &mut found);
    schema::check(&value, &mut found)?;
    found.end()?;

    let config = typed(value, &lines)?;
    let mut found = Found::none(&lines);
    config.check(&mut found);
    also(&config, &mut found);
    found.end()?;
    Ok(config)
}

/// What the schema lets through is of the right types; where it is not, that is told of the key and not in serde's words, which quote the value.
fn typed(value: Value, lines: &Lines<'_>) -> Result<Config, Problems> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let mut found = Found::none(lines);
        found.add(&path.split('.').collect::<Vec<_>>(), "is not what this key takes");
        found.all()
    })
}
