//! What the platform team does at the command line: look at links, settle or forget them, prove the audit trail, send messages again, change keys, back up.
//!
//! Each command is a file; [`Desk`] is what all of them work at: the store, opened as a host opens it, and who is asking. A command changes nothing that a host is at
//! work on, since it takes the same locks; whatever it changes stands in the audit trail with the operator's name. None shows a metadata value: they are sealed, and
//! an operator has no more business in them than a log has.

pub mod audit;
pub mod backup;
pub mod events;
pub mod keys;
pub mod links;
mod operator;
pub(crate) mod print;
pub mod token;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use conjoin_linking::audit::AuditEntry;
use conjoin_linking::flow::Linking;
use conjoin_linking::journal::Journal;
use conjoin_linking::shelf::Shelf;
use conjoin_linking::tenant::TenantName;
use serde_json::{Map, Value};

pub use audit::AuditCommand;
pub use events::EventsCommand;
pub use keys::KeysCommand;
pub use links::LinksCommand;
pub use token::TokenCommand;

use crate::app::{App, Options, Shared};
use crate::config::{Config, TenantConfig};
use crate::store::Store;
use crate::{dev, serve};

/// For `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  it failed, or what was verified does not hold; standard error says why
  2  the command line is wrong
  3  there is no such link, message or token
  4  the link is not settled yet: it was tried and needs more time or a person";

/// The link or message does not exist.
const NOT_FOUND: u8 = 3;

/// It exists and is not settled.
const UNSETTLED: u8 = 4;

/// Where the data is, and how to answer.
#[derive(Debug, Args)]
pub struct Where {
    /// The host's configuration file (TOML).
    #[arg(long, value_name = "FILE", required_unless_present = "data", conflicts_with = "data")]
    pub config: Option<PathBuf>,
    /// The data directory of a `conjoin dev`.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The tenant, where the configuration has several.
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    pub tenant: Option<String>,
    /// Answer as JSON, on one line.
    #[arg(long)]
    pub json: bool,
}

/// What a command works at.
struct Desk {
    store: Store,
    name: TenantName,
    tenant: TenantConfig,
    options: Options,
    operator: String,
    json: bool,
}

impl Desk {
    /// Opens the database as the host does: with its keys, and with its messages going to the same places.
    async fn open(place: &Where) -> anyhow::Result<Self> {
        let operator = operator::name();
        let json = place.json;
        if let Some(file) = &place.config {
            let mut config = Config::from_file(file)?;
            check_exists(config.database_url())?;
            let name = tenant_name(&config, place.tenant.as_deref())?;
            return Ok(Self {
                store: serve::open_store(&config).await?,
                options: config.options(),
                tenant: config.tenants.remove(&name).context("the tenant is not configured")?,
                name: TenantName(name),
                operator,
                json,
            });
        }
        let data = place.data.as_deref().context("name a `--config` or a `--data`")?;
        let left = dev::Data::existing(data).await?;
        Ok(Self {
            store: left.store,
            options: dev::options(&left.traits.recovery()),
            tenant: dev::tenant_config(left.traits, left.base),
            name: TenantName(dev::TENANT.to_owned()),
            operator,
            json,
        })
    }

    /// The domain, to carry a link on. No policy runs after a confirmation, so there is none.
    fn linking(&self) -> anyhow::Result<Linking> {
        let shared = Shared::new(self.store.clone(), self.options.clone())?;
        let app = App::new(&self.name.0, &self.tenant, Arc::new(Shelf::empty()), &shared)?;
        Ok(app.linking)
    }

    /// Writes down that the operator did something that no stage of a link says.
    async fn audit(&self, event: &str, facts: Map<String, Value>) -> anyhow::Result<()> {
        let entry = AuditEntry::by_operator(event, &self.operator, None, facts);
        let journal: &dyn Journal = &self.store;
        journal
            .audit(&self.name, &entry)
            .await
            .context("writing to the audit trail")
    }

    /// Answers, in the form that was asked for.
    fn answer(&self, json: &Value, text: &str) -> anyhow::Result<()> {
        print::out(if self.json { json.to_string() } else { text.to_owned() })
    }

    /// Says that there is none of what was asked for.
    fn not_found(&self, text: &str) -> anyhow::Result<ExitCode> {
        if self.json {
            print::out("null".to_owned())?;
        }
        eprintln!("conjoin: {text}");
        Ok(ExitCode::from(NOT_FOUND))
    }
}

/// Which tenant a command is about.
fn tenant_name(config: &Config, named: Option<&str>) -> anyhow::Result<String> {
    let all = || config.tenants.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    match (named, config.tenants.len()) {
        (Some(name), _) if config.tenants.contains_key(name) => Ok(name.to_owned()),
        (Some(name), _) => anyhow::bail!("the configuration has no tenant `{name}`; it has {}", all()),
        (None, 1) => Ok(all()),
        (None, _) => anyhow::bail!("say with `--tenant` which tenant is meant: {}", all()),
    }
}

/// A host makes the SQLite file that it is told of; a command must not, or a mistyped address would answer that all is well.
fn check_exists(database_url: &str) -> anyhow::Result<()> {
    let Some(file) = database_url.strip_prefix("sqlite://") else {
        return Ok(());
    };
    let file = file.split('?').next().unwrap_or(file);
    let file = percent_encoding::percent_decode_str(file).decode_utf8_lossy();
    anyhow::ensure!(
        Path::new(&*file).exists(),
        "`database_url` names a file that is not there; the first start of a host makes it"
    );
    Ok(())
}
