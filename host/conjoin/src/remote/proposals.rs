//! `conjoin policy approve` and `withdraw`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::activation::decides_now;
use super::{Client, ClientError, Remote, say, text};

/// Which activation waits for a second person.
#[derive(Debug, Args)]
pub struct Proposal {
    /// The proposal's id [default: the only one there is].
    id: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn approve(arguments: Proposal) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let id = named(&client, arguments.id).await?;
    let answer = client.post(&format!("proposals/{id}/approve"), &json!({})).await?;
    say(&arguments.remote, &answer, decides_now(&answer))
}

pub(super) async fn withdraw(arguments: Proposal) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let id = named(&client, arguments.id).await?;
    client.delete(&format!("proposals/{id}")).await?;
    say(
        &arguments.remote,
        &json!({"withdrawn": id}),
        format!("{id} is withdrawn"),
    )
}

async fn named(client: &Client, id: Option<String>) -> Result<String, anyhow::Error> {
    let Some(id) = id else {
        return only(&client.get("proposals", &[]).await?);
    };
    // It becomes a part of an address.
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(ClientError::Usage(format!(
            "`{id}` is no proposal's id; `conjoin policy list --proposals` has them"
        ))
        .into());
    }
    Ok(id)
}

fn only(answer: &Value) -> anyhow::Result<String> {
    let proposals = answer["proposals"].as_array().map(Vec::as_slice).unwrap_or_default();
    match proposals {
        [one] => Ok(text(&one["id"])),
        [] => Err(ClientError::NotFound("nothing waits for a second person".to_owned()).into()),
        _ => Err(ClientError::Usage("several activations wait; name one".to_owned()).into()),
    }
}
