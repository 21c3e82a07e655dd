//! `conjoin audit`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use conjoin_linking::contract::rfc3339;
use conjoin_linking::tenant::TenantName;
use serde_json::json;

use super::{Desk, Where};
use crate::store::AuditHead;

/// Commands about the audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Write the whole trail to standard output, one JSON object a line, its head last.
    Export(ExportArguments),
    /// Verify that no entry was altered, removed, put in or moved; in the database, or in an exported file.
    Verify(VerifyArguments),
}

/// Options of `conjoin audit export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    #[command(flatten)]
    place: Where,
}

/// Options of `conjoin audit verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// An exported file, instead of the database.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// A head that was printed earlier and kept somewhere else: the trail must have gone through it. Can be repeated.
    #[arg(long, value_name = "SEQ:TIME:MAC", value_parser = KnownHead::parse)]
    head: Vec<KnownHead>,
    #[command(flatten)]
    place: Where,
}

/// A head as `conjoin audit verify` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KnownHead {
    seq: i64,
    at: i64,
    mac: String,
}

impl KnownHead {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "a head reads SEQ:TIME:MAC, as `conjoin audit verify` prints it".to_owned();
        let mut parts = text.split(':');
        let (Some(seq), Some(at), Some(mac), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(wrong());
        };
        Ok(Self {
            seq: seq.parse().map_err(|_| wrong())?,
            at: at.parse().map_err(|_| wrong())?,
            mac: mac.to_owned(),
        })
    }

    fn of(head: &AuditHead) -> String {
        format!("{}:{}:{}", head.seq, head.at, head.mac)
    }

    fn of_tenant(&self, tenant: &TenantName) -> AuditHead {
        AuditHead {
            tenant: tenant.clone(),
            seq: self.seq,
            mac: self.mac.clone(),
            at: self.at,
        }
    }
}

/// Does what the command line says.
///
/// # Errors
/// Whatever stops the command; and where a trail is broken.
pub async fn run(command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::Export(arguments) => export(&arguments).await?,
        AuditCommand::Verify(arguments) => verify(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(arguments: &ExportArguments) -> anyhow::Result<()> {
    let desk = Desk::open(&arguments.place).await?;
    let mut output = BufWriter::new(io::stdout());
    let mut sink = |line: &str| writeln!(output, "{line}");
    desk.store.export_audit(&desk.name, &mut sink).await?;
    output.flush().context("writing the trail")
}

async fn verify(arguments: &VerifyArguments) -> anyhow::Result<()> {
    let desk = Desk::open(&arguments.place).await?;
    let tenant = desk.name.clone();
    let known: Vec<AuditHead> = arguments.head.iter().map(|head| head.of_tenant(&tenant)).collect();
    let verified = match &arguments.file {
        Some(file) => desk.store.verify_lines(&tenant, &mut lines(file)?, &known),
        None => desk.store.verify_audit(&tenant, &known).await,
    };
    let head = verified.context("the audit trail does not hold")?;
    let token = KnownHead::of(&head);
    let json = json!({ "entries": head.seq, "last": rfc3339(head.at), "head": token });
    let text = if head.seq == 0 {
        "The audit trail holds, and is empty.".to_owned()
    } else {
        format!(
            "The audit trail holds: {} {}, the last of {}.\nKeep this head somewhere else, and give it to the next verification:\n  --head {token}",
            head.seq,
            if head.seq == 1 { "entry" } else { "entries" },
            rfc3339(head.at)
        )
    };
    desk.answer(&json, &text)
}

fn lines(file: &Path) -> anyhow::Result<impl Iterator<Item = io::Result<String>>> {
    let opened = File::open(file).with_context(|| format!("opening {}", file.display()))?;
    Ok(BufReader::new(opened).lines())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_printed() {
        let tenant = TenantName("acme".to_owned());
        let head = AuditHead {
            tenant: tenant.clone(),
            seq: 7,
            mac: "ab".to_owned(),
            at: 1,
        };
        let read = KnownHead::parse(&KnownHead::of(&head)).unwrap();
        assert_eq!(read.of_tenant(&tenant), head);
        for text in ["", "7:1", "7:1:ab:c", "x:1:ab", "7:x:ab"] {
            assert!(KnownHead::parse(text).is_err(), "{text}");
        }
    }
}
