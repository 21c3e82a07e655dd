//! A tenant and a host as two processes: what the host is like without the comforts of `conjoin dev`, and what is left when it is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use tempfile::TempDir;
use url::Url;

use crate::host::{collect, program_command};
use crate::{Host, Tenant, bounded};

/// What these hosts encrypt with: decodes to 32 bytes; tests need no better key.
pub const ENCRYPTION_KEY: &str = "Y29uam9pbi10ZXN0cy1rZWVwLW5vdGhpbmctc2VjcmU=";

/// A running `conjoin dev-tenant`. Ends when it is dropped.
pub struct TenantProcess {
    /// The tenant.
    pub tenant: Tenant,
    child: Child,
}

impl TenantProcess {
    /// Starts it on a free port.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// Starts it with further arguments of `conjoin dev-tenant`.
    pub fn with(arguments: &[&str]) -> Self {
        let mut child = program_command()
            .args(["dev-tenant", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let url = ready(&mut child).expect("the tenant is ready");
        Self {
            tenant: Tenant::new(url),
            child,
        }
    }

    /// Starts `conjoin serve` for it, with a data directory that may have been used before, on `port`. `settings` is TOML for the end of `[tenants.test]`.
    pub fn host(&self, data: TempDir, port: u16, settings: &str) -> Host {
        self.host_on(data.path().to_owned(), data, port, settings)
    }

    /// Starts a host whose admin API and pages listen apart, on `admin`. `settings` is TOML for the end of `[tenants.test]`.
    pub fn host_apart(&self, port: u16, admin: u16, settings: &str) -> Host {
        let data = tempfile::tempdir().expect("a temporary directory");
        let configuration = self.configuration("test", data.path(), port, settings);
        self.host_as(
            data,
            &format!("admin_listen = \"127.0.0.1:{admin}\"\n{configuration}"),
            port,
        )
    }

    /// Starts a host with a data directory that may have been used before, on `port`. `head` is TOML for the beginning of its configuration.
    pub fn host_headed(&self, data: TempDir, port: u16, head: &str) -> Host {
        let configuration = self.configuration("test", data.path(), port, "");
        self.host_as(data, &format!("{head}\n{configuration}"), port)
    }

    /// Starts another host beside one that runs, on the same database.
    pub fn host_beside(&self, other: &Host, port: u16, settings: &str) -> Host {
        let own = tempfile::tempdir().expect("a temporary directory");
        self.host_on(other.data.path().to_owned(), own, port, settings)
    }

    /// Starts a host for this tenant under another name, on the database of a host that runs: to it, a tenant of its own.
    pub fn host_of(&self, other: &Host, name: &str, port: u16) -> Host {
        let own = tempfile::tempdir().expect("a temporary directory");
        let configuration = self.configuration(name, other.data.path(), port, "");
        self.host_as(own, &configuration, port)
    }

    /// Starts a host whose applications have a private key each, in a file, and no secret.
    pub fn host_with_keys(&self, port: u16, [client, management]: [&Path; 2]) -> Host {
        let data = tempfile::tempdir().expect("a temporary directory");
        let configuration = self
            .configuration("test", data.path(), port, "")
            .replace(
                "management_client_secret = \"conjoin-m2m-secret\"",
                &format!("management_client_private_key = {{ file = {management:?} }}"),
            )
            .replace(
                "client_secret = \"conjoin-dev-secret\"",
                &format!("client_private_key = {{ file = {client:?} }}"),
            );
        assert!(!configuration.contains("secret"), "{configuration}");
        self.host_as(data, &configuration, port)
    }

    fn host_on(&self, database: PathBuf, data: TempDir, port: u16, settings: &str) -> Host {
        let configuration = self.configuration("test", &database, port, settings);
        self.host_as(data, &configuration, port)
    }

    fn host_as(&self, data: TempDir, configuration: &str, port: u16) -> Host {
        let file = data.path().join("conjoin.toml");
        std::fs::write(&file, configuration).expect("a file");
        let mut child = program_command()
            .args(["serve", "--config"])
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = collect(child.stderr.take().expect("standard error is piped"));
        let url = ready(&mut child).unwrap_or_else(|| {
            let (ended, said) = (bounded::wait(&mut child), log.lock().map(|log| log.clone()));
            panic!(
                "the host is not ready on port {port}: {ended:?}; it said:\n{}",
                said.unwrap_or_default()
            )
        });
        Host {
            url,
            tenant: self.tenant.clone(),
            child,
            log,
            data,
        }
    }

    fn configuration(&self, name: &str, database: &Path, port: u16, settings: &str) -> String {
        format!(
            r#"
            listen = "127.0.0.1:{port}"
            database_url = "sqlite://{database}"
            encryption_key = "{ENCRYPTION_KEY}"

            [tenants.{name}]
            base_url = "http://localhost:{port}"
            issuer = "{issuer}"
            client_id = "conjoin-dev"
            client_secret = "conjoin-dev-secret"
            management_client_id = "conjoin-m2m"
            management_client_secret = "conjoin-m2m-secret"
            {settings}
            "#,
            database = database.join("conjoin.db").display(),
            issuer = self.tenant.url,
        )
    }
}

impl Drop for TenantProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free now. A host that is started again must keep its address.
pub fn free_port() -> u16 {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    probe.local_addr().expect("an address").port()
}

/// Where it is, if it says so.
fn ready(child: &mut Child) -> Option<Url> {
    let line = bounded::first_line(child).expect("standard output can be read");
    Some(Url::parse(line.trim().strip_prefix("ready: ")?).expect("the address is one"))
}
