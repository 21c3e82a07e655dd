//! `conjoin policy push`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use conjoin_cases::folder;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value};

use super::{Client, ClientError, NOT_YET, Remote, plain, say, settings, short, text};
use crate::operate::print::plain_lines;
use crate::policies::read_bounded;

/// How often the host is asked whether it has checked the version.
const POLL: Duration = Duration::from_millis(300);

/// Arguments of `conjoin policy push`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The component.
    #[arg(value_name = "FILE.wasm", default_value = "policy.wasm")]
    file: PathBuf,
    /// Its cases, one in each `.json` file [default: the folder `cases` beside the component, if there is one].
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// What it is checked with, a JSON object; for a policy whose schema demands settings.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    settings: String,
    /// For how many seconds to wait until it is checked.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    wait: u64,
    #[command(flatten)]
    remote: Remote,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let form = form(&arguments)?;
    let client = Client::new(&arguments.remote)?;
    eprintln!("uploading {}", arguments.file.display());
    let mut version = client.upload("policies", form).await?;
    let digest = text(&version["digest"]);
    let path = format!("policies/{digest}");
    let until = Instant::now() + Duration::from_secs(arguments.wait);
    if version["state"] == "uploaded" {
        eprintln!(
            "{} is let in; the host tries its cases and the conformance set",
            short(&digest)
        );
    }
    while version["state"] == "uploaded" && Instant::now() < until {
        tokio::time::sleep(POLL).await;
        version = client.get(&path, &[]).await?;
    }
    let state = version["state"].as_str().unwrap_or_default();
    say(&arguments.remote, &version, plain(&format!("{digest}  {state}")))?;
    match state {
        "uploaded" => {
            eprintln!(
                "conjoin: still being checked; `conjoin policy show {}` says when it is done",
                short(&digest)
            );
            Ok(ExitCode::from(NOT_YET))
        }
        "failed" => {
            eprintln!("{}", failures(&version["report"]));
            Ok(ExitCode::FAILURE)
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn form(arguments: &Arguments) -> anyhow::Result<Form> {
    let unreadable = |what: &str, error: &dyn std::fmt::Display| ClientError::Usage(format!("{what}: {error}"));
    let file = arguments.file.display().to_string();
    let component = read_bounded(&arguments.file).map_err(|error| unreadable(&file, &error))?;
    let settings = settings(&arguments.settings)?;
    let beside = arguments.file.with_file_name("cases");
    let folder_of_cases = arguments.cases.clone().or_else(|| beside.is_dir().then_some(beside));
    let mut cases = Map::new();
    if let Some(path) = folder_of_cases {
        let named = path.display().to_string();
        for case in folder(&path).map_err(|error| unreadable(&named, &error))? {
            cases.insert(case.name, Value::String(case.text));
        }
    }
    Ok(Form::new()
        .text("cases", Value::Object(cases).to_string())
        .text("settings", Value::Object(settings).to_string())
        .part("component", Part::bytes(component).mime_str("application/wasm")?))
}

/// What is not as it must be, a line each, for a terminal.
pub(super) fn failures(report: &Value) -> String {
    if let Some(problem) = report["problem"].as_str() {
        return plain_lines(problem);
    }
    let mut lines = Vec::new();
    for case in report["cases"].as_array().into_iter().flatten() {
        if case["passed"] == false {
            let why = case["error"].as_str().map_or_else(
                || format!("expected {}, got {}", case["expected"], case["actual"]),
                str::to_owned,
            );
            lines.push(format!("case {}: {}", text(&case["name"]), plain(&why)));
        }
    }
    for item in report["conformance"]["items"].as_array().into_iter().flatten() {
        if item["verdict"] == "failed" {
            let why = item["why"].as_array().into_iter().flatten().map(text);
            lines.extend(why.map(|why| format!("conformance {}: {why}", text(&item["name"]))));
        }
    }
    lines.join("\n")
}
