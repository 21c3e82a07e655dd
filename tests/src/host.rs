//! The built program.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use url::Url;

use crate::{Browser, Tenant, bounded};

/// How long is between two looks at a log, and how many there are at most: longer than anything that a host does by itself.
const LOOKS: (Duration, u32) = (Duration::from_millis(25), 4_000);

/// A running `conjoin dev`: a host and a simulated tenant of its own, on free ports, with a fresh database. Ends when it is dropped.
pub struct Host {
    /// Where the host is.
    pub url: Url,
    /// Its tenant.
    pub tenant: Tenant,
    pub(crate) child: Child,
    pub(crate) log: Arc<Mutex<String>>,
    pub(crate) data: TempDir,
}

impl Host {
    /// Starts it with the defaults.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts it with further arguments of `conjoin dev`.
    pub async fn with(arguments: &[&str]) -> Self {
        Self::on(tempfile::tempdir().expect("a temporary directory"), arguments).await
    }

    /// Starts it with a tenant that browsers reach under another host name, so that its callbacks come from another site.
    pub async fn across_sites(tenant_host: &str) -> Self {
        // The port must be known before the program starts; it is free again once the probe is closed.
        let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = probe.local_addr().expect("an address").port();
        drop(probe);
        let (listen, issuer) = (format!("127.0.0.1:{port}"), format!("http://{tenant_host}:{port}/"));
        Self::with(&["--tenant-listen", &listen, "--tenant-issuer", &issuer]).await
    }

    /// Starts it on a data directory that may have been used before.
    pub async fn on(data: TempDir, arguments: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.arg("dev");
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        if !arguments.contains(&"--tenant-listen") {
            command.args(["--tenant-listen", "127.0.0.1:0"]);
        }
        let mut child = command
            .arg("--data")
            .arg(data.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = collect(child.stderr.take().expect("standard error is piped"));
        let ready = bounded::first_line(&mut child).expect("standard output can be read");
        let Some(url) = ready.trim().strip_prefix("ready: ") else {
            let ended = bounded::wait(&mut child);
            let log = log.lock().map(|log| log.clone()).unwrap_or_default();
            panic!("not ready: {ready:?}; {ended:?}; it said:\n{log}");
        };
        let url = Url::parse(url).expect("the address is one");
        // Where the tenant is shows in the redirect of a sign-in, as it does to any browser.
        let authorize = Browser::new().get_once(url.join("/login").unwrap()).await;
        let tenant = Tenant::new(
            authorize
                .location()
                .expect("a redirect to the tenant")
                .join("/")
                .unwrap(),
        );
        Self {
            url,
            tenant,
            child,
            log,
            data,
        }
    }

    /// An address of the host.
    pub fn at(&self, path: &str) -> Url {
        self.url.join(path).expect("a path")
    }

    /// Its data directory.
    pub fn folder(&self) -> &Path {
        self.data.path()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The log, once it holds this text: what a host has written is read a moment later.
    pub async fn said(&self, text: &str) -> String {
        for _ in 0..LOOKS.1 {
            let log = self.log();
            if log.contains(text) {
                return log;
            }
            tokio::time::sleep(LOOKS.0).await;
        }
        panic!("{text:?} was not logged; it said:\n{}", self.log());
    }

    /// How much memory it holds, in bytes, and held at most: `VmRSS` and `VmHWM` of Linux's `/proc`.
    pub fn memory(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with(field)).expect("the field");
        let kibibytes = line
            .split_whitespace()
            .nth(1)
            .and_then(|number| number.parse::<u64>().ok());
        kibibytes.expect("a number") << 10
    }

    /// Stops it where it is, as a machine that swaps or is moved does.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "the host cannot be sent SIG{name}"
        );
    }

    /// Runs a command of the platform team on this host's data, and answers what it wrote to standard output.
    pub fn operate(&self, command: &[&str]) -> String {
        let file = self.data.path().join("conjoin.toml");
        let place = if file.exists() {
            ["--config".into(), file.into_os_string()]
        } else {
            ["--data".into(), self.data.path().as_os_str().to_owned()]
        };
        let ran = bounded::output(program_command().args(command).args(place));
        let ran = ran.expect("the program starts");
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{command:?}: {}: {told}", ran.status);
        String::from_utf8(ran.stdout).expect("text")
    }

    /// The links and unlinks that somebody confirmed and that are at no end, as the platform team is told.
    pub fn unsettled(&self) -> Vec<Value> {
        let listed = self.operate(&["links", "list", "--unsettled", "--json"]);
        serde_json::from_str(&listed).unwrap_or_else(|error| panic!("{error}: {listed}"))
    }

    /// Kills the host and its tenant at once, as a power cut would, and gives back the data directory.
    pub fn kill(mut self) -> TempDir {
        let _ = self.child.kill();
        let _ = self.child.wait();
        std::mem::replace(&mut self.data, tempfile::tempdir().expect("a temporary directory"))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program that `cargo build` made, beside this test.
pub fn program() -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    let built = test
        .parent()
        .and_then(|dependencies| dependencies.parent())
        .expect("target/debug/deps")
        .join("conjoin");
    assert!(
        built.exists(),
        "{} is not built: run `cargo build` first, or tests/run",
        built.display()
    );
    built
}

/// The program, without what the tests themselves are told: those variables are no keys of the configuration.
pub(crate) fn program_command() -> Command {
    let mut command = Command::new(program());
    for name in [
        "CONJOIN_CELL",
        "CONJOIN_RUNS",
        "CONJOIN_SCREENSHOTS",
        "CONJOIN_SEED",
        "CONJOIN_UPDATE",
    ] {
        command.env_remove(name);
    }
    command
}

/// Reads a stream in the background, so that the program never waits for its reader.
pub(crate) fn collect(stream: impl std::io::Read + Send + 'static) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let sink = log.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let Ok(mut log) = sink.lock() else { return };
            log.push_str(&line);
            log.push('\n');
        }
    });
    log
}
