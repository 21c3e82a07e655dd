//! Two at once.

use conjoin_tests::{Browser, Host, Page, flow};
use serde_json::json;

use super::{ada, ada_at_review, session_of, thief};

/// Every identity of the tenant, once each.
async fn identities(host: &Host) -> Vec<String> {
    let users = host.tenant.users().await;
    let mut identities: Vec<String> = users
        .iter()
        .flat_map(|user| user["identities"].as_array().unwrap())
        .map(|identity| format!("{}|{}", identity["provider"].as_str().unwrap(), identity["user_id"]))
        .collect();
    identities.sort();
    identities
}

async fn links_made(host: &Host) -> usize {
    let calls = host.tenant.calls().await;
    calls
        .iter()
        .filter(|call| {
            call["method"] == "POST" && call["path"].as_str().unwrap().ends_with("/identities") && call["status"] == 201
        })
        .count()
}

fn end(page: &Page) -> String {
    format!(
        "{} {:?} {} {}",
        page.status,
        page.location().map(|to| to.to_string()),
        page.name(),
        page.message()
    )
}

/// Both are led there, but for one that came late.
fn done_in_time(host: &Host, tabs: [&Page; 2], to: &str) {
    let (late, in_time): (Vec<_>, Vec<_>) = tabs.into_iter().partition(|page| flow::came_late(page));
    assert!(late.len() < 2, "{}", end(tabs[0]));
    for page in in_time {
        assert_eq!(page.location(), Some(host.at(to)), "{}", end(page));
    }
}

#[tokio::test]
async fn a36_s29_two_tabs_confirm_the_same_preview_and_it_is_done_once() {
    let host = Host::start().await;
    let (browser, review) = ada_at_review(&host).await;
    let before = identities(&host).await;
    let form = review.form("#confirm");
    let cookie = session_of(&host, &browser);
    let tabs = [thief(&host, &cookie), thief(&host, &cookie)];
    let (one, other) = tokio::join!(tabs[0].submit_once(&form), tabs[1].submit_once(&form));
    done_in_time(&host, [&one, &other], "/user?done=linked");
    assert_eq!(links_made(&host).await, 1);
    assert_eq!(identities(&host).await, before, "no identity is lost or doubled");
    let ada = host.tenant.user("auth0|ada").await.unwrap();
    assert_eq!(
        ada["user_metadata"]["languages"],
        json!(["en", "fr", "fr", "de"]),
        "nor is anything merged twice"
    );
}

#[tokio::test]
async fn a36_s29_two_previews_of_the_same_pair_make_one_link() {
    let host = Host::start().await;
    let (browser, first) = ada_at_review(&host).await;
    let account = browser.get(host.at("/user")).await;
    let second = flow::prove(&browser, &account, "Google", "ada@example.com").await;
    let before = identities(&host).await;
    let cookie = session_of(&host, &browser);
    let tabs = [thief(&host, &cookie), thief(&host, &cookie)];
    let (first, second) = (first.form("#confirm"), second.form("#confirm"));
    let (one, other) = tokio::join!(tabs[0].submit_once(&first), tabs[1].submit_once(&second));
    let done = [&one, &other]
        .iter()
        .filter(|page| page.location() == Some(host.at("/user?done=linked")))
        .count();
    assert_eq!(done, 1, "{} / {}", end(&one), end(&other));
    assert_eq!(links_made(&host).await, 1);
    assert_eq!(identities(&host).await, before);
    let ada = host.tenant.user("auth0|ada").await.unwrap();
    assert_eq!(ada["user_metadata"]["languages"], json!(["en", "fr", "fr", "de"]));
}

