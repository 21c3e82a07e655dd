//! A tenant's real accounts, for its team: who has several, and two of them on the bench.

use std::time::Duration;

use conjoin_tests::{DEV_TOKEN, Host, Team};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::pages::sign_in;
use crate::person::Person;
use crate::tokens::token;

/// The report, once it is made or will not be.
pub async fn made(team: &Team) -> Value {
    let looked = async {
        loop {
            let report = team.get("duplicates").await;
            if report.body["state"] != "being-made" {
                return report.body;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(60), looked).await.expect("it is made")
}

#[tokio::test]
async fn the_report_counts_who_could_link_and_touches_nobody() {
    let host = Host::start().await;
    let team = Team::of(&host);
    assert_eq!(team.get("duplicates").await.status, 404);
    let users = host.tenant.users().await;
    assert_eq!(team.post("duplicates", &json!({})).await.status, 202);
    let first = made(&team).await;
    assert_eq!(first["state"], "made", "{first}");
    assert_eq!(first["found"]["users"], users.len());
    Person::named("twice").put(&host.tenant).await;
    Person::named("unproven")
        .google(json!({"email_verified": false}))
        .put(&host.tenant)
        .await;
    assert_eq!(team.post("duplicates", &json!({})).await.status, 202);
    let found = made(&team).await["found"].clone();
    let more = |key: &str| found[key].as_u64().unwrap() - first["found"][key].as_u64().unwrap();
    assert_eq!(
        (more("users"), more("people"), more("accounts"), more("unverified")),
        (4, 1, 2, 1)
    );
    let listed = found["listed"].as_array().unwrap();
    let twice = listed
        .iter()
        .find(|person| person["email"] == "twice@example.com")
        .unwrap();
    let mut ids: Vec<_> = twice["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| &account["user_id"])
        .collect();
    ids.sort_unstable_by_key(|id| id.to_string());
    assert_eq!(ids, ["auth0|twice", "google-oauth2|twice"]);
    let pair = json!(["Username-Password-Authentication", "google-oauth2"]);
    let pair = found["combinations"].as_array().unwrap().iter().find(|one| {
        let mut connections = one["connections"].as_array().unwrap().clone();
        connections.sort_unstable_by_key(ToString::to_string);
        json!(connections) == pair
    });
    assert!(pair.unwrap()["people"].as_u64().unwrap() >= 1, "{found}");
    assert_eq!(host.tenant.users().await.len(), users.len() + 4);
    assert!(host.operate(&["audit", "export"]).contains("accounts.report_begun"));
    // It names people, so it goes with the first who is forgotten.
    host.operate(&["links", "forget", "auth0|twice", "--yes"]);
    assert_eq!(team.get("duplicates").await.status, 404);
}

#[tokio::test]
async fn who_may_not_read_accounts_sees_none_of_it() {
    let host = Host::start().await;
    let token = &token(&host, None, "somebody", &["policies:read"]);
    let team = Team::of(&host).with(token);
    for answer in [team.get("duplicates").await, team.post("duplicates", &json!({})).await] {
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (403, &json!("insufficient-scope")),
            "{}",
            answer.body
        );
    }
    let (browser, overview) = sign_in(&host, token).await;
    assert!(!overview.text.contains("/admin/duplicates"));
    let bench = browser.get(host.at("/admin/bench")).await;
    assert!(bench.attributes("#read", "id").is_empty());
    let mut form = bench
        .form("#bench")
        .with("primary_id", "auth0|ada")
        .with("secondary_id", "github|1002");
    form.action = host.at("/admin/bench/read");
    let refused = browser.submit(&form).await;
    assert_eq!(refused.status, 403, "{}", refused.readable());
    assert!(!refused.text.contains("ada@example.com"));
}

#[tokio::test]
async fn the_bench_reads_two_accounts_of_the_tenant_and_the_trail_says_so() {
    let host = Host::start().await;
    Person::named("real")
        .own(json!({"user_metadata": {"tags": ["own-7391"]}}))
        .google(json!({"user_metadata": {"tags": ["other"]}}))
        .put(&host.tenant)
        .await;
    let (browser, _) = sign_in(&host, DEV_TOKEN).await;
    let bench = browser.get(host.at("/admin/bench")).await;
    let mut form = bench
        .form("#bench")
        .with("primary_id", "auth0|real")
        .with("secondary_id", "google-oauth2|real");
    form.action = host.at("/admin/bench/read");
    let read = browser.submit(&form).await;
    assert!(
        read.form("#bench").value("primary").contains("own-7391"),
        "{}",
        read.readable()
    );
    let tried = browser.submit(&read.form("#bench").with("first", "joined")).await;
    let result = &tried.texts("[data-part=result] code")[0];
    let result: Value = serde_json::from_str(result).unwrap();
    assert_eq!(result["user_metadata"]["tags"], json!(["own-7391", "other"]));
    form = form.with("secondary_id", "auth0|nobody-there");
    let none = browser.submit(&form).await;
    assert_eq!(
        (none.status, none.message().as_str()),
        (404, "no-account"),
        "{}",
        none.readable()
    );
    form = form.with("secondary_id", "no id");
    assert_eq!(browser.submit(&form).await.status, 400);
    let trail = host.operate(&["audit", "export"]);
    assert!(
        trail.contains("accounts.read") && trail.contains("google-oauth2|real"),
        "{trail}"
    );
    assert!(!trail.contains("own-7391"), "no values");
    assert!(host.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn the_report_on_the_pages() {
    let host = Host::start().await;
    Person::named("twice").put(&host.tenant).await;
    let (browser, _) = sign_in(&host, DEV_TOKEN).await;
    let empty = browser.get(host.at("/admin/duplicates")).await;
    let begun = browser.submit(&empty.form("#begin")).await;
    assert_eq!(begun.name(), "admin-duplicates", "{}", begun.readable());
    made(&Team::of(&host)).await;
    let page = browser.get(host.at("/admin/duplicates")).await;
    assert_eq!(
        page.attributes("#report", "data-state"),
        ["made"],
        "{}",
        page.readable()
    );
    let people = page.attributes("[data-person]", "data-person");
    assert!(people.contains(&"twice@example.com".to_owned()), "{people:?}");
    // A tenant that cannot be asked.
    let path = "/api/v2/jobs/users-exports";
    host.tenant
        .faults(json!([{"method": "POST", "path": path, "status": 500}]))
        .await;
    browser.submit(&page.form("#begin")).await;
    made(&Team::of(&host)).await;
    let failed = browser.get(host.at("/admin/duplicates")).await;
    assert_eq!(
        failed.attributes("#report", "data-state"),
        ["failed"],
        "{}",
        failed.readable()
    );
    assert_eq!(failed.texts("#problem").len(), 1);
}
