//! `GET /metrics`: what is counted while people link, and that nobody can be found in it.

use conjoin_tests::{Browser, Host, TenantProcess, free_port};
use url::Url;

use crate::person::Person;

/// The value of the sample whose name and labels are these.
fn sample(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let is_it = |line: &&str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    };
    let line = text.lines().find(is_it)?;
    line.rsplit(' ').next()?.parse().ok()
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
            "conjoin_http_requests_total",
            &[r#"route="/link/confirm""#, r#"method="POST""#],
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
