//! The Express application as a process beside a tenant.

use std::process::Stdio;
use std::time::Duration;

use conjoin_dev_tenant::{Config, DevTenant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::install;

/// Until it listens, on a busy machine.
const START: Duration = Duration::from_secs(120);

/// A tenant, the application that signs people in at it, and what the application complains of. Its end is the application's too.
pub struct Application {
    pub tenant: DevTenant,
    pub url: String,
    process: Child,
    complaints: JoinHandle<String>,
}

impl Application {
    /// Starts both. The application is at `localhost`; the tenant calls itself by `host`, which is another site unless it is `localhost` too.
    pub async fn start(host: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Config {
            issuer: Some(format!("http://{host}:{port}/").parse().unwrap()),
            ..Config::default()
        };
        let tenant = DevTenant::start(config, listener).await.unwrap();
        let mut process = install::express()
            .env("NODE_ENV", "production")
            .env("NODE_DEBUG", "link")
            .env("ISSUER_BASE_URL", tenant.issuer().as_str())
            .env("CLIENT_ID", "conjoin-dev")
            .env("CLIENT_SECRET", "conjoin-dev-secret")
            .env("APP_SESSION_SECRET", "a long secret of the application's own cookies")
            .env("PORT", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (out, mut err) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
        let complaints = tokio::spawn(async move {
            let mut text = String::new();
            err.read_to_string(&mut text).await.unwrap();
            text
        });
        let mut lines = BufReader::new(out).lines();
        let first = tokio::time::timeout(START, lines.next_line()).await;
        let first = first.expect("it listens in time").unwrap();
        let url = first.as_deref().and_then(|line| line.strip_prefix("listening: "));
        let Some(url) = url.map(str::to_owned) else {
            process.kill().await.unwrap();
            panic!("{first:?} instead of an address: {}", complaints.await.unwrap());
        };
        Self {
            tenant,
            url,
            process,
            complaints,
        }
    }

    /// Ends the application, and answers what it wrote about errors.
    pub async fn end(mut self) -> String {
        self.process.kill().await.unwrap();
        self.tenant.shutdown().await;
        self.complaints.await.unwrap()
    }
}
