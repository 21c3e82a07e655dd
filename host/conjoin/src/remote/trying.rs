//! `conjoin policy shadow` and `replay`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::activation::named;
use super::{Client, Remote, figure, plain, say, settings, short, text};
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

pub(super) async fn shadow(arguments: Shadow) -> anyhow::Result<ExitCode> {
    let settings = settings(&arguments.settings)?;
    let client = Client::new(&arguments.remote)?;
    if arguments.stop {
        client.delete("shadow").await?;
        return say(&arguments.remote, &Value::Null, "stopped".to_owned());
    }
    let shadow = match &arguments.policy {
        Some(policy) => {
            let policy = named(&client, policy).await?;
            let body = json!({"policy": policy, "settings": settings});
            client.put("shadow", &body).await?
        }
        None => client.get("shadow", &[]).await?,
    };
    let said = |name: &str| text(&shadow[name]);
    let until = shadow["stopped_at"].as_str().map_or_else(|| "now".to_owned(), plain);
    let facts = print::facts(&[
        ("policy", said("policy")),
        ("by", said("by")),
        ("since", format!("{} until {until}", said("since"))),
        ("asked", figure(&shadow["asked"])),
        ("differed", figure(&shadow["differed"])),
        ("failed", figure(&shadow["failed"])),
    ]);
    say(&arguments.remote, &shadow, facts)
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
    let mut lines: Vec<String> = changed.iter().map(line).collect();
    lines.push(format!(
        "{asked} decisions made again, {} would come out differently",
        changed.len()
    ));
    let answer = json!({"asked": asked, "changed": changed});
    say(&arguments.remote, &answer, lines.join("\n"))
}

fn line(changed: &Value) -> String {
    let said = |name: &str| text(&changed[name]);
    format!(
        "{} {} {} by {}: {}",
        said("at"),
        said("transaction"),
        said("hook"),
        short(&said("policy")),
        differences(&changed["differences"])
    )
}

/// Names of keys and ids, in one line.
pub(super) fn differences(listed: &Value) -> String {
    let listed: Vec<String> = listed.as_array().into_iter().flatten().map(text).collect();
    listed.join("; ")
}
