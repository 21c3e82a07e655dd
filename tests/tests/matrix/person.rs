//! Whoever links or unlinks in one cell, and what they and the tenant must see at its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use conjoin_tests::{Browser, Host, PASSWORD, Page, Tenant, flow};
use serde_json::{Value, json};

use crate::steps::Work;

/// How long a cell may take to settle. What it should take depends on what the host waits for; this only bounds a test that would not end.
const PATIENCE: Duration = Duration::from_secs(90);

/// How a cell ended. Every work allows two ends; that nothing had begun is one form of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Linked, and merged exactly once.
    Linked,
    /// Separate, both with the metadata of before.
    AsBefore,
    /// The same, and the preview still waits to be agreed to.
    NotBegun,
    /// Separated, both with their own metadata.
    Separated,
    /// Linked as before the unlink.
    StillLinked,
}

/// A person with two accounts, at the preview of what they are going to agree to.
pub struct Person {
    work: Work,
    /// Signed in with.
    own: String,
    /// The Google account.
    other: String,
    /// Shared with the press of the button, which may outlive its host.
    browser: Arc<Browser>,
    /// The address of the preview, and later of how it ended.
    review: Page,
}

/// What an account holds: identities and both bags.
type Holdings = (Vec<String>, Value, Value);

impl Person {
    /// Makes the accounts, and goes to the preview.
    pub async fn at_review(host: &Host, work: Work, name: &str) -> Self {
        let (own, other) = (format!("auth0|{name}"), format!("google-oauth2|{name}"));
        let email = format!("{name}@example.com");
        for (id, rest) in [(&own, own_attributes()), (&other, other_attributes(work, name))] {
            let mut user = json!({ "user_id": id, "email": email, "email_verified": true, "password": PASSWORD });
            user.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            host.tenant.put_user(&user).await;
        }
        let browser = Browser::new();
        let account = flow::sign_in(host, &browser, &email).await;
        let mut review = flow::prove(&browser, &account, "Google", &email).await;
        assert_eq!(review.name(), "link-review", "{}", review.readable());
        if work.is_unlink() {
            let account = flow::confirm(&browser, &review).await;
            assert_eq!(account.url.path(), "/user", "{}", account.readable());
            review = browser
                .submit(&account.form(&format!("[data-identity={other:?}]")))
                .await;
            assert_eq!(review.name(), "unlink-review", "{}", review.readable());
        }
        Self {
            work,
            own,
            other,
            browser: Arc::new(browser),
            review,
        }
    }

    /// The account that survives.
    pub fn primary(&self) -> &str {
        if self.work == Work::LinkIntoFound {
            &self.other
        } else {
            &self.own
        }
    }

    /// The account that is joined or separated.
    pub fn secondary(&self) -> &str {
        if self.work == Work::LinkIntoFound {
            &self.own
        } else {
            &self.other
        }
    }

    /// Presses the button, in a task of its own: the host may be killed meanwhile.
    pub fn press(&self) -> tokio::task::JoinHandle<Option<Page>> {
        let (browser, form) = (self.browser.clone(), self.review.form("#confirm"));
        tokio::spawn(async move { browser.submit_to_the_end(&form).await })
    }

