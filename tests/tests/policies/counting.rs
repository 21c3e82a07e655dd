//! `GET /metrics`: what is counted while people link, and that nobody can be found in it.

use std::collections::BTreeMap;

use conjoin_tests::{Browser, Host, Team, TenantProcess, free_port};
use serde_json::json;
use url::Url;

use crate::components::unfit;
use crate::person::Person;

/// The value of the sample whose name and labels are these.
pub fn sample(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let is_it = |line: &&str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    };
    let line = text.lines().find(is_it)?;
    line.rsplit(' ').next()?.parse().ok()
}

pub async fn counted(host: &Host) -> String {
    Browser::new().get_once(host.at("/metrics")).await.text
}

/// The names and short digests of the versions that decide.
fn active(text: &str) -> Vec<(String, String)> {
    let value = |line: &str, label: &str| {
        let from = line.split(&format!("{label}=\"")).nth(1)?;
        Some(from.split('"').next()?.to_owned())
    };
    let lines = text
        .lines()
        .filter(|line| line.starts_with("conjoin_policy_active_version{"));
    lines
        .map(|line| {
            assert!(line.contains(r#"tenant="dev""#) && line.ends_with(" 1"), "{line}");
            (value(line, "policy").unwrap(), value(line, "digest").unwrap())
        })
        .collect()
}

#[tokio::test]
async fn what_a_decision_costs_is_measured() {
    let host = Host::start().await;
    Person::named("measured").put(&host.tenant).await.join(&host).await;
    let text = counted(&host).await;
    for hook in ["select-candidates", "merge"] {
        let labels = [r#"tenant="dev""#, &format!("hook=\"{hook}\"")];
        let of = |name: &str| sample(&text, name, &labels).unwrap_or_else(|| panic!("{name} {hook}:\n{text}"));
        let decisions = of("conjoin_policy_decision_seconds_count");
        assert!(decisions >= 1.0);
        assert_eq!(of("conjoin_policy_fuel_used_count"), decisions);
        assert_eq!(of("conjoin_policy_memory_bytes_count"), decisions);
        assert!(of("conjoin_policy_fuel_used_sum") > 1_000.0 * decisions, "{text}");
        // An instance has a page at least.
        assert!(of("conjoin_policy_memory_bytes_sum") >= 65_536.0 * decisions, "{text}");
        for bucket in [r#"le="0.00001""#, r#"le="0.00005""#, r#"le="0.001""#] {
            let labels = [labels[0], labels[1], bucket];
            let below = sample(&text, "conjoin_policy_decision_seconds_bucket", &labels);
            assert!(below.is_some_and(|below| below <= decisions), "{bucket}:\n{text}");
        }
    }
    // Nobody is asked now.
    for slots in ["conjoin_policy_slots_in_use", "conjoin_policy_slots_waiting"] {
        assert_eq!(sample(&text, slots, &[]), Some(0.0), "{slots}:\n{text}");
    }
}

#[tokio::test]
async fn compiling_is_measured_by_what_came_of_it() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let times = |text: &str, outcome: &str| {
        let labels = [&*format!("outcome=\"{outcome}\"")];
        sample(text, "conjoin_policy_compile_seconds_count", &labels).unwrap_or_default()
    };
    let before = counted(&host).await;
    assert!(
        times(&before, "compiled") >= 1.0,
        "what decides from the start: {before}"
    );
    assert_eq!(times(&before, "refused"), 0.0);
    team.push(conjoin_policies::LODASH.component).await;
    let bad = &unfit()[0];
    assert_eq!(team.upload(&bad.bytes, &BTreeMap::new()).await.status, 422);
    let after = counted(&host).await;
    assert_eq!(times(&after, "compiled"), times(&before, "compiled") + 1.0, "{after}");
    assert_eq!(times(&after, "refused"), 1.0, "{after}");
    assert!(
        after.contains(r#"conjoin_policy_compile_seconds_bucket{outcome="compiled",le="300"}"#),
        "{after}"
    );
    let host = Host::on(host.kill(), &[]).await;
    let again = counted(&host).await;
    assert!(times(&again, "cached") >= 1.0, "{again}");
    assert_eq!(times(&again, "compiled"), 0.0, "{again}");
}

#[tokio::test]
async fn the_version_that_decides_is_named_and_none_that_did() {
    let host = Host::start().await;
    let team = Team::of(&host);
    let named = |name: &str, digest: &str| vec![(name.to_owned(), digest[..12].to_owned())];
    let shipped = team.get("activation").await.body["policy"].as_str().unwrap().to_owned();
    assert_eq!(active(&counted(&host).await), named("joined", &shipped));
    let lodash = team.push(conjoin_policies::LODASH.component).await["digest"].clone();
    let lodash = lodash.as_str().unwrap();
    assert_eq!(
        active(&counted(&host).await),
        named("joined", &shipped),
        "it is only there"
    );
    team.activate(lodash, json!({})).await;
    assert_eq!(active(&counted(&host).await), named("lodash", lodash));
    assert_eq!(team.post("activation/rollback", &json!({})).await.status, 200);
    assert_eq!(active(&counted(&host).await), named("joined", &shipped));
}

#[tokio::test]
async fn what_a_host_does_is_counted_and_nobody_is_in_it() {
    let host = Host::start().await;
    let person = Person::named("counted").put(&host.tenant).await;
    person.join(&host).await;
    let browser = Browser::new();
    browser.get_once(host.at("/nowhere/private-7391")).await;
    browser.get_once(host.at("/admin/v1/policies/private-7391")).await;
    let page = browser.get_once(host.at("/metrics")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = &page.text;
    for (name, labels) in [
        (
            "conjoin_policy_decisions_total",
            &[r#"tenant="dev""#, r#"hook="merge""#, r#"ending="answered""#][..],
        ),
        ("conjoin_policy_decision_seconds_count", &[r#"hook="merge""#]),
        ("conjoin_links_total", &[r#"tenant="dev""#, r#"ending="done""#]),
        (
            "conjoin_management_calls_total",
            &[r#"method="POST""#, r#"status="201""#],
        ),
        (
            "conjoin_management_call_seconds_count",
            &[r#"endpoint="/api/v2/users/{id}""#],
        ),
        (
            "conjoin_http_requests_total",
            &[r#"route="/link/confirm""#, r#"method="POST""#],
        ),
        ("conjoin_http_request_seconds_count", &[r#"route="/link/confirm""#]),
        (
            "conjoin_http_request_seconds_bucket",
            &[r#"route="/link/confirm""#, r#"le="60""#],
        ),
        (
            "conjoin_http_requests_total",
            &[r#"route="/admin/v1/policies/{digest}""#, r#"status="401""#],
        ),
    ] {
        let value = sample(text, name, labels);
        assert!(
            value.is_some_and(|value| value >= 1.0),
            "{name} {labels:?} is {value:?}:\n{text}"
        );
    }
    for private in ["counted", "private-7391", "@", "auth0|", "google-oauth2"] {
        assert!(!text.contains(private), "{private}:\n{text}");
    }
}

#[tokio::test]
async fn it_is_kept_from_people_where_the_team_listens_apart() {
    let process = TenantProcess::start();
    let admin = free_port();
    let host = process.host_apart(free_port(), admin, "");
    let apart = Url::parse(&format!("http://localhost:{admin}/")).unwrap();
    let browser = Browser::new();
    assert_eq!(browser.get_once(host.at("/metrics")).await.status, 404);
    let page = browser.get_once(apart.join("/metrics").unwrap()).await;
    assert!(page.text.contains("conjoin_http_requests_total"), "{}", page.text);
}
