//! `conjoin backup`.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, json};

use super::{Desk, Where};

/// Options of `conjoin backup`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to write it; must not exist. It opens with the same encryption key, which is not in it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    place: Where,
}

/// Does what the command line says.
///
/// # Errors
/// Whatever stops the command; and that PostgreSQL has tools of its own.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    // Before the copy, so that the copy knows of itself.
    desk.audit("backup", Map::new()).await?;
    desk.store.back_up(&arguments.file).await?;
    let text = format!(
        "Backed up to {}. Keep it apart from the encryption key: with both, everything in it can be read.",
        arguments.file.display()
    );
    desk.answer(&json!({ "file": arguments.file }), &text)?;
    Ok(ExitCode::SUCCESS)
}