    /// Looks at the same address until it tells an end, and says which. The button must have been answered, or its host be gone: only then does a preview at this
    /// address mean that nothing began.
    pub async fn until_settled(&mut self, host: &Host) -> End {
        let mut last = String::new();
        let settled = async {
            loop {
                let page = self.look(host).await;
                last = format!("{} {} {}", page.url, page.name(), stage(&page));
                if let Some(end) = end_of(&page) {
                    if end == End::NotBegun {
                        self.review = page;
                    }
                    return end;
                }
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, settled).await {
            Ok(end) => end,
            Err(_) => panic!("not settled after {} s: {last}", PATIENCE.as_secs()),
        }
    }

    /// Opens the address of the preview. The session that asked goes on until it has seen the end, whoever brought it about.
    async fn look(&self, host: &Host) -> Page {
        let page = self.browser.get(self.review.url.clone()).await;
        assert_eq!(
            page.url.path(),
            self.review.url.path(),
            "{}: {}",
            host.url,
            page.readable()
        );
        page
    }

    /// Asserts that the end is one that this work allows.
    pub fn assert_allowed(&self, end: End) {
        let allowed: &[End] = match self.work {
            Work::Link | Work::LinkIntoFound => &[End::Linked, End::AsBefore, End::NotBegun],
            Work::RefusedLink => &[End::AsBefore, End::NotBegun],
            Work::Unlink => &[End::Separated, End::StillLinked, End::NotBegun],
            Work::RefusedUnlink => &[End::StillLinked, End::NotBegun],
        };
        assert!(allowed.contains(&end), "{end:?} is no end of {:?}", self.work);
    }

    /// Asserts that the tenant holds what the end says: nothing lost, nothing doubled.
    pub fn assert_held(&self, end: End, users: &BTreeMap<String, Value>) {
        let held = |id: &str| users.get(id).map(holdings);
        let (primary, secondary) = (held(self.primary()), held(self.secondary()));
        let together = end == End::Linked || end == End::StillLinked || (end == End::NotBegun && self.work.is_unlink());
        let expected = if together {
            (Some(self.joined()), None)
        } else {
            (Some(self.before(self.primary())), Some(self.before(self.secondary())))
        };
        assert_eq!(
            (primary, secondary),
            expected,
            "{end:?}, and the tenant holds otherwise"
        );
    }

    /// Asserts that the person is told how it ended: at the address of the preview, and on the account page.
    pub async fn assert_told(&self, host: &Host, end: End) {
        let page = self.look(host).await;
        let (name, stage) = (page.name(), stage(&page));
        let told = match end {
            End::Linked => stage == "done",
            End::AsBefore => stage == "rolled_back",
            End::Separated => stage == "unlinked",
            End::StillLinked => stage == "refused",
            End::NotBegun => name == "link-review" || name == "unlink-review",
        };
        assert!(told, "{end:?}, and the page is {name} {stage}: {}", page.readable());
        let account = self.browser.get(host.at("/user")).await;
        let mut listed = account.attributes("#linked [data-identity]", "data-identity");
        listed.sort();
        let together = matches!(end, End::Linked | End::StillLinked) || self.work.is_unlink() && end == End::NotBegun;
        let mut expected = if together {
            self.joined().0
        } else {
            self.before(&self.own).0
        };
        expected.sort();
        assert_eq!(listed, expected, "{end:?}: {}", account.readable());
    }

    /// What the surviving account holds after the link.
    pub fn joined(&self) -> Holdings {
        let mut identities = self.before(self.primary()).0;
        identities.extend(self.before(self.secondary()).0);
        let bag = if self.work == Work::LinkIntoFound {
            json!({ "list": [2, 1], "theme": "light", "nested": { "b": 2, "a": 1 }, "font": "serif" })
        } else {
            json!({ "list": [1, 2], "theme": "dark", "nested": { "a": 1, "b": 2 }, "font": "serif" })
        };
        (identities, bag, json!({ "roles": ["Owner"] }))
    }

    /// What one of the accounts holds when they are separate.
    pub fn before(&self, id: &str) -> Holdings {
        if id == self.own {
            (
                vec![self.own.clone()],
                own_attributes()["user_metadata"].clone(),
                json!({}),
            )
        } else {
            let name = self.own.trim_start_matches("auth0|");
            let other = other_attributes(self.work, name);
            let mut identities = vec![self.other.clone()];
            if self.work == Work::LinkIntoFound {
                identities.push(format!("github|{name}"));
            }
            (
                identities,
                other["user_metadata"].clone(),
                other["app_metadata"].clone(),
            )
        }
    }
}

/// Every user of the tenant, by id.
pub async fn users(tenant: &Tenant) -> BTreeMap<String, Value> {
    let users = tenant.users().await.into_iter();
    users
        .map(|user| (user["user_id"].as_str().unwrap_or_default().to_owned(), user))
        .collect()
}

/// Without `app_metadata`: what a link brings there must be gone again after a way back, and absent is as good as empty.
fn own_attributes() -> Value {
    json!({ "user_metadata": { "theme": "dark", "list": [1], "nested": { "a": 1 } } })
}

fn other_attributes(work: Work, name: &str) -> Value {
    let mut attributes = json!({
        "user_metadata": { "theme": "light", "list": [2], "nested": { "b": 2 }, "font": "serif" },
        "app_metadata": { "roles": ["Owner"] },
    });
    if work == Work::LinkIntoFound {
        let identity =
            |provider: &str| json!({ "connection": provider, "provider": provider, "user_id": name, "isSocial": true });
        attributes["identities"] = json!([identity("google-oauth2"), identity("github")]);
    }
    attributes
}

fn holdings(user: &Value) -> Holdings {
    let bag = |field: &str| match &user[field] {
        Value::Null => json!({}),
        bag => bag.clone(),
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let identities = user["identities"].as_array().into_iter().flatten();
    let identities = identities
        .map(|identity| format!("{}|{}", text(&identity["provider"]), text(&identity["user_id"])))
        .collect();
    (identities, bag("user_metadata"), bag("app_metadata"))
}

fn stage(page: &Page) -> String {
    page.attributes("main", "data-stage").concat()
}

fn end_of(page: &Page) -> Option<End> {
    if page.name() == "link-review" || page.name() == "unlink-review" {
        return Some(End::NotBegun);
    }
    match stage(page).as_str() {
        "done" => Some(End::Linked),
        "rolled_back" => Some(End::AsBefore),
        "unlinked" => Some(End::Separated),
        "refused" => Some(End::StillLinked),
        stage @ ("needs_attention" | "expired" | "forgotten") => panic!("ended {stage}: {}", page.readable()),
        _ => None,
    }
}
