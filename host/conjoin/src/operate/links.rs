//! `conjoin links`.

mod view;

use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use conjoin_auth0::UserId;
use conjoin_linking::LinkError;
use conjoin_linking::flow::Settle;
use conjoin_linking::journal::Journal;
use conjoin_linking::record::{LinkId, Record};
use serde_json::{Value, json};

use super::{Desk, UNSETTLED, Where};

/// How many links a list has.
const LISTED: u32 = 200;

/// Commands about links and unlinks.
#[derive(Debug, Subcommand)]
pub enum LinksCommand {
    /// List the newest links and unlinks that somebody confirmed; those that are not settled the oldest first.
    List(ListArguments),
    /// Show one link: how far it is, what stands in its way, and what settles it.
    Show(OneArguments),
    /// List the links of one account, as the one that survives or the one that is joined.
    Of(OfArguments),
    /// Try again what needed a person, once whatever stood in its way is gone.
    Settle(SettleArguments),
    /// End what needed a person as it is: nothing more is written, and its accounts are free again.
    Close(CloseArguments),
    /// Remove what is held of a person: metadata, addresses, profiles. Their links can be taken apart afterwards, without metadata.
    Forget(ForgetArguments),
}

/// Options of `conjoin links list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Only those that are neither done nor undone.
    #[arg(long)]
    unsettled: bool,
    #[command(flatten)]
    place: Where,
}

/// Options of commands about one link.
#[derive(Debug, Args)]
pub struct OneArguments {
    /// The link's id, 32 hexadecimal digits.
    #[arg(value_name = "LINK")]
    link: String,
    #[command(flatten)]
    place: Where,
}

/// Options of `conjoin links settle`.
#[derive(Debug, Args)]
pub struct SettleArguments {
    /// The separated account does not exist any more: go on without giving it its metadata back.
    #[arg(long)]
    account_gone: bool,
    #[command(flatten)]
    one: OneArguments,
}

/// Options of `conjoin links close`.
#[derive(Debug, Args)]
pub struct CloseArguments {
    /// Yes, leave both accounts as they are now.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    one: OneArguments,
}

/// Options of `conjoin links of`.
#[derive(Debug, Args)]
pub struct OfArguments {
    /// The account: `auth0|5f7c8ec7c33c6c004bbafe82`.
    #[arg(value_name = "USER_ID")]
    user: UserId,
    #[command(flatten)]
    place: Where,
}

/// Options of `conjoin links forget`.
#[derive(Debug, Args)]
pub struct ForgetArguments {
    /// The account: `auth0|5f7c8ec7c33c6c004bbafe82`.
    #[arg(value_name = "USER_ID")]
    user: UserId,
    /// Yes, remove it. There is no way back but a backup.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Where,
}

/// Does what the command line says.
///
/// # Errors
/// Whatever stops the command.
pub async fn run(command: LinksCommand) -> anyhow::Result<ExitCode> {
    match command {
        LinksCommand::List(arguments) => list(&arguments).await,
        LinksCommand::Show(arguments) => show(&arguments).await,
        LinksCommand::Of(arguments) => of(&arguments).await,
        LinksCommand::Settle(arguments) => {
            let how = if arguments.account_gone {
                Settle::WithoutSeparated
            } else {
                Settle::Again
            };
            settle(&arguments.one, how).await
        }
        LinksCommand::Close(arguments) => close(&arguments).await,
        LinksCommand::Forget(arguments) => forget(&arguments).await,
    }
}

async fn list(arguments: &ListArguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    let name = desk.name.clone();
    let (records, end) = if arguments.unsettled {
        (
            desk.store.unsettled_links(&name, LISTED).await?,
            "`conjoin links show LINK` says what stands in the way of one.",
        )
    } else {
        (desk.store.recent_links(&name, LISTED).await?, "")
    };
    let end = match (records.is_empty(), arguments.unsettled) {
        (true, true) => "Every link is settled.",
        (true, false) => "There is no link yet.",
        (false, _) => end,
    };
    answer(&desk, &records, end)
}

