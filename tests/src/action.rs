//! A tenant with the Action that ships, and some application that people sign in to.

use std::path::PathBuf;

use serde_json::{Value, json};
use url::Url;

use crate::{Browser, Host, Page, Tenant, flow, free_port};

/// What the Action and `conjoin dev` know.
pub const SECRET: &str = "conjoin-dev-action-secret-known-to-everyone";

/// Starts a host whose tenant runs the Action, with further arguments of `conjoin dev`.
pub async fn start(arguments: &[&str]) -> Host {
    with_secret(SECRET, arguments).await
}

/// The same with an Action that knows another secret than the host.
pub async fn with_secret(secret: &str, arguments: &[&str]) -> Host {
    let data = tempfile::tempdir().expect("a temporary directory");
    let port = free_port();
    let config = data.path().join("tenant.toml");
    let text = format!(
        "[post_login_action]\nfile = {:?}\n[post_login_action.secrets]\nCONJOIN_URL = \"http://localhost:{port}\"\nCONJOIN_SECRET = {secret:?}\nCONJOIN_CLIENT_ID = \"conjoin-dev\"\n",
        shipped()
    );
    std::fs::write(&config, text).expect("the tenant's configuration is written");
    let listen = format!("127.0.0.1:{port}");
    let config = config.to_str().expect("a path that is text").to_owned();
    let mut all = vec!["--listen", &listen, "--tenant-config", &config];
    all.extend(arguments);
    Host::on(data, &all).await
}

fn shipped() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../host/conjoin/assets/action/action.js")
}

/// An application of the tenant. Nothing answers where it is: what arrives there is looked at in the address.
pub struct App {
    /// Where it is.
    pub origin: Url,
    tenant: Tenant,
}

impl App {
    /// An application of this host's tenant.
    pub fn of(host: &Host) -> Self {
        let origin = Url::parse(&format!("http://localhost:{}/", free_port())).expect("an address");
        Self::at(host, origin)
    }

    /// One that is somewhere.
    pub fn at(host: &Host, origin: Url) -> Self {
        let tenant = host.tenant.clone();
        Self { origin, tenant }
    }

    /// Where it sends a browser to sign in, with further parameters.
    pub fn authorize(&self, more: &[(&str, &str)]) -> Url {
        let mut url = self.tenant.at("/authorize");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", "conjoin-app")
            .append_pair("redirect_uri", self.callback().as_str())
            .append_pair("scope", "openid profile email")
            .append_pair("state", "of-the-application")
            .extend_pairs(more);
        url
    }

    /// Signs in with a name and password, by the database or another connection, and stops at the redirect that answers the form.
    pub async fn sign_in(&self, browser: &Browser, connection: Option<&str>, who: &str) -> Page {
        let more = connection.map(|connection| ("connection", connection));
        let form = browser.get(self.authorize(more.as_slice())).await;
        let form = form.form(":has(input[name=password])");
        let form = form.with("username", who).with("password", crate::PASSWORD);
        browser.submit_once(&form).await
    }

    /// Signs in up to where the Action sends the browser, unopened.
    pub async fn sent_away(&self, host: &Host, browser: &Browser, connection: Option<&str>, who: &str) -> Url {
        let page = self.sign_in(browser, connection, who).await;
        browser.follow_until(page, &host.url).await
    }

    /// Follows an answer up to the application, and says who signed in, or with which error the sign-in ended.
    pub async fn arrive(&self, browser: &Browser, page: Page) -> Result<String, String> {
        let callback = browser.follow_until(page, &self.origin).await;
        self.redeem(&callback).await
    }

    /// Who a callback stands for.
    pub async fn redeem(&self, callback: &Url) -> Result<String, String> {
        let parameter = |name: &str| {
            let found = callback.query_pairs().find(|(found, _)| found == name);
            found.map(|(_, value)| value.into_owned())
        };
        assert_eq!(parameter("state").as_deref(), Some("of-the-application"), "{callback}");
        let Some(code) = parameter("code") else {
            let error = parameter("error").expect("a code or an error");
            return Err(format!(
                "{error}: {}",
                parameter("error_description").unwrap_or_default()
            ));
        };
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let body = json!({
            "grant_type": "authorization_code", "client_id": "conjoin-app", "client_secret": "conjoin-app-secret",
            "code": code, "redirect_uri": self.callback(),
        });
        let sent = client.post(self.tenant.at("/oauth/token")).json(&body).send().await;
        let tokens: Value = sent.expect("an answer").json().await.expect("JSON");
        let token = tokens["access_token"].as_str().unwrap_or_else(|| panic!("{tokens}"));
        let sent = client.get(self.tenant.at("/userinfo")).bearer_auth(token).send().await;
        let claims: Value = sent.expect("an answer").json().await.expect("JSON");
        Ok(claims["sub"].as_str().unwrap_or_else(|| panic!("{claims}")).to_owned())
    }

    fn callback(&self) -> Url {
        self.origin.join("/callback").expect("a path")
    }
}

/// From where the Action sent a browser: chooses an offer, signs in to it, and ends at the preview.
pub async fn prove(browser: &Browser, away: Url, label: &str, who: &str) -> Page {
    let visit = browser.get(away).await;
    assert_eq!(visit.name(), "action-visit", "{}", visit.readable());
    let form = browser.submit(&visit.form(&format!("[data-offer={label:?}]"))).await;
    flow::enter(browser, &form, who).await
}

/// The same, and agrees; ends at the page with the way back.
pub async fn agree(browser: &Browser, away: Url, label: &str, who: &str) -> Page {
    let review = prove(browser, away, label, who).await;
    assert_eq!(review.name(), "link-review", "{}", review.readable());
    let back = flow::confirm(browser, &review).await;
    assert_eq!(back.name(), "action-return", "{}", back.readable());
    back
}
