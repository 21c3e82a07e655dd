//! `conjoin policy push|activate|rollback|approve|withdraw|list|show|revoke|shadow|replay|logs`: what a team does with a running host, by its admin API.
//!
//! [`client`] speaks to the host; `push`, `activation`, `proposals`, `versions`, `lists`, `trying` and `logs` are the commands. What a host says goes through
//! [`plain`](crate::operate::print::plain) before a terminal gets it.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for what it does not have"
)]

mod activation;
mod client;
mod lists;
mod logs;
mod proposals;
mod push;
mod trying;
mod versions;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use crate::admin::short;
use crate::operate::print::{self, plain};
use client::{Client, ClientError};

/// For `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the host refused, or what was pushed failed its checks; standard error says why
  2  the command line is wrong, or something that it names cannot be read
  3  there is no such version, activation or proposal
  4  not yet: the version is still being checked, or the activation waits for the word of a second person
  5  the host cannot be reached, or cannot answer now, or what answers is no admin API";

/// What is not there.
const NOT_FOUND: u8 = 3;
/// What needs time, or another person.
const NOT_YET: u8 = 4;
/// Nobody answers.
const UNREACHABLE: u8 = 5;
/// What was asked for makes no sense.
const USAGE: u8 = 2;

/// Which host, as whom, and how to answer.
#[derive(Debug, Args)]
pub struct Remote {
    /// The host's address, or where its admin API listens.
    #[arg(
        long,
        value_name = "URL",
        env = "CONJOIN_HOST",
        default_value = "http://localhost:3000"
    )]
    host: Url,
    /// A token of the tenant's, from `conjoin token create` [default, for a host on this machine: the token of `conjoin dev`].
    #[arg(long, env = "CONJOIN_TOKEN", hide_env_values = true)]
    token: Option<SecretString>,
    /// Send the token over `http` to another machine, where whoever is on the way can read it.
    #[arg(long)]
    allow_plain: bool,
    /// Answer as JSON, on one line.
    #[arg(long)]
    json: bool,
}

/// What can be done with the policies of a running host.
#[derive(Debug, Subcommand)]
pub enum RemoteCommand {
    /// Upload a component with its cases, and wait until it is checked.
    #[command(after_help = EXIT_CODES)]
    Push(push::Arguments),
    /// Make a checked version decide, from the next decision on.
    #[command(after_help = EXIT_CODES)]
    Activate(activation::Activate),
    /// Go back to what decided before.
    #[command(after_help = EXIT_CODES)]
    Rollback(activation::RollBack),
    /// Agree to an activation that somebody else proposed.
    #[command(after_help = EXIT_CODES)]
    Approve(proposals::Proposal),
    /// Take back an activation that was proposed.
    #[command(after_help = EXIT_CODES)]
    Withdraw(proposals::Proposal),
    /// List the versions, the newest first; or what has decided, or what waits for a second person.
    #[command(after_help = EXIT_CODES)]
    List(lists::List),
    /// Show a version and how it did.
    #[command(after_help = EXIT_CODES)]
    Show(versions::One),
    /// Take a version back for ever; open previews that it made end.
    #[command(after_help = EXIT_CODES)]
    Revoke(versions::One),
    /// Ask a version the same as the one that decides, without letting it decide; or see how it does.
    #[command(after_help = EXIT_CODES)]
    Shadow(trying::Shadow),
    /// Make recorded decisions again with another version, and say which would come out differently.
    #[command(after_help = EXIT_CODES)]
    Replay(trying::Replay),
    /// Show what policies decided and said.
    #[command(after_help = EXIT_CODES)]
    Logs(logs::Arguments),
}

/// Does what was asked.
///
/// # Errors
/// When the answer cannot be written. What the host says no to is an exit code.
pub async fn run(command: RemoteCommand) -> anyhow::Result<ExitCode> {
    let done = match command {
        RemoteCommand::Push(arguments) => push::run(arguments).await,
        RemoteCommand::Activate(arguments) => activation::activate(arguments).await,
        RemoteCommand::Rollback(arguments) => activation::roll_back(arguments).await,
        RemoteCommand::Approve(arguments) => proposals::approve(arguments).await,
        RemoteCommand::Withdraw(arguments) => proposals::withdraw(arguments).await,
        RemoteCommand::List(arguments) => lists::run(arguments).await,
        RemoteCommand::Show(arguments) => versions::show(arguments).await,
        RemoteCommand::Revoke(arguments) => versions::revoke(arguments).await,
        RemoteCommand::Shadow(arguments) => trying::shadow(arguments).await,
        RemoteCommand::Replay(arguments) => trying::replay(arguments).await,
        RemoteCommand::Logs(arguments) => logs::run(arguments).await,
    };
    done.or_else(|error| match error.downcast::<ClientError>() {
        Ok(error) => {
            eprintln!("conjoin: {error}");
            Ok(error.exit_code())
        }
        Err(other) => Err(other),
    })
}

/// What a policy is set to, as it is given on the command line.
fn settings(text: &str) -> Result<Map<String, Value>, ClientError> {
    serde_json::from_str(text).map_err(|error| ClientError::Usage(format!("--settings is no JSON object: {error}")))
}

/// A text of an answer, for a terminal; empty where there is none.
fn text(value: &Value) -> String {
    plain(value.as_str().unwrap_or_default())
}

/// Whatever stands where a number should, for a terminal.
fn figure(value: &Value) -> String {
    plain(&value.to_string())
}

/// Answers, in the form that was asked for.
fn say(remote: &Remote, answer: &Value, text: String) -> anyhow::Result<ExitCode> {
    print::out(if remote.json { answer.to_string() } else { text })?;
    Ok(ExitCode::SUCCESS)
}
