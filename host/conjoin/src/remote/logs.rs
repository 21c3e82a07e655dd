//! `conjoin policy logs`. `told` is what makes following tell each decision, and each once.

mod told;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use super::trying::differences;
use super::{Client, Remote, plain, short, text};
use crate::operate::print;
use told::Told;

/// How often it is looked for new decisions.
const POLL: Duration = Duration::from_secs(1);

/// Between two pages of one look: half as fast as a host lets one token ask.
const BETWEEN_PAGES: Duration = Duration::from_millis(100);

/// How many the host answers at most.
const MOST: usize = 100;

/// How many pages one look reads at most: more than can be told in the time that is looked back over, at twice what is remembered. The next look goes on from there.
const PAGES: usize = 2 * told::REMEMBERED / MOST;

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
    let Arguments { follow, limit, remote } = arguments;
    let client = Client::new(&remote)?;
    // Who follows has to know what else is there: it is told neither now nor later.
    let asked = if follow { MOST.to_string() } else { limit.to_string() };
    let answer = client.get("decisions", &[("limit", &asked)]).await?;
    // The newest first: people read downwards.
    let mut listed = decisions(&answer);
    listed.reverse();
    let shown = listed.len().saturating_sub(usize::try_from(limit)?);
    for decision in &listed[shown..] {
        tell(&remote, decision)?;
    }
    if !follow {
        return Ok(ExitCode::SUCCESS);
    }
    let mut told = Told::begin(listed.into_iter().map(cursor), Instant::now());
    loop {
        tokio::time::sleep(POLL).await;
        follow_up(&client, &remote, &mut told).await?;
    }
}

/// Tells what is new, page by page.
async fn follow_up(client: &Client, remote: &Remote, told: &mut Told) -> anyhow::Result<()> {
    let (mut since, limit) = (told.since().to_owned(), MOST.to_string());
    for _ in 0..PAGES {
        let query = [("since", since.as_str()), ("limit", limit.as_str())];
        let answer = client.get("decisions", &query).await?;
        let page = decisions(&answer);
        for decision in &page {
            if told.is_new(cursor(decision), Instant::now()) {
                tell(remote, decision)?;
            }
        }
        match page.last() {
            Some(last) if page.len() >= MOST && cursor(last) != since => since = cursor(last).to_owned(),
            _ => break,
        }
        tokio::time::sleep(BETWEEN_PAGES).await;
    }
    told.move_on(Instant::now());
    Ok(())
}

fn decisions(answer: &Value) -> Vec<&Value> {
    answer["decisions"].as_array().into_iter().flatten().collect()
}

fn cursor(decision: &Value) -> &str {
    decision["cursor"].as_str().unwrap_or_default()
}

fn tell(remote: &Remote, decision: &Value) -> anyhow::Result<()> {
    print::out(if remote.json {
        decision.to_string()
    } else {
        line(decision)
    })
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
