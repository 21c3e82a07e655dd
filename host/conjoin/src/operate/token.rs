//! `conjoin token`: what programs and people show to the admin API.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use conjoin_linking::audit::{Actor, AuditEntry};
use conjoin_linking::clock::now;
use conjoin_linking::contract::rfc3339;
use serde_json::{Map, Value, json};

use super::{Desk, Where, print};
use crate::admin::{Scope, new_token};
use crate::store::{Token, TokenFacts};

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make one. It is shown this once; what is kept of it is a digest.
    Create(CreateArguments),
    /// List them, with their last use.
    List(Where),
    /// Take one back. It means nothing from then on.
    Revoke(RevokeArguments),
}

/// Arguments of `conjoin token create`.
#[derive(Debug, Args)]
pub struct CreateArguments {
    /// What it is called: a person or a program. It stands in the audit trail beside all that is done with it.
    #[arg(long)]
    pub name: String,
    /// What it may do. Can be repeated.
    #[arg(long = "scope", value_enum, required = true)]
    pub scopes: Vec<Scope>,
    /// For how many days it is good [default: until it is revoked].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: Option<u32>,
    #[command(flatten)]
    place: Where,
}

/// Arguments of `conjoin token revoke`.
#[derive(Debug, Args)]
pub struct RevokeArguments {
    /// Its id, from `conjoin token list`.
    pub id: String,
    #[command(flatten)]
    place: Where,
}

/// Does what was asked.
///
/// # Errors
/// The database's.
pub async fn run(command: TokenCommand) -> anyhow::Result<ExitCode> {
    match command {
        TokenCommand::Create(arguments) => create(arguments).await,
        TokenCommand::List(place) => list(&place).await,
        TokenCommand::Revoke(arguments) => revoke(arguments).await,
    }
}

async fn create(arguments: CreateArguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    let (id, secret, shown) = new_token();
    let lasts = arguments
        .days
        .map(|days| Duration::from_hours(24 * u64::from(days)).as_secs());
    let token = Token {
        id,
        tenant: desk.name.clone(),
        facts: TokenFacts {
            name: arguments.name,
            scopes: arguments.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
        },
        created_at: now(),
        expires_at: lasts.and_then(|lasts| now().checked_add_unsigned(lasts)),
        last_used_at: None,
        revoked_at: None,
    };
    let said = json!({"token": token.id, "name": token.facts.name, "scopes": token.facts.scopes});
    desk.store
        .keep_token(&token, &secret, &entry("token.created", &desk, said))
        .await
        .context("keeping the token")?;
    let json = json!({"id": token.id, "token": shown});
    desk.answer(&json, &shown)?;
    Ok(ExitCode::SUCCESS)
}

async fn list(place: &Where) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(place).await?;
    let tokens = desk.store.tokens(&desk.name).await?;
    let rows: Vec<Vec<String>> = tokens
        .iter()
        .map(|token| {
            vec![
                token.id.clone(),
                token.facts.name.clone(),
                token.facts.scopes.join(" "),
                token.last_used_at.map_or_else(|| "never used".to_owned(), rfc3339),
                standing(token),
            ]
        })
        .collect();
    desk.answer(
        &json!(tokens),
        &print::table(&["id", "name", "scopes", "last use", ""], &rows),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn standing(token: &Token) -> String {
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {}", rfc3339(at)),
        (None, Some(end)) if !token.is_good() => format!("expired {}", rfc3339(end)),
        (None, Some(end)) => format!("until {}", rfc3339(end)),
        (None, None) => String::new(),
    }
}

async fn revoke(arguments: RevokeArguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    let entry = entry("token.revoked", &desk, json!({"token": arguments.id}));
    if desk.store.revoke_token(&desk.name, &arguments.id, &entry).await? {
        desk.answer(&json!({"revoked": arguments.id}), "revoked")?;
        return Ok(ExitCode::SUCCESS);
    }
    desk.not_found("there is no such token that is not revoked")
}

fn entry(event: &str, desk: &Desk, facts: Value) -> AuditEntry {
    let facts = if let Value::Object(facts) = facts {
        facts
    } else {
        Map::new()
    };
    AuditEntry::of_tenant(event, Actor::Operator(desk.operator.clone()), facts)
}
