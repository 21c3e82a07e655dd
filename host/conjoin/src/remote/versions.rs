//! `conjoin policy list`, `show` and `revoke`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::push::failures;
use super::{Client, Remote, plain, short};
use crate::operate::print;

/// Arguments of `conjoin policy list`.
#[derive(Debug, Args)]
pub struct List {
    /// At most this many, 1 to 100.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    #[command(flatten)]
    remote: Remote,
}

/// One version.
#[derive(Debug, Args)]
pub struct One {
    /// Its digest, or the first digits.
    digest: String,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn list(arguments: List) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let answer = client
        .get("policies", &[("limit", &arguments.limit.to_string())])
        .await?;
    if arguments.remote.json {
        print::out(answer.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = |value: &Value| plain(value.as_str().unwrap_or_default());
    let versions = answer["policies"].as_array().into_iter().flatten();
    let rows: Vec<Vec<String>> = versions
        .map(|version| {
            vec![
                short(version["digest"].as_str().unwrap_or_default()).to_owned(),
                text(&version["state"]),
                text(&version["name"]),
                text(&version["version"]),
                text(&version["uploaded_at"]),
                text(&version["uploaded_by"]),
            ]
        })
        .collect();
    print::out(print::table(
        &["digest", "state", "name", "version", "uploaded", "by"],
        &rows,
    ))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn show(arguments: One) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let digest = client.digest(&arguments.digest).await?;
    let version = client.get(&format!("policies/{digest}"), &[]).await?;
    if arguments.remote.json {
        print::out(version.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = |name: &str| version[name].as_str().unwrap_or_default().to_owned();
    let facts = [
        ("digest", digest.clone()),
        ("state", text("state")),
        ("name", text("name")),
        ("version", text("version")),
        ("summary", text("summary")),
        ("bytes", version["bytes"].to_string()),
        (
            "uploaded",
            format!("{} by {}", text("uploaded_at"), text("uploaded_by")),
        ),
        ("cases", version["cases"].to_string()),
    ];
    let mut shown = print::facts(&facts);
    let failed = failures(&version["report"]);
    if !failed.is_empty() {
        shown = format!("{shown}\n\n{failed}");
    }
    print::out(plain(&shown))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn revoke(arguments: One) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let digest = client.digest(&arguments.digest).await?;
    client.post(&format!("policies/{digest}/revoke"), &json!({})).await?;
    let text = if arguments.remote.json {
        json!({"revoked": digest}).to_string()
    } else {
        format!("{} is revoked", short(&digest))
    };
    print::out(text)?;
    Ok(ExitCode::SUCCESS)
}
