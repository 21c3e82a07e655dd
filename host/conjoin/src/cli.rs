//! The command line.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::policy_run::{self, PolicyRunArguments};
use crate::{dev, serve};

/// Joins the accounts that one person holds in an Auth0 tenant.
#[derive(Debug, Parser)]
#[command(name = "conjoin", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the host beside a simulated tenant with seeded people, to try it and to develop policies.
    Dev(DevArguments),
    /// Start the host for the tenant of a configuration file.
    Serve(ServeArguments),
    /// Start only the simulated tenant.
    DevTenant(DevTenantArguments),
    /// Work with policies.
    #[command(subcommand)]
    Policy(PolicyCommand),
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Answer cases from standard input, one JSON object a line, with a shipped policy or a component file.
    Run(PolicyRunArguments),
}

/// Options of `conjoin dev`.
#[derive(Debug, Args)]
pub struct DevArguments {
    /// Where the host listens.
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// Where the simulated tenant listens.
    #[arg(long, default_value = "127.0.0.1:3001")]
    pub tenant_listen: SocketAddr,
    /// The tenant's issuer, when browsers reach it under another name [default: http://localhost:PORT/].
    #[arg(long)]
    pub tenant_issuer: Option<Url>,
    /// A configuration file for the simulated tenant (TOML): clients, connections, users, rate limits.
    #[arg(long, value_name = "FILE")]
    pub tenant_config: Option<PathBuf>,
    /// A policy component that replaces the default policy; read again when the file changes.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Settings for the policy, a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub settings: String,
    /// Keep sessions and the journal in this directory [default: a fresh temporary one, removed at the end].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How old a sign-in may be when it counts as proof, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub proof_max_age: u64,
    /// Metadata paths that a link never changes, such as `app_metadata/roles`. Can be repeated.
    #[arg(long, value_name = "PATH")]
    pub lock: Vec<conjoin_linking::tenant::GuardPath>,
}

/// Options of `conjoin serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Options of `conjoin dev-tenant`.
#[derive(Debug, Args)]
pub struct DevTenantArguments {
    /// Where it listens.
    #[arg(long, default_value = "127.0.0.1:3001")]
    pub listen: SocketAddr,
    /// A configuration file (TOML): issuer, clients, connections, users, rate limits.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The issuer, when browsers reach it under another name [default: http://localhost:PORT/].
    #[arg(long)]
    pub issuer: Option<Url>,
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// Whatever stops the command, in words for the terminal.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Dev(arguments) => block_on(dev::run(arguments)),
            Command::Serve(arguments) => block_on(serve::run(arguments)),
            Command::DevTenant(arguments) => block_on(dev::run_tenant(arguments)),
            Command::Policy(PolicyCommand::Run(arguments)) => {
                Ok(policy_run::run(&arguments, io::stdin().lock(), io::stdout().lock())?)
            }
        }
    }
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("CONJOIN_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
