//! `conjoin events`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use conjoin_linking::contract::rfc3339;
use serde_json::{Map, Value, json};

use super::{Desk, Where, print};
use crate::store::{Channel, Message, MessageState};

/// How many messages a list has, the newest first.
const LISTED: u32 = 200;

/// Commands about messages to others.
#[derive(Debug, Subcommand)]
pub enum EventsCommand {
    /// List the messages that wait to be delivered.
    List(ListArguments),
    /// Send a message again that was given up.
    Retry(RetryArguments),
}

/// Options of `conjoin events list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Those that were given up instead.
    #[arg(long)]
    dead: bool,
    #[command(flatten)]
    place: Where,
}

/// Options of `conjoin events retry`.
#[derive(Debug, Args)]
pub struct RetryArguments {
    /// The message's id.
    #[arg(value_name = "MESSAGE")]
    message: String,
    #[command(flatten)]
    place: Where,
}

/// Does what the command line says.
///
/// # Errors
/// Whatever stops the command.
pub async fn run(command: EventsCommand) -> anyhow::Result<ExitCode> {
    match command {
        EventsCommand::List(arguments) => list(&arguments).await,
        EventsCommand::Retry(arguments) => retry(&arguments).await,
    }
}

async fn list(arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    let state = if arguments.dead {
        MessageState::Dead
    } else {
        MessageState::Pending
    };
    let messages = desk.store.messages(&desk.name, state, LISTED).await?;
    let json: Vec<Value> = messages.iter().map(json).collect();
    desk.answer(&json!(json), &text(&messages, arguments.dead))?;
    Ok(ExitCode::SUCCESS)
}

async fn retry(arguments: &RetryArguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    let message = &arguments.message;
    if !desk.store.retry_message(&desk.name, message).await? {
        return desk.not_found("there is no such message that was given up; `conjoin events list --dead` lists them");
    }
    let facts = Map::from_iter([("message".to_owned(), json!(message))]);
    desk.audit("events.retry", facts).await?;
    let text =
        "It is sent again within seconds by whichever host runs. `conjoin events list` shows it until it has arrived.";
    desk.answer(&json!({ "message": message, "state": "pending" }), text)?;
    Ok(ExitCode::SUCCESS)
}

fn text(messages: &[Message], dead: bool) -> String {
    if messages.is_empty() {
        return if dead {
            "No message was given up."
        } else {
            "No message waits to be delivered."
        }
        .to_owned();
    }
    let row = |message: &Message| {
        vec![
            message.id.clone(),
            channel(message.channel).to_owned(),
            message.notice.kind.name().to_owned(),
            message.notice.link.0.clone(),
            rfc3339(message.created_at),
            message.attempts.to_string(),
            if dead { "-".to_owned() } else { rfc3339(message.due_at) },
            message.last_error.clone().unwrap_or_default(),
        ]
    };
    let heading = ["MESSAGE", "BY", "EVENT", "LINK", "SINCE", "TRIES", "NEXT", "PROBLEM"];
    let rows: Vec<Vec<String>> = messages.iter().map(row).collect();
    let next = if dead {
        "Once the cause is gone: `conjoin events retry MESSAGE`."
    } else {
        "They are tried again by themselves."
    };
    format!("{}\n\n{next}", print::table(&heading, &rows))
}

/// Without the addresses that mail goes to.
fn json(message: &Message) -> Value {
    let notice = &message.notice;
    json!({
        "message": message.id, "channel": channel(message.channel), "type": notice.kind, "link": notice.link, "primary": notice.primary,
        "secondary": notice.secondary, "created_at": rfc3339(message.created_at), "attempts": message.attempts,
        "due_at": rfc3339(message.due_at), "problem": message.last_error,
    })
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Webhook => "webhook",
        Channel::Mail => "mail",
    }
}
