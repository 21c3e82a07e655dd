//! Auth0's own clients, unmodified, against the tenant over TLS: each program of `node/` and `python/` runs alone against a tenant of its own, and says of each
//! operation how it went.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod application;
mod install;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use conjoin_dev_tenant::{Config, DevTenant, GrantType, TlsConfig};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::process::Command;

use application::Application;

/// What the slowest program, Chromium, may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(480);

#[tokio::test]
async fn node_management() {
    run(install::node("management.mjs"), 30).await;
}

#[tokio::test]
async fn node_authentication() {
    run(install::node("authentication.mjs"), 18).await;
}

#[tokio::test]
async fn node_openid_client() {
    run(install::node("openid_client.mjs"), 19).await;
}

#[tokio::test]
async fn node_express_openid_connect() {
    run(install::node("express_openid_connect.mjs"), 6).await;
}

#[tokio::test]
async fn node_spa_in_chromium() {
    let mut program = install::node("spa.mjs");
    program.env("CHROMIUM", install::on_path("chromium"));
    // The application is of the tenant's site, and so speaks HTTPS: Chromium keeps cookies from frames of other sites.
    let folder = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    for (variable, name, text) in [
        ("APP_CERTIFICATE", "app.pem", own.cert.pem()),
        ("APP_KEY", "app.key", own.signing_key.serialize_pem()),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        program.env(variable, file);
    }
    run(program, 7).await;
}

#[tokio::test]
async fn express_application_in_chromium() {
    run_application("localhost", "application.mjs", 7).await;
}

#[tokio::test]
async fn express_application_at_a_tenant_of_another_site() {
    run_application("127.0.0.1", "application_cross_site.mjs", 2).await;
}

#[tokio::test]
async fn python_management() {
    run(install::python("management.py"), 15).await;
}

#[tokio::test]
async fn python_authentication() {
    run(install::python("authentication.py"), 9).await;
}

/// Runs a program against a tenant of its own, over TLS.
async fn run(mut program: Command, at_least: usize) {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    let tenant = DevTenant::start(config(&authority), TcpListener::bind("127.0.0.1:0").await.unwrap())
        .await
        .unwrap();
    program
        .env("TENANT", tenant.issuer().as_str())
        .env("NODE_EXTRA_CA_CERTS", &authority)
        .env("REQUESTS_CA_BUNDLE", &authority)
        .env("SSL_CERT_FILE", &authority);
    let ran = Run::of(program).await;
    tenant.shutdown().await;
    ran.check(at_least);
}

/// Runs a program that uses the Express application, at `localhost`, in Chromium; `host` is the tenant's.
async fn run_application(host: &str, program: &str, at_least: usize) {
    let application = Application::start(host).await;
    let mut program = install::node(program);
    program
        .env("TENANT", application.tenant.issuer().as_str())
        .env("APPLICATION", &application.url)
        .env("CHROMIUM", install::on_path("chromium"));
    let mut ran = Run::of(program).await;
    ran.complaints.push_str(&application.end().await);
    ran.check(at_least);
}

/// What came of a program.
struct Run {
    succeeded: bool,
    operations: String,
    complaints: String,
}

impl Run {
    async fn of(mut program: Command) -> Self {
        program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = program.spawn().unwrap();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (mut operations, mut complaints) = (String::new(), String::new());
        let ended = tokio::time::timeout(PATIENCE, async {
            let read = tokio::join!(out.read_to_string(&mut operations), err.read_to_string(&mut complaints));
            read.0.and(read.1).unwrap();
            child.wait().await.unwrap()
        });
        let ended = ended.await;
        Self {
            complaints: format!("{complaints}\n{ended:?}\n"),
            succeeded: ended.is_ok_and(|status| status.success()),
            operations,
        }
    }

    /// Fails with all that was written, unless every operation went well and there were at least so many.
    fn check(self, at_least: usize) {
        let Self {
            succeeded,
            operations,
            complaints,
        } = self;
        println!("{operations}");
        let went_well = operations.lines().filter(|line| line.starts_with("ok ")).count();
        let went_wrong = operations.lines().any(|line| line.starts_with("failed "));
        assert!(succeeded && !went_wrong, "{operations}\n{complaints}");
        assert!(
            went_well >= at_least,
            "{went_well} operations\n{operations}\n{complaints}"
        );
    }
}

/// The seeded tenant over TLS, with everything on that the clients ask for.
fn config(authority: &Path) -> Config {
    let mut config = Config {
        tls: Some(TlsConfig {
            authority: Some(authority.to_owned()),
        }),
        pushed_authorization_requests: true,
        ..Config::default()
    };
    for client in &mut config.clients {
        if client.client_id == "conjoin-dev" {
            client
                .grant_types
                .extend([GrantType::Password, GrantType::PasswordlessOtp]);
        }
    }
    config
}
