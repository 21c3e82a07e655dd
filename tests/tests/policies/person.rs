//! Somebody with a database account and a Google account of one verified address.

use conjoin_tests::{Browser, Host, PASSWORD, Page, Tenant, flow};
use serde_json::{Value, json};

/// Both accounts, under one name.
#[derive(Clone)]
pub struct Person {
    name: String,
    own: Value,
    google: Value,
}

impl Person {
    /// Somebody whose database account has no metadata, and whose Google account none either.
    pub fn named(name: &str) -> Self {
        let account = |provider: &str| {
            json!({
                "user_id": format!("{provider}|{name}"), "email": format!("{name}@example.com"), "email_verified": true, "password": PASSWORD,
            })
        };
        Self {
            name: name.to_owned(),
            own: account("auth0"),
            google: account("google-oauth2"),
        }
    }

    /// With root attributes of the database account.
    pub fn own(mut self, attributes: Value) -> Self {
        extend(&mut self.own, attributes);
        self
    }

    /// With root attributes of the Google account.
    pub fn google(mut self, attributes: Value) -> Self {
        extend(&mut self.google, attributes);
        self
    }

    /// Puts both accounts into the tenant, as they were if they are there.
    pub async fn put(self, tenant: &Tenant) -> Self {
        tenant.put_user(&self.own).await;
        tenant.put_user(&self.google).await;
        self
    }

    pub fn email(&self) -> String {
        format!("{}@example.com", self.name)
    }

    pub fn own_id(&self) -> String {
        format!("auth0|{}", self.name)
    }

    pub fn google_id(&self) -> String {
        format!("google-oauth2|{}", self.name)
    }

    /// Signs in to the database account; ends at `/user`.
    pub async fn sign_in(&self, host: &Host, browser: &Browser) -> Page {
        flow::sign_in(host, browser, &self.email()).await
    }

    /// Signs in, chooses the Google account and signs in to it; ends wherever that leads.
    pub async fn prove(&self, host: &Host, browser: &Browser) -> Page {
        let account = self.sign_in(host, browser).await;
        flow::prove(browser, &account, "Google", &self.email()).await
    }

    /// The same, and ends at the preview.
    pub async fn review(&self, host: &Host, browser: &Browser) -> Page {
        let review = self.prove(host, browser).await;
        assert_eq!(review.name(), "link-review", "{}: {}", self.name, review.readable());
        review
    }

    /// Links both accounts in a browser of its own, and answers with the account there is then.
    pub async fn join(&self, host: &Host) -> Value {
        let browser = Browser::new();
        let review = self.review(host, &browser).await;
        self.confirm(host, &browser, &review).await
    }

    /// Confirms a preview, and answers with the account there is then.
    pub async fn confirm(&self, host: &Host, browser: &Browser, review: &Page) -> Value {
        let account = flow::confirm(browser, review).await;
        assert_eq!(account.url.path(), "/user", "{}: {}", self.name, account.readable());
        assert_eq!(
            account.attributes("#linked [data-identity]", "data-identity").len(),
            2,
            "{}",
            self.name
        );
        let mut left = host.tenant.users().await;
        left.retain(|user| user["email"] == self.email());
        assert_eq!(left.len(), 1, "{left:?}");
        left.remove(0)
    }

    /// Still signed in to the database account, with nothing linked; answers with the page.
    pub async fn assert_signed_in(&self, host: &Host, browser: &Browser) -> Page {
        let account = browser.get(host.at("/user")).await;
        assert_eq!(account.name(), "account", "{}: {}", self.name, account.readable());
        assert_eq!(account.texts("#user-id"), [self.own_id()]);
        assert_eq!(
            account.attributes("#linked [data-identity]", "data-identity"),
            [self.own_id()]
        );
        account
    }

    /// Nothing was written to the tenant, and both accounts hold what they held.
    pub async fn assert_untouched(&self, tenant: &Tenant) {
        let writes = tenant.writes().await;
        assert!(writes.is_empty(), "{}: {writes:?}", self.name);
        for before in [&self.own, &self.google] {
            let id = before["user_id"].as_str().unwrap();
            let now = tenant.user(id).await.unwrap_or_else(|| panic!("{id} is gone"));
            for bag in ["user_metadata", "app_metadata"] {
                assert_eq!(now.get(bag), before.get(bag), "{id}: {bag}");
            }
        }
    }
}

fn extend(account: &mut Value, attributes: Value) {
    for (key, value) in attributes.as_object().unwrap() {
        account[key] = value.clone();
    }
}