async fn of(arguments: &OfArguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    let records = desk.store.links_of(&desk.name, &arguments.user, LISTED).await?;
    let end = if records.is_empty() {
        "This host knows of no link of this account."
    } else {
        ""
    };
    answer(&desk, &records, end)
}

fn answer(desk: &Desk, records: &[Record], end: &str) -> anyhow::Result<ExitCode> {
    let json: Vec<Value> = records.iter().map(view::json).collect();
    desk.answer(&json!(json), &view::list(records, end))?;
    Ok(ExitCode::SUCCESS)
}

async fn show(arguments: &OneArguments) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    match load(&desk, &arguments.link).await? {
        Some(record) => {
            desk.answer(&view::json(&record), &view::one(&record))?;
            Ok(ExitCode::SUCCESS)
        }
        None => desk.not_found("there is no such link"),
    }
}

async fn load(desk: &Desk, id: &str) -> anyhow::Result<Option<Record>> {
    let id = LinkId(id.to_owned());
    if !id.is_well_formed() {
        return Ok(None);
    }
    let journal: &dyn Journal = &desk.store;
    journal.load(&desk.name, &id).await.context("reading the link")
}

/// Carries the link on here and now, under the same locks as a host does.
async fn settle(arguments: &OneArguments, how: Settle) -> anyhow::Result<ExitCode> {
    let desk = Desk::open(&arguments.place).await?;
    let Some(record) = load(&desk, &arguments.link).await? else {
        return desk.not_found("there is no such link");
    };
    if !record.stage.is_unsettled() {
        desk.answer(&view::json(&record), &view::one(&record))?;
        return Ok(ExitCode::SUCCESS);
    }
    let settled = desk.linking()?.settle(&record.id, how, &desk.operator).await;
    let record = match settled {
        Ok(record) => record,
        Err(LinkError::Busy) => {
            eprintln!("conjoin: a host is at work on one of its accounts; look again in a moment");
            return Ok(ExitCode::from(UNSETTLED));
        }
        Err(LinkError::NoSuchLink) => anyhow::bail!(
            "that does not fit a link in the stage `{}`, or not yet; `conjoin links show {}` says what does",
            record.stage.name(),
            record.id.0
        ),
        Err(error) => return Err(error).context("settling the link"),
    };
    desk.answer(&view::json(&record), &view::one(&record))?;
    Ok(if record.stage.is_unsettled() {
        ExitCode::from(UNSETTLED)
    } else {
        ExitCode::SUCCESS
    })
}

async fn close(arguments: &CloseArguments) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        arguments.yes,
        "this leaves both accounts as they are, with whatever was done and not done: look at `conjoin links show {}` first, then say `--yes`",
        arguments.one.link
    );
    settle(&arguments.one, Settle::Close).await
}

async fn forget(arguments: &ForgetArguments) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        arguments.yes,
        "this removes what is held of {} for good: its links can then be taken apart without metadata only. Say `--yes` to do it; `conjoin links of` shows what there is",
        arguments.user
    );
    let desk = Desk::open(&arguments.place).await?;
    let forgotten = desk
        .store
        .forget_person(&desk.name, &arguments.user, &desk.operator)
        .await?;
    let text = format!(
        "Forgot what was held of {}: in {} links (they can be taken apart without metadata), {} without effect, {} decisions of policies, {} messages; {} sessions and {} visits ended.\nThe audit trail keeps ids and digests. Messages still to be delivered stay until they are.",
        arguments.user,
        forgotten.records,
        forgotten.without_effect,
        forgotten.decisions,
        forgotten.messages,
        forgotten.sessions,
        forgotten.visits
    );
    desk.answer(&json!({ "user_id": arguments.user, "removed": forgotten }), &text)?;
    Ok(ExitCode::SUCCESS)
}
