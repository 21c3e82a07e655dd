//! Real Chromium, driven by its own driver.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;
use std::time::Duration;

use tempfile::TempDir;
use thirtyfour::extensions::query::ElementQueryable;
use thirtyfour::{By, CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, WebElement};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::PASSWORD;

/// Width and height of the window, in CSS pixels.
pub type Window = (u32, u32);

/// A desk.
pub const DESKTOP: Window = (1100, 900);

/// A hand.
pub const PHONE: Window = (390, 844);

/// How long an element may take to be there.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked for.
const INTERVAL: Duration = Duration::from_millis(50);

/// A browser keeps a processor busy. With more of them than there are, people in these tests wait longer than a tenant lets an Action take.
static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new(processors))
});

/// A browser with a fresh profile. Call [`Chromium::close`] at the end; what is dropped is killed.
pub struct Chromium {
    /// To do what the helpers here do not.
    pub driver: WebDriver,
    child: Child,
    _profile: TempDir,
    _place: OwnedSemaphorePermit,
}

impl Chromium {
    /// Starts a driver on a free port, and through it a browser, once there is a processor for it. A test has one at a time: a second would wait for the first.
    pub async fn start((width, height): Window) -> Self {
        let place = PLACES.clone().acquire_owned().await.expect("a place");
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed: run tests/run");
        let port = port(&mut child);
        let profile = tempfile::tempdir().expect("a temporary directory");
        let mut wanted = DesiredCapabilities::chrome();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            &format!("--window-size={width},{height}"),
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            wanted.add_arg(argument).expect("an argument");
        }
        // That of a test's own front; nothing else here has one.
        wanted.accept_insecure_certs(true).expect("a capability");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted)
            .await
            .expect("a browser");
        Self {
            driver,
            child,
            _profile: profile,
            _place: place,
        }
    }

    /// Opens an address.
    pub async fn open(&self, url: Url) {
        self.driver.goto(url.as_str()).await.expect("a page");
    }

    /// The first element that a selector matches, once there is one: a click returns before the page that it leads to is there.
    pub async fn find(&self, selector: &str) -> WebElement {
        let waiting = self.driver.query(By::Css(selector)).wait(PATIENCE, INTERVAL);
        match waiting.first().await {
            Ok(element) => element,
            Err(error) => panic!(
                "no {selector} at {}: {error}\n{}",
                self.url().await,
                self.source().await
            ),
        }
    }

    /// How many elements a selector matches.
    pub async fn count(&self, selector: &str) -> usize {
        self.driver.find_all(By::Css(selector)).await.expect("an answer").len()
    }

    /// What a person reads in an element.
    pub async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.expect("text")
    }

    /// An attribute of each element that a selector matches.
    pub async fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for element in self.driver.find_all(By::Css(selector)).await.expect("an answer") {
            values.push(element.attr(name).await.expect("an answer").unwrap_or_default());
        }
        values
    }

    /// Clicks, and waits for the navigation that it causes, as the driver does.
    pub async fn click(&self, selector: &str) {
        self.find(selector).await.click().await.expect("a click");
    }

    /// Fills in the tenant's sign-in form and sends it.
    pub async fn enter(&self, who: &str) {
        let name = self.find("input[name=username]").await;
        name.clear().await.expect("cleared");
        name.send_keys(who).await.expect("typed");
        self.find("input[name=password]")
            .await
            .send_keys(PASSWORD)
            .await
            .expect("typed");
        self.click("form:has(input[name=password]) [type=submit]").await;
    }

    /// Where it is.
    pub async fn url(&self) -> Url {
        self.driver.current_url().await.expect("an address")
    }

    /// The page as the browser has it.
    pub async fn source(&self) -> String {
        self.driver.source().await.expect("a page")
    }

    /// Takes a picture of the window, when `CONJOIN_SCREENSHOTS` names a directory.
    pub async fn picture(&self, name: &str) {
        if let Some(directory) = std::env::var_os("CONJOIN_SCREENSHOTS") {
            let file = Path::new(&directory).join(format!("{name}.png"));
            self.driver.screenshot(&file).await.expect("a picture");
        }
    }

    /// Ends the browser and its driver.
    pub async fn close(self) {
        self.driver.clone().quit().await.expect("the browser ends");
    }
}

impl Drop for Chromium {
    /// Asks the driver to end, so that it ends its browser too; killed, it would leave it behind.
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The driver says on which port it listens.
fn port(child: &mut Child) -> u16 {
    let output = child.stdout.take().expect("standard output is piped");
    let mut lines = BufReader::new(output).lines();
    let line = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains("started successfully on port"));
    let line = line.expect("chromedriver says where it listens");
    // What it says afterwards must go somewhere, or it waits for its reader.
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    let digits: String = line
        .chars()
        .rev()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.chars().rev().collect::<String>().parse().expect("a port")
}
