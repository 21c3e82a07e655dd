//! `conjoin policy activate`, `rollback` and `approve`.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use conjoin_engine::PolicyDigest;
use serde_json::{Map, Value, json};

use super::{Client, ClientError, NOT_YET, Remote, short};
use crate::operate::print;
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

/// Arguments of `conjoin policy approve`.
#[derive(Debug, Args)]
pub struct Approve {
    /// The proposal's id [default: the only one there is].
    id: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn activate(arguments: Activate) -> anyhow::Result<ExitCode> {
    let settings: Map<String, Value> = serde_json::from_str(&arguments.settings)
        .map_err(|error| ClientError::Usage(format!("--settings is no JSON object: {error}")))?;
    let client = Client::new(&arguments.remote)?;
    let policy = named(&client, &arguments.policy).await?;
    let seen = client.get("activation", &[]).await?;
    let seen = seen["number"].as_i64().unwrap_or_default();
    let body = json!({"policy": policy, "settings": settings});
    let answer = client.put_if("activation", seen, &body).await?;
    if answer.get("number").is_none() {
        let id = answer["id"].as_str().unwrap_or_default();
        say(
            &arguments.remote,
            &answer,
            &format!("proposed as {id}: another person has to `conjoin policy approve` it"),
        )?;
        return Ok(ExitCode::from(NOT_YET));
    }
    tell(&arguments.remote, &answer)
}

pub(super) async fn roll_back(arguments: RollBack) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let answer = client.post("activation/rollback", &json!({"to": arguments.to})).await?;
    tell(&arguments.remote, &answer)
}

pub(super) async fn approve(arguments: Approve) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let id = match arguments.id {
        Some(id) => id,
        None => only(&client.get("proposals", &[]).await?)?,
    };
    let answer = client.post(&format!("proposals/{id}/approve"), &json!({})).await?;
    tell(&arguments.remote, &answer)
}

fn only(answer: &Value) -> anyhow::Result<String> {
    let proposals = answer["proposals"].as_array().map(Vec::as_slice).unwrap_or_default();
    match proposals {
        [one] => Ok(one["id"].as_str().unwrap_or_default().to_owned()),
        [] => Err(ClientError::NotFound("nothing waits for approval".to_owned()).into()),
        _ => Err(ClientError::Usage("several activations wait; name one".to_owned()).into()),
    }
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

fn tell(remote: &Remote, answer: &Value) -> anyhow::Result<ExitCode> {
    let policy = answer["policy"].as_str().map_or("nothing", short);
    say(
        remote,
        answer,
        &format!("{policy} decides now (change {})", answer["number"]),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn say(remote: &Remote, answer: &Value, text: &str) -> anyhow::Result<()> {
    print::out(if remote.json {
        answer.to_string()
    } else {
        text.to_owned()
    })
}
