//! `conjoin policy push`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use conjoin_cases::folder;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value};

use super::versions::signers;
use super::{Client, ClientError, NOT_YET, Remote, plain, say, settings, short, text};
use crate::operate::print::plain_lines;
use crate::policies::read_bounded;
use crate::signing::MAX_SIGNATURE;

/// How soon the host is asked whether it has checked the version: most are in a moment. Each time twice as long after, up to the most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Arguments of `conjoin policy push`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The component.
    #[arg(value_name = "FILE.wasm", default_value = "policy.wasm")]
    file: PathBuf,
    /// A detached signature of it by one of the tenant's signers, as `minisign -Sm FILE.wasm` writes it [default: `FILE.wasm.minisig`, if it is there].
    #[arg(long, value_name = "FILE.minisig")]
    signature: Option<PathBuf>,
    /// Take no signature, also where one is beside the component: for a tenant without signers.
    #[arg(long, conflicts_with = "signature")]
    no_signature: bool,
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
    let signature = signature_file(&arguments);
    let form = form(&arguments, signature.as_deref())?;
    let client = Client::new(&arguments.remote)?;
    let file = arguments.file.display();
    match &signature {
        Some(signature) => eprintln!("uploading {file} with the signature {}", signature.display()),
        None => eprintln!("uploading {file}"),
    }
    let mut version = client.upload("policies", form).await?;
    let digest = text(&version["digest"]);
    let path = format!("policies/{digest}");
    let until = Instant::now() + Duration::from_secs(arguments.wait);
    if signature.is_some() {
        eprintln!("signed by {}", signers(&version));
    }
    if version["state"] == "uploaded" {
        eprintln!(
            "{} is let in; the host tries its cases and the conformance set",
            short(&digest)
        );
    }
    let mut pause = FIRST_PAUSE;
    while version["state"] == "uploaded" && Instant::now() < until {
        tokio::time::sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
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

/// The file of the signature; none where none was named and none is beside the component.
fn signature_file(arguments: &Arguments) -> Option<PathBuf> {
    if arguments.no_signature || arguments.signature.is_some() {
        return arguments.signature.clone();
    }
    let mut beside = arguments.file.clone().into_os_string();
    beside.push(".minisig");
    let beside = PathBuf::from(beside);
    beside.is_file().then_some(beside)
}

/// One byte more than a signature may have is read at most: whether it is one, the host says.
fn read_signature(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = MAX_SIGNATURE as u64 + 1;
    std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn form(arguments: &Arguments, signature: Option<&Path>) -> anyhow::Result<Form> {
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
    let mut form = Form::new()
        .text("cases", Value::Object(cases).to_string())
        .text("settings", Value::Object(settings).to_string());
    if let Some(path) = signature {
        let named = path.display().to_string();
        let bytes = read_signature(path).map_err(|error| unreadable(&named, &error))?;
        form = form.part("signature", Part::bytes(bytes));
    }
    Ok(form.part("component", Part::bytes(component).mime_str("application/wasm")?))
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
