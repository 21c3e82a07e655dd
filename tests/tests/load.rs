//! Many people at once, and a tenant of which one call in five fails.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use conjoin_tests::{Browser, Host, PASSWORD, Page, TenantProcess, Watch, flow, free_port};
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How many link at once.
const PEOPLE: usize = 50;

/// How many go to their previews at a time; the load begins when all are there.
const ARRIVING: usize = 8;

/// The longest wait for one person's end. It only bounds a test that would not end.
const PATIENCE: Duration = Duration::from_secs(240);

const SETTINGS: &str = "
    [recovery]
    lease = 5
    every = 1
    quiet_period = 2
";

/// Somebody at a preview.
struct Person {
    own: String,
    google: String,
    browser: Browser,
    review: Page,
}

impl Person {
    async fn at_review(host: &Host, number: usize) -> Self {
        let (own, google) = (format!("auth0|p{number}x"), format!("google-oauth2|p{number}x"));
        let email = format!("p{number}x@example.com");
        for (id, rest) in [(&own, own_bags()), (&google, google_bags())] {
            let mut user = json!({ "user_id": id, "email": email, "email_verified": true, "password": PASSWORD });
            user.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            host.tenant.put_user(&user).await;
        }
        let browser = Browser::new();
        let account = flow::sign_in(host, &browser, &email).await;
        let review = flow::prove(&browser, &account, "Google", &email).await;
        assert_eq!(review.name(), "link-review", "{}", review.readable());
        Self {
            own,
            google,
            browser,
            review,
        }
    }

    /// Agrees, and again as long as the preview is still there, as somebody would who is told to try again; then looks until there is an end. Answers its name.
    async fn link(&self) -> String {
        let mut seen = String::new();
        let link = async {
            let mut form = self.review.form("#confirm");
            loop {
                self.browser.submit_once(&form).await;
                loop {
                    let page = self.browser.get(self.review.url.clone()).await;
                    seen = page.attributes("main", "data-stage").concat();
                    match seen.as_str() {
                        "done" | "rolled_back" => return seen.clone(),
                        "needs_attention" | "refused" | "expired" => panic!("{}: {}", self.own, page.readable()),
                        _ => {}
                    }
                    if page.name() == "link-review" {
                        form = page.form("#confirm");
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
            }
        };
        let ended = tokio::time::timeout(PATIENCE, link).await;
        ended.unwrap_or_else(|_| panic!("{} has no end: {seen}", self.own))
    }

    /// Either linked and merged exactly once, or both as before.
    fn assert_consistent(&self, end: &str, users: &BTreeMap<String, Value>) {
        let held = |id: &str| users.get(id).map(|user| (identities(user), bags(user)));
        let own = format!("\"auth0\"|\"{}\"", self.own.trim_start_matches("auth0|"));
        let google = format!(
            "\"google-oauth2\"|\"{}\"",
            self.google.trim_start_matches("google-oauth2|")
        );
        let expected = if end == "done" {
            let joined = json!({ "user_metadata": { "list": [1, 2], "theme": "dark", "font": "serif" }, "app_metadata": { "roles": ["User", "Owner"] } });
            (Some((vec![own, google], joined)), None)
        } else {
            (Some((vec![own], own_bags())), Some((vec![google], google_bags())))
        };
        assert_eq!((held(&self.own), held(&self.google)), expected, "{end}");
    }
}

fn own_bags() -> Value {
    json!({ "user_metadata": { "list": [1], "theme": "dark" }, "app_metadata": { "roles": ["User"] } })
}

fn google_bags() -> Value {
    json!({ "user_metadata": { "list": [2], "font": "serif", "theme": "light" }, "app_metadata": { "roles": ["Owner"] } })
}

fn bags(user: &Value) -> Value {
    json!({ "user_metadata": user["user_metadata"], "app_metadata": user["app_metadata"] })
}

fn identities(user: &Value) -> Vec<String> {
    let identities = user["identities"].as_array().unwrap().iter();
    identities
        .map(|identity| format!("{}|{}", identity["provider"], identity["user_id"]))
        .collect()
}

/// One call in five of the Management API fails, by count: a fifteenth by 500, a fifteenth done and its answer lost, a fifteenth by 429. A rule counts what the
/// ones before it let through.
fn one_in_five() -> Value {
    json!([
        { "path": "/api/v2/", "one_in": 15, "status": 500 },
        { "path": "/api/v2/", "one_in": 14, "reset": true, "after_effect": true },
        { "path": "/api/v2/", "one_in": 13, "status": 429, "retry_after": 1 },
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s27_s29_fifty_people_link_at_once_while_one_call_in_five_fails() {
    let tenant = TenantProcess::start();
    let host = Arc::new(tenant.host(tempfile::tempdir().unwrap(), free_port(), SETTINGS));
    let mut people = Vec::new();
    for first in (0..PEOPLE).step_by(ARRIVING) {
        let mut arriving = JoinSet::new();
        for number in first..(first + ARRIVING).min(PEOPLE) {
            let host = host.clone();
            arriving.spawn(async move { Person::at_review(&host, number).await });
        }
        people.extend(arriving.join_all().await);
    }
    let watch = Watch::over(&host);
    host.tenant.forget_calls().await;
    host.tenant.faults(one_in_five()).await;
    let mut linking = JoinSet::new();
    for person in people {
        linking.spawn(async move {
            let end = person.link().await;
            (person, end)
        });
    }
    let ended = linking.join_all().await;
    let calls = host.tenant.calls().await;
    host.tenant.faults(json!([])).await;

    let users = host.tenant.users().await.into_iter();
    let users: BTreeMap<String, Value> = users
        .map(|user| (user["user_id"].as_str().unwrap().to_owned(), user))
        .collect();
    for (person, end) in &ended {
        person.assert_consistent(end, &users);
    }
    let failed = calls.iter().filter(|call| call["fault"] == true).count();
    assert!(failed * 6 > calls.len(), "{failed} of {} calls failed", calls.len());
    let unsettled = host.unsettled();
    assert!(unsettled.is_empty(), "{unsettled:?}");
    let answers = watch.end().await;
    let verified = host.operate(&["audit", "verify"]);
    let done = ended.iter().filter(|(_, end)| end == "done").count();
    println!(
        "{done} of {PEOPLE} linked; {failed} of the last {} calls failed; {answers:?}; {verified}",
        calls.len()
    );
}
