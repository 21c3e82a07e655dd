//! `conjoin policy activate` and `rollback`.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use conjoin_engine::PolicyDigest;
use serde_json::{Value, json};

use super::{Client, ClientError, NOT_YET, Remote, figure, plain, say, settings, short, text};
use crate::policies::read_bounded;

/// Arguments of `conjoin policy activate`.
#[derive(Debug, Args)]
pub struct Activate {
    /// A version: the digest or its first digits, the component file that was pushed, or the name of a policy that ships with the host.
    #[arg(value_name = "DIGEST|FILE.wasm|NAME", default_value = "policy.wasm")]
    policy: String,
    /// What it is set to, a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    settings: String,
    #[command(flatten)]
    remote: Remote,
}

/// Arguments of `conjoin policy rollback`.
#[derive(Debug, Args)]
pub struct RollBack {
    /// The number of a change, 0 for what decided before the first [default: what decided before].
    #[arg(long, value_name = "NUMBER")]
    to: Option<i64>,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn activate(arguments: Activate) -> anyhow::Result<ExitCode> {
    let settings = settings(&arguments.settings)?;
    let client = Client::new(&arguments.remote)?;
    let policy = named(&client, &arguments.policy).await?;
    let seen = seen(&client).await?;
    let body = json!({"policy": policy, "settings": settings});
    let answer = client.put_if("activation", seen, &body).await?;
    if answer.get("number").is_none() {
        let id = text(&answer["id"]);
        let said = format!("proposed as {id}: another person has to `conjoin policy approve` it");
        say(&arguments.remote, &answer, said)?;
        return Ok(ExitCode::from(NOT_YET));
    }
    say(&arguments.remote, &answer, decides_now(&answer))
}

/// Compared with what decides when the command begins: of two people who go back at once, one is told so, and nothing is gone back twice.
pub(super) async fn roll_back(arguments: RollBack) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let seen = seen(&client).await?;
    let body = json!({"to": arguments.to});
    let answer = client.post_if("activation/rollback", seen, &body).await?;
    say(&arguments.remote, &answer, decides_now(&answer))
}

/// The number of the last change.
async fn seen(client: &Client) -> anyhow::Result<i64> {
    let active = client.get("activation", &[]).await?;
    Ok(active["number"].as_i64().unwrap_or_default())
}

pub(super) async fn named(client: &Client, policy: &str) -> anyhow::Result<String> {
    if conjoin_policies::by_name(policy).is_some() {
        return Ok(policy.to_owned());
    }
    if Path::new(policy).is_file() {
        let component =
            read_bounded(Path::new(policy)).map_err(|error| ClientError::Usage(format!("{policy}: {error}")))?;
        return Ok(PolicyDigest::of(&component).to_string());
    }
    client.digest(policy).await
}

pub(super) fn decides_now(answer: &Value) -> String {
    let policy = answer["policy"].as_str().map_or("nothing", short);
    format!("{} decides now (change {})", plain(policy), figure(&answer["number"]))
}
