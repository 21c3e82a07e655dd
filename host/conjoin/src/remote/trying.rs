//! `conjoin policy shadow` and `replay`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use super::activation::named;
use super::{Client, ClientError, Remote, short};
use crate::operate::print;

/// Arguments of `conjoin policy shadow`.
#[derive(Debug, Args)]
pub struct Shadow {
    /// A version: the digest or its first digits, the component file that was pushed, or the name of a shipped policy. Without one, how the one that is tried does.
    #[arg(value_name = "DIGEST|FILE.wasm|NAME")]
    policy: Option<String>,
    /// What it is set to, a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    settings: String,
    /// Stop trying it.
    #[arg(long, conflicts_with = "policy")]
    stop: bool,
    #[command(flatten)]
    remote: Remote,
}

/// Arguments of `conjoin policy replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// The version to ask: the digest or its first digits, the component file that was pushed, or the name of a shipped policy.
    #[arg(long, value_name = "DIGEST|FILE.wasm|NAME")]
    against: String,
    /// What it is set to, a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    settings: String,
    /// From how many days ago on, at least 1 [default: all that is kept].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    days: Option<u32>,
    #[command(flatten)]
    remote: Remote,
}

fn settings(text: &str) -> Result<Map<String, Value>, ClientError> {
    serde_json::from_str(text).map_err(|error| ClientError::Usage(format!("--settings is no JSON object: {error}")))
}

pub(super) async fn shadow(arguments: Shadow) -> anyhow::Result<ExitCode> {
    let settings = settings(&arguments.settings)?;
    let client = Client::new(&arguments.remote)?;
    if arguments.stop {
        client.delete("shadow").await?;
        print::out(if arguments.remote.json {
            "null".to_owned()
        } else {
            "stopped".to_owned()
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let shadow = match &arguments.policy {
        Some(policy) => {
            let policy = named(&client, policy).await?;
            client
                .put("shadow", &json!({"policy": policy, "settings": settings}))
                .await?
        }
        None => client.get("shadow", &[]).await?,
    };
    if arguments.remote.json {
        print::out(shadow.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = |name: &str| shadow[name].as_str().unwrap_or_default().to_owned();
    let until = shadow["stopped_at"]
        .as_str()
        .map_or_else(|| "now".to_owned(), str::to_owned);
    print::out(print::facts(&[
        ("policy", text("policy")),
        ("by", text("by")),
        ("since", format!("{} until {until}", text("since"))),
        ("asked", shadow["asked"].to_string()),
        ("differed", shadow["differed"].to_string()),
        ("failed", shadow["failed"].to_string()),
    ]))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn replay(arguments: Replay) -> anyhow::Result<ExitCode> {
    let settings = settings(&arguments.settings)?;
    let client = Client::new(&arguments.remote)?;
    let policy = named(&client, &arguments.against).await?;
    let mut asked = 0;
    let mut changed: Vec<Value> = Vec::new();
    let mut after = Value::Null;
    loop {
        let body = json!({"policy": policy, "settings": settings, "days": arguments.days, "after": after});
        let mut page = client.post("replay", &body).await?;
        asked += page["asked"].as_u64().unwrap_or_default();
        if let Value::Array(more) = page["changed"].take() {
            changed.extend(more);
        }
        after = page["next"].take();
        if after.is_null() {
            break;
        }
        eprintln!(
            "{asked} decisions made again, {} would come out differently",
            changed.len()
        );
    }
    if arguments.remote.json {
        print::out(json!({"asked": asked, "changed": changed}).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines: Vec<String> = changed.iter().map(line).collect();
    lines.push(format!(
        "{asked} decisions made again, {} would come out differently",
        changed.len()
    ));
    print::out(lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn line(changed: &Value) -> String {
    let text = |name: &str| changed[name].as_str().unwrap_or_default();
    let differences = changed["differences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let differences: Vec<_> = differences.collect();
    format!(
        "{} {} {} by {}: {}",
        text("at"),
        text("transaction"),
        text("hook"),
        short(text("policy")),
        differences.join("; ")
    )
}
