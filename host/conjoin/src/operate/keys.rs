//! `conjoin keys`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Map, json};

use super::{Desk, Where};
use crate::store::Resealed;

/// Commands about the encryption key.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Seal everything anew that is still sealed with a previous key, while hosts run. Afterwards no host needs the previous keys.
    Reseal(ResealArguments),
}

/// Options of `conjoin keys reseal`.
#[derive(Debug, Args)]
pub struct ResealArguments {
    #[command(flatten)]
    place: Where,
}

/// Does what the command line says.
///
/// # Errors
/// Whatever stops the command; what was sealed anew until then stays so, and the next run goes on.
pub async fn run(command: KeysCommand) -> anyhow::Result<ExitCode> {
    let KeysCommand::Reseal(arguments) = command;
    let desk = Desk::open(&arguments.place).await?;
    let resealed = desk.store.reseal().await?;
    let facts = Map::from_iter([("rows".to_owned(), json!(resealed.rows))]);
    desk.audit("keys.reseal", facts).await?;
    desk.answer(&json!(resealed), &text(&resealed))?;
    let complete = resealed.moved == 0 && resealed.unreadable.is_empty();
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn text(resealed: &Resealed) -> String {
    let mut text = format!("{} rows were sealed anew.\n", resealed.rows);
    for row in &resealed.unreadable {
        text.push_str(&format!("{} {} of {}: {}\n", row.table, row.row, row.tenant, row.why));
    }
    text.push_str(if !resealed.unreadable.is_empty() {
        "What could not be opened is as it was: add the key that it was sealed with to `previous_encryption_keys`, or restore it from a backup."
    } else if resealed.moved > 0 {
        "A host still seals with another key: give every host the new `encryption_key`, then run this again."
    } else {
        "Everything is under the current key. Take `previous_encryption_keys` out of every host's configuration; keep the old key for as long as you keep backups of before."
    });
    text
}
