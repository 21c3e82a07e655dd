//! `conjoin policy show` and `revoke`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::push::failures;
use super::{Client, Remote, figure, plain, say, short, text};
use crate::operate::print;

/// One version.
#[derive(Debug, Args)]
pub struct One {
    /// Its digest, or the first digits.
    digest: String,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn show(arguments: One) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let digest = client.digest(&arguments.digest).await?;
    let version = client.get(&format!("policies/{digest}"), &[]).await?;
    let said = |name: &str| text(&version[name]);
    let facts = [
        ("digest", digest.clone()),
        ("state", said("state")),
        ("name", said("name")),
        ("version", said("version")),
        ("summary", said("summary")),
        ("bytes", figure(&version["bytes"])),
        (
            "uploaded",
            format!("{} by {}", said("uploaded_at"), said("uploaded_by")),
        ),
        ("cases", figure(&version["cases"])),
        ("signed by", signed(&version)),
    ];
    let mut shown = print::facts(&facts);
    let failed = failures(&version["report"]);
    if !failed.is_empty() {
        shown = format!("{shown}\n\n{failed}");
    }
    say(&arguments.remote, &version, shown)
}

/// The keys.
pub(super) fn signers(version: &Value) -> String {
    let keys = version["signed_by"].as_array().into_iter().flatten();
    let keys: Vec<_> = keys.filter_map(Value::as_str).map(plain).collect();
    keys.join(", ")
}

/// By whom, and whether that does.
pub(super) fn signed(version: &Value) -> String {
    let by = match signers(version) {
        none if none.is_empty() => "not signed".to_owned(),
        keys => keys,
    };
    if version["needs_signature"] == true {
        format!("{by}; needs a signature")
    } else {
        by
    }
}

pub(super) async fn revoke(arguments: One) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let digest = client.digest(&arguments.digest).await?;
    client.post(&format!("policies/{digest}/revoke"), &json!({})).await?;
    let text = format!("{} is revoked", short(&digest));
    say(&arguments.remote, &json!({"revoked": digest}), text)
}
