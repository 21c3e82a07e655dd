//! A tenant that only observes, and one that is paused.

use conjoin_tests::{Browser, Host, Team, TenantProcess, flow, free_port};

use crate::person::Person;

fn host(process: &TenantProcess, mode: &str) -> Host {
    let settings = format!("mode = {mode:?}");
    process.host(tempfile::tempdir().unwrap(), free_port(), &settings)
}

/// The same browser after its host was away: with its cookies, and connections of its own.
fn reconnected(host: &Host, browser: &Browser) -> Browser {
    let again = Browser::new();
    again.plant(&host.url, "conjoin", &browser.cookie(&host.url, "conjoin").unwrap());
    again
}

async fn decisions(host: &Host) -> usize {
    let token = host.operate(&["token", "create", "--name", "somebody", "--scope", "decisions:read"]);
    let answer = Team::at(&host.url, token.trim()).get("decisions").await;
    answer.body["decisions"].as_array().unwrap().len()
}

#[tokio::test]
async fn who_observes_asks_and_offers_nothing() {
    let process = TenantProcess::start();
    let host = host(&process, "observe");
    let person = Person::named("observed").put(&host.tenant).await;
    let browser = Browser::new();
    let account = person.sign_in(&host, &browser).await;
    assert!(account.forms("[data-offer]").is_empty(), "{}", account.readable());
    assert_eq!(decisions(&host).await, 1, "what would be offered is known");
    person.assert_untouched(&host.tenant).await;
}

/// A preview of before is not confirmed while the tenant is paused, and nothing is taken apart.
#[tokio::test]
async fn who_is_paused_does_nothing_and_says_so() {
    let process = TenantProcess::start();
    let running = host(&process, "on");
    let (joined, open) = (Person::named("joined"), Person::named("open"));
    let (joined, open) = (joined.put(&running.tenant).await, open.put(&running.tenant).await);
    let (separating, confirming) = (Browser::new(), Browser::new());
    let review = joined.review(&running, &separating).await;
    joined.confirm(&running, &separating, &review).await;
    let account = separating.get(running.at("/user")).await;
    let preview = open.review(&running, &confirming).await;
    let port = running.url.port().unwrap();
    let paused = process.host(running.kill(), port, "mode = \"paused\"");

    let (confirming, separating) = (reconnected(&paused, &confirming), reconnected(&paused, &separating));
    let refused = flow::confirm(&confirming, &preview).await;
    assert_eq!(refused.message(), "paused", "{}", refused.readable());
    let form = account.form(&format!("[data-identity={:?}]", joined.google_id()));
    let refused = separating.submit(&form).await;
    assert_eq!(refused.message(), "paused", "{}", refused.readable());
    let account = open.assert_signed_in(&paused, &confirming).await;
    assert!(account.forms("[data-offer]").is_empty());
    let still = paused.tenant.user(&joined.own_id()).await.unwrap();
    assert_eq!(still["identities"].as_array().unwrap().len(), 2);
}
