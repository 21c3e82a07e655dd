//! The command line.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::config::{self, Config};
use crate::operate::print::unless_gone;
use crate::operate::{
    self, AuditCommand, EventsCommand, KeysCommand, LinksCommand, TokenCommand, audit, backup, events, keys, links,
    print, token,
};
use crate::policy_build::{self, PolicyBuildArguments};
use crate::policy_export::{self, PolicyExportArguments};
use crate::policy_new::{self, PolicyNewArguments};
use crate::policy_run::{self, PolicyRunArguments};
use crate::policy_test::{self, PolicyTestArguments};
use crate::remote::{self, RemoteCommand};
use crate::{compiling, dev, serve};

/// What a running host says by default.
const HOST_LOG: &str = "info,sqlx=warn";

/// What a command of the platform team says by default beside its answer.
const COMMAND_LOG: &str = "warn";

/// What every command means by its exit code; `--help` of one lists those that it has.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused, failed, or found wrong; standard error says why
  2  the command line is wrong
  3  there is none of what was named; of `policy build`: a tool is missing or too old
  4  not yet: it needs more time, or a person
  5  a host cannot be reached, or cannot answer now";

/// Joins the accounts that one person holds in an Auth0 tenant.
#[derive(Debug, Parser)]
#[command(name = "conjoin", version, about, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the host beside a simulated tenant with seeded people, to try it and to develop policies.
    Dev(Box<DevArguments>),
    /// Start the host for the tenants of a configuration file.
    Serve(ServeArguments),
    /// Start only the simulated tenant.
    DevTenant(DevTenantArguments),
    /// Work with policies.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Look a configuration over before a host is started with it.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at links, and settle or forget them.
    #[command(subcommand, after_help = operate::EXIT_CODES)]
    Links(LinksCommand),
    /// Export the audit trail, and verify that nobody changed it.
    #[command(subcommand, after_help = operate::EXIT_CODES)]
    Audit(AuditCommand),
    /// Look at messages to others, and send again what was given up.
    #[command(subcommand, after_help = operate::EXIT_CODES)]
    Events(EventsCommand),
    /// Make tokens for the admin API, list and revoke them.
    #[command(subcommand, after_help = operate::EXIT_CODES)]
    Token(TokenCommand),
    /// Work with the encryption key.
    #[command(subcommand, after_help = operate::EXIT_CODES)]
    Keys(KeysCommand),
    /// Copy a SQLite database while hosts use it.
    #[command(after_help = operate::EXIT_CODES)]
    Backup(backup::Arguments),
    /// Write what a shell needs to complete this command line, for its start-up files.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// What a host starts for each component that it compiles; of no use to people.
    #[command(name = compiling::COMMAND, hide = true)]
    CompilePolicy,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Tell every mistake in a file, each with its line. It is read as a host reads it, with what it takes from the environment and from other files.
    Check {
        /// The configuration file (TOML).
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Print the JSON Schema of the file, for editors.
    Schema,
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Make a project with a policy that builds and passes its cases, to be changed into your own.
    #[command(after_help = policy_new::EXIT_CODES)]
    New(PolicyNewArguments),
    /// Build a project into a component, whatever its language is.
    #[command(after_help = policy_build::EXIT_CODES)]
    Build(PolicyBuildArguments),
    /// Answer cases from standard input, one JSON object a line, with a shipped policy or a component file.
    Run(PolicyRunArguments),
    /// Try a shipped policy or a component file: its cases, and what every policy must do before it can be activated.
    #[command(after_help = policy_test::EXIT_CODES)]
    Test(PolicyTestArguments),
    /// What is done with a running host.
    #[command(flatten)]
    Remote(RemoteCommand),
    /// Make an npm package that decides in Node.js, in an Action or a service, what the component decides in a host.
    #[command(after_help = policy_export::EXIT_CODES)]
    Export(PolicyExportArguments),
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
    /// What one call of the policy may cost, a JSON object of what `[tenants.NAME.limits]` has.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub limits: String,
    /// How old a sign-in may be when it counts as proof, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub proof_max_age: u64,
    /// Metadata paths that a link never changes, such as `app_metadata/roles`. Can be repeated.
    #[arg(long, value_name = "PATH")]
    pub lock: Vec<conjoin_linking::tenant::GuardPath>,
    /// How late a write without an answer may still take effect; nothing is undone before. The simulated tenant is never late but by its faults.
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    pub recovery_quiet: u64,
    /// For how long a step without a definite answer is tried again before its link needs a person.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub settle_within: u64,
    /// Where events are posted to.
    #[arg(long, value_name = "URL")]
    pub webhook: Option<Url>,
    /// What they are signed with. Can be repeated.
    #[arg(long, value_name = "SECRET", default_value = dev::WEBHOOK_SECRET, requires = "webhook")]
    pub webhook_secret: Vec<SecretString>,
    /// A mail server on this machine that takes what people are told: `smtp://127.0.0.1:2525`.
    #[arg(long, value_name = "URL")]
    pub smtp: Option<SecretString>,
    /// What the lookup of accounts is asked with as bearer token, at least 32 characters.
    #[arg(long, value_name = "TOKEN")]
    pub lookup_token: Option<SecretString>,
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
    /// The issuer, when browsers reach it under another name [default: http://localhost:PORT/, with --tls https].
    #[arg(long)]
    pub issuer: Option<Url>,
    /// Serves HTTPS, with a certificate by an authority that is made anew at each start.
    #[arg(long)]
    pub tls: bool,
    /// Where that authority's certificate is written (PEM), for NODE_EXTRA_CA_CERTS, REQUESTS_CA_BUNDLE and their like.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub tls_authority: Option<PathBuf>,
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// Whatever stops the command, in words for the terminal.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Dev(arguments) => serving(dev::run(*arguments)),
            Command::Serve(arguments) => serving(serve::run(arguments)),
            Command::DevTenant(arguments) => serving(dev::run_tenant(arguments)),
            Command::Policy(command) => command.run(),
            Command::Config(ConfigCommand::Check { config }) => {
                let config = Config::checked(&config)?;
                let tenants: Vec<_> = config.tenants.keys().map(String::as_str).collect();
                print::out(format!("in order; the tenants are {}", tenants.join(", ")))?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Config(ConfigCommand::Schema) => {
                print::out(serde_json::to_string_pretty(&config::schema())?)?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Links(command) => block_on(COMMAND_LOG, links::run(command)),
            Command::Audit(command) => block_on(COMMAND_LOG, audit::run(command)),
            Command::Events(command) => block_on(COMMAND_LOG, events::run(command)),
            Command::Token(command) => block_on(COMMAND_LOG, token::run(command)),
            Command::Keys(command) => block_on(COMMAND_LOG, keys::run(command)),
            Command::Backup(arguments) => block_on(COMMAND_LOG, backup::run(arguments)),
            Command::Completions { shell } => complete(shell),
            // Without a runtime, a log or anything else that the child does not need.
            Command::CompilePolicy => Ok(conjoin_engine::compile_for_parent()),
        }
    }
}

