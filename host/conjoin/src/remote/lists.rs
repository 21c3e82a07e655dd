//! `conjoin policy list`.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::versions::signed;
use super::{Client, Remote, figure, say, short, text};
use crate::operate::print;

/// Arguments of `conjoin policy list`.
#[derive(Debug, Args)]
pub struct List {
    /// What has decided instead, the last change first.
    #[arg(long)]
    changes: bool,
    /// The activations instead that wait for a second person.
    #[arg(long, conflicts_with = "changes")]
    proposals: bool,
    /// At most this many, 1 to 100. All proposals are listed.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    #[command(flatten)]
    remote: Remote,
}

/// A list of the API: its path, the key that its answer has it under, the heading, and how one is shown.
struct Kind {
    path: &'static str,
    key: &'static str,
    heading: &'static [&'static str],
    row: fn(&Value) -> Vec<String>,
}

const VERSIONS: Kind = Kind {
    path: "policies",
    key: "policies",
    heading: &["digest", "state", "name", "version", "uploaded", "by", "signed by"],
    row: |version| {
        let mut row = vec![policy(&version["digest"])];
        row.extend(["state", "name", "version", "uploaded_at", "uploaded_by"].map(|key| text(&version[key])));
        row.push(signed(version));
        row
    },
};

const CHANGES: Kind = Kind {
    path: "activations",
    key: "activations",
    heading: &["change", "kind", "digest", "at", "by"],
    row: |change| {
        let number = figure(&change["number"]);
        let decides = if change["policy"].is_null() {
            "nothing".to_owned()
        } else {
            policy(&change["policy"])
        };
        vec![
            number,
            text(&change["kind"]),
            decides,
            text(&change["at"]),
            text(&change["by"]),
        ]
    },
};

const PROPOSALS: Kind = Kind {
    path: "proposals",
    key: "proposals",
    heading: &["id", "digest", "after", "at", "by"],
    row: |proposal| {
        let after = figure(&proposal["after"]);
        let (id, at, by) = (text(&proposal["id"]), text(&proposal["at"]), text(&proposal["by"]));
        vec![id, policy(&proposal["policy"]), after, at, by]
    },
};

pub(super) async fn run(arguments: List) -> anyhow::Result<ExitCode> {
    let kind = match (arguments.changes, arguments.proposals) {
        (true, _) => CHANGES,
        (_, true) => PROPOSALS,
        _ => VERSIONS,
    };
    let client = Client::new(&arguments.remote)?;
    let limit = arguments.limit.to_string();
    let answer = client.get(kind.path, &[("limit", &limit)]).await?;
    let listed = answer[kind.key].as_array().into_iter().flatten();
    let rows: Vec<Vec<String>> = listed.map(kind.row).collect();
    say(&arguments.remote, &answer, print::table(kind.heading, &rows))
}

fn policy(value: &Value) -> String {
    short(&text(value)).to_owned()
}