#[tokio::test]
async fn a36_s30_two_browsers_link_the_same_pair_crosswise() {
    let host = Host::start().await;
    let (one, first) = ada_at_review(&host).await;
    let other = Browser::new();
    let sign_in = other.get(host.at("/login")).await;
    let google = sign_in
        .form("[action='/u/login/connection']")
        .with("connection", "google-oauth2");
    let provider = other.submit(&google).await;
    let account = flow::enter(&other, &provider, "ada@example.com").await;
    assert_eq!(account.texts("#user-id"), ["google-oauth2|1001"]);
    let label = account
        .attributes("[data-offer]", "data-offer")
        .into_iter()
        .find(|label| label != "GitHub")
        .expect("the database account is offered");
    let second = flow::prove(&other, &account, &label, "ada@example.com").await;
    assert_eq!(second.name(), "link-review", "{}", second.readable());
    assert_eq!(second.attributes("#primary", "data-user-id"), ["google-oauth2|1001"]);
    let before = identities(&host).await;

    let (first, second) = (first.form("#confirm"), second.form("#confirm"));
    let (a, b) = tokio::join!(one.submit_once(&first), other.submit_once(&second));
    let done = [&a, &b]
        .iter()
        .filter(|page| page.location() == Some(host.at("/user?done=linked")))
        .count();
    assert_eq!(done, 1, "{} / {}", end(&a), end(&b));
    assert_eq!(links_made(&host).await, 1);
    assert_eq!(identities(&host).await, before, "no identity is lost or doubled");
    let both = [
        host.tenant.user("auth0|ada").await,
        host.tenant.user("google-oauth2|1001").await,
    ];
    let survivors: Vec<_> = both.into_iter().flatten().collect();
    assert_eq!(survivors.len(), 1);
    for key in ["languages", "address", "favorites", "newsletter", "onboarded"] {
        assert!(!survivors[0]["user_metadata"][key].is_null(), "{key} of both is there");
    }
}

#[tokio::test]
async fn a36_two_links_into_the_same_account_at_once_lose_nothing() {
    let host = Host::start().await;
    let (browser, account) = ada(&host).await;
    let google = flow::prove(&browser, &account, "Google", "ada@example.com")
        .await
        .form("#confirm");
    let github = flow::prove(&browser, &account, "GitHub", "ada@example.com")
        .await
        .form("#confirm");
    let before = identities(&host).await;
    let cookie = session_of(&host, &browser);
    let tabs = [thief(&host, &cookie), thief(&host, &cookie)];
    let (one, other) = tokio::join!(tabs[0].submit_once(&google), tabs[1].submit_once(&github));
    let answers = [&one, &other].map(|page| page.location().and_then(|to| to.query().map(str::to_owned)));
    assert!(
        answers.contains(&Some("done=linked".to_owned())),
        "{} / {}",
        end(&one),
        end(&other)
    );
    assert!(
        answers.contains(&Some("changed=1".to_owned())) || flow::came_late(&one) || flow::came_late(&other),
        "the other sees a new preview: {} / {}",
        end(&one),
        end(&other)
    );
    assert_eq!(links_made(&host).await, 1);
    assert_eq!(identities(&host).await, before);
}

#[tokio::test]
async fn a36_two_confirmations_of_an_unlink_separate_once() {
    let host = Host::start().await;
    let browser = Browser::new();
    let before = identities(&host).await;
    let linked = flow::join_google(&host, &browser).await;
    let review = browser
        .submit(&linked.form("[data-identity='google-oauth2|1001']"))
        .await
        .form("#confirm");
    let cookie = session_of(&host, &browser);
    let tabs = [thief(&host, &cookie), thief(&host, &cookie)];
    let (one, other) = tokio::join!(tabs[0].submit_once(&review), tabs[1].submit_once(&review));
    done_in_time(&host, [&one, &other], "/user?done=unlinked");
    assert_eq!(identities(&host).await, before);
    let separations = host
        .tenant
        .writes()
        .await
        .iter()
        .filter(|write| write.starts_with("DELETE") && write.contains("/identities/"))
        .count();
    assert_eq!(separations, 1);
}
