//! The Node side, in `smtp/`: a mail server, and the webhook library of Standard Webhooks.

use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, mpsc};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bounded;

/// The folder, with what it depends on installed.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events/smtp");
    // What `npm ci` writes last.
    if !folder.join("node_modules/.package-lock.json").exists() {
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let installed = bounded::output(Command::new("npm").args(arguments).current_dir(&folder));
        let output = installed.expect("npm installs the counterparts; install Node 20 or later");
        assert!(
            output.status.success(),
            "npm ci: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    folder
});

/// A mail server that ends with the test.
pub struct MailServer {
    pub port: u16,
    said: mpsc::Receiver<Value>,
    child: Child,
}

impl MailServer {
    pub fn start() -> Self {
        Self::with(&["plain"])
    }

    /// Over TLS, from the first byte (`tls`) or after asking for it (`starttls`).
    pub fn over_tls(mode: &str, authority: &Authority) -> Self {
        let file = |name: &str| authority.file(name).to_str().unwrap().to_owned();
        Self::with(&[mode, &file("server.key"), &file("server.pem")])
    }

    fn with(arguments: &[&str]) -> Self {
        let mut child = Command::new("node")
            .arg("server.mjs")
            .args(arguments)
            .current_dir(&*FOLDER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let mut server = Self { port: 0, said, child };
        server.port = u16::try_from(server.next()["port"].as_u64().unwrap()).unwrap();
        server
    }

    /// What it says next: a recipient that it was asked to take, or a whole mail.
    pub fn next(&self) -> Value {
        self.said
            .recv_timeout(Duration::from_secs(20))
            .expect("the mail server says something")
    }

    /// The next mail that it took.
    pub fn mail(&self) -> Value {
        loop {
            let said = self.next();
            if said.get("subject").is_some() {
                return said;
            }
        }
    }

    /// Whether it says nothing for a moment.
    pub fn is_quiet(&self) -> bool {
        self.said.recv_timeout(Duration::from_millis(500)).is_err()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Certifies `localhost`, and is trusted by nobody but who is told to.
pub struct Authority(TempDir);

impl Authority {
    pub fn new() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        authority.certify(&["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Conjoin tests"]);
        let (san, leaf) = ("subjectAltName=DNS:localhost", "basicConstraints=critical,CA:FALSE");
        let signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", san, "-addext", leaf];
        let named = ["-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=localhost"];
        authority.certify(&[&signed[..], &named[..]].concat());
        authority
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn certify(&self, arguments: &[&str]) {
        let curve = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-noenc",
            "-days",
            "2",
        ];
        let mut command = Command::new("openssl");
        command.args(["req", "-x509"]).args(curve).args(arguments);
        let output = bounded::output(command.current_dir(self.0.path())).expect("openssl 3 is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A consumer of webhooks in JavaScript, run from its source. Ends when it is dropped.
pub struct Consumer {
    pub url: String,
    child: Child,
}

impl Consumer {
    pub fn start(source: &str, secret: &str) -> Self {
        // It must know its port before it listens; the port is free again once the probe is closed.
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let mut child = Command::new("node")
            .args(["--input-type=module", "--eval", source])
            .current_dir(&*FOLDER)
            .env("PORT", port.to_string())
            .env("SECRET", secret)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let listens = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        for _ in 0..200 {
            if listens() {
                break;
            }
            assert!(child.try_wait().unwrap().is_none(), "the consumer runs");
            std::thread::sleep(Duration::from_millis(50));
        }
        let url = format!("http://127.0.0.1:{port}/");
        Self { url, child }
    }

    /// Ends it, and gives what it wrote.
    pub fn stop(mut self) -> String {
        let _ = self.child.kill();
        let mut written = String::new();
        let mut output = self.child.stdout.take().unwrap();
        output.read_to_string(&mut written).unwrap();
        written
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the official library makes of a webhook; `Err` with its words when it refuses it.
pub fn verify(secret: &str, headers: &Value, body: &str) -> Result<Value, String> {
    let mut input = tempfile::tempfile().unwrap();
    let question = json!({ "secret": secret, "headers": headers, "body": body });
    input.write_all(question.to_string().as_bytes()).unwrap();
    input.rewind().unwrap();
    let mut node = Command::new("node");
    node.arg("verify.mjs").current_dir(&*FOLDER).stdin(input);
    let output = bounded::output(&mut node).unwrap();
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).unwrap())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}