impl PolicyCommand {
    fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New(arguments) => policy_new::run(&arguments),
            Self::Build(arguments) => policy_build::run(&arguments),
            Self::Run(arguments) => {
                policy_run::run(&arguments, io::stdin().lock(), io::stdout().lock())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Test(arguments) => policy_test::run(&arguments),
            Self::Export(arguments) => policy_export::run(&arguments),
            Self::Remote(command) => block_on(COMMAND_LOG, remote::run(command)),
        }
    }
}

fn complete(shell: Shell) -> anyhow::Result<ExitCode> {
    // The generator completes hidden commands as well.
    let whole = Cli::command();
    let visible = whole.get_subcommands().filter(|command| !command.is_hide_set());
    let mut visible = clap::Command::new("conjoin")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommands(visible.cloned());
    // To memory first: it takes a reader that has gone for a bug.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut visible, "conjoin", &mut script);
    unless_gone(io::stdout().write_all(&script)).context("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

fn serving(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    block_on(HOST_LOG, async { work.await.map(|()| ExitCode::SUCCESS) })
}

fn block_on(log: &str, work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let filter = EnvFilter::try_from_env("CONJOIN_LOG").unwrap_or_else(|_| EnvFilter::new(log));
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

    #[test]
    fn what_only_the_program_itself_calls_is_not_in_the_help() {
        let help = super::Cli::command().render_long_help().to_string();
        assert!(
            help.contains("dev-tenant") && !help.contains(crate::compiling::COMMAND),
            "{help}"
        );
    }
}
