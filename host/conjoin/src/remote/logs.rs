//! `conjoin policy logs`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::trying::differences;
use super::{Client, Remote, plain, short, text};
use crate::operate::print;

/// How often it is looked for new decisions.
const POLL: Duration = Duration::from_secs(1);

/// Arguments of `conjoin policy logs`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Go on with what is decided from now on, until it is stopped.
    #[arg(short, long)]
    follow: bool,
    /// How many of those that there are, 1 to 100.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let client = Client::new(&arguments.remote)?;
    let limit = arguments.limit.to_string();
    let mut answer = client.get("decisions", &[("limit", &limit)]).await?;
    // The newest first: people read downwards.
    let mut since = tell(
        &arguments.remote,
        answer["decisions"].as_array().into_iter().flatten().rev(),
    )?;
    if !arguments.follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        tokio::time::sleep(POLL).await;
        answer = client
            .get("decisions", &[("since", since.as_deref().unwrap_or("0."))])
            .await?;
        let newest = tell(&arguments.remote, answer["decisions"].as_array().into_iter().flatten())?;
        since = newest.or(since);
    }
}

/// Gives the cursor of the last.
fn tell<'a>(remote: &Remote, decisions: impl Iterator<Item = &'a Value>) -> anyhow::Result<Option<String>> {
    let mut last = None;
    for decision in decisions {
        print::out(if remote.json {
            decision.to_string()
        } else {
            line(decision)
        })?;
        last = decision["cursor"].as_str().map(str::to_owned);
    }
    Ok(last)
}

fn line(decision: &Value) -> String {
    let said = |name: &str| text(&decision[name]);
    let policy = said("policy");
    let mut line = format!("{} {} {} {}", said("at"), short(&policy), said("hook"), said("ending"));
    if let Some(detail) = decision["detail"].as_str() {
        line = format!("{line}: {}", plain(detail));
    }
    // Of a version in shadow, which decided nothing.
    match decision["shadow"].as_array().map(Vec::is_empty) {
        Some(true) => line = format!("{line}\n  in shadow: as the version that decided"),
        Some(false) => line = format!("{line}\n  in shadow, differently: {}", differences(&decision["shadow"])),
        None => {}
    }
    for entry in decision["log"]["entries"].as_array().into_iter().flatten() {
        line = format!("{line}\n  {}: {}", text(&entry["level"]), text(&entry["message"]));
    }
    line
}
