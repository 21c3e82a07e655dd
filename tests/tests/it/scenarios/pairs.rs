//! People with two accounts, made for one test.

use conjoin_tests::{Browser, Host, PASSWORD, Page, Tenant, flow};
use serde_json::{Value, json};

/// A person whose database account and Google account share a verified address.
pub struct Pair {
    /// The address.
    pub email: String,
    /// The database account.
    pub own: String,
    /// The Google account.
    pub google: String,
}

impl Pair {
    /// Puts both accounts into the tenant. `own` and `google` hold root attributes, metadata most of all.
    pub async fn put(tenant: &Tenant, name: &str, own: Value, google: Value) -> Self {
        let pair = Self {
            email: format!("{name}@example.com"),
            own: format!("auth0|{name}"),
            google: format!("google-oauth2|{name}"),
        };
        tenant.put_user(&account(&pair.own, &pair.email, own)).await;
        tenant.put_user(&account(&pair.google, &pair.email, google)).await;
        pair
    }

    /// Signs in to the database account; ends at `/user`.
    pub async fn sign_in(&self, host: &Host, browser: &Browser) -> Page {
        flow::sign_in(host, browser, &self.email).await
    }

    /// Signs in, and proves the Google account.
    pub async fn prove(&self, host: &Host, browser: &Browser) -> Page {
        let account = self.sign_in(host, browser).await;
        flow::prove(browser, &account, "Google", &self.email).await
    }

    /// Signs in, proves the Google account, and ends at the preview.
    pub async fn review(&self, host: &Host, browser: &Browser) -> Page {
        let review = self.prove(host, browser).await;
        assert_eq!(review.name(), "link-review", "{}", review.readable());
        review
    }

    /// Links the two; ends at `/user`.
    pub async fn join(&self, host: &Host, browser: &Browser) -> Page {
        let review = self.review(host, browser).await;
        let account = flow::confirm(browser, &review).await;
        assert_eq!(account.url.path(), "/user", "{}", account.readable());
        account
    }
}

/// A user with a verified address and the usual password, and these root attributes.
pub fn account(user_id: &str, email: &str, attributes: Value) -> Value {
    let mut user = json!({ "user_id": user_id, "email": email, "email_verified": true, "password": PASSWORD });
    for (key, value) in attributes.as_object().expect("an object") {
        user[key] = value.clone();
    }
    user
}

/// What a page offers, by label.
pub fn offered(account: &Page) -> Vec<String> {
    account.attributes("[data-offer]", "data-offer")
}

/// The ways to sign in that the account page lists.
pub fn linked(account: &Page) -> Vec<String> {
    account.attributes("#linked [data-identity]", "data-identity")
}

/// The fate of a row of the preview: `user_metadata/theme`.
pub fn fate(review: &Page, row: &str) -> String {
    let mut fates = review.attributes(&format!("[data-row={row:?}]"), "data-fate");
    fates
        .pop()
        .unwrap_or_else(|| panic!("no row {row}:\n{}", review.readable()))
}

/// Who is signed in, by the account page.
pub async fn session_user(host: &Host, browser: &Browser) -> String {
    let account = browser.get(host.at("/user")).await;
    account
        .texts("#user-id")
        .pop()
        .unwrap_or_else(|| panic!("no account page but {}", account.url))
}

/// One metadata bag of a user, `{}` where it has none.
pub async fn bag(tenant: &Tenant, user_id: &str, field: &str) -> Value {
    let user = tenant.user(user_id).await.unwrap_or_else(|| panic!("no {user_id}"));
    match &user[field] {
        Value::Null => json!({}),
        bag => bag.clone(),
    }
}

/// Enters the code that the simulated tenant shows for the second step.
pub async fn second_factor(browser: &Browser, page: Page) -> Page {
    let code = page.texts("#shown-code").concat();
    assert_eq!(code.len(), 6, "no code at {}: {}", page.url, page.readable());
    browser
        .submit(&page.form(":has(input[name=code])").with("code", &code))
        .await
}
