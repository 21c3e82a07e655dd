//! Two hosts over one database: what the team changes at one of them, the other does too.

use std::time::Duration;

use conjoin_tests::{Browser, Host, Team, TenantProcess, flow, free_port};
use serde_json::{Value, json};

use crate::platform::put;
use crate::swapping::{BY_INDEX, CONCATENATED};
use crate::tokens::{ALL, token};

/// How often it is looked whether a host follows, and how long between. It looks for changes twice a second.
const LOOKS: (u32, Duration) = (200, Duration::from_millis(50));

/// How many sign-ins one after another show that something is not asked any more.
const CALM: u32 = 8;

struct Two {
    tenant: TenantProcess,
    first: Host,
    second: Host,
    token: String,
    /// At the first.
    team: Team,
}

impl Two {
    fn start() -> Self {
        let tenant = TenantProcess::start();
        let first = tenant.host(tempfile::tempdir().unwrap(), free_port(), "");
        let second = tenant.host_beside(&first, free_port(), "");
        let scopes = [&ALL[..], &["decisions:read"]].concat();
        let token = token(&first, Some("test"), "team", &scopes);
        let team = Team::at(&first.url, &token);
        Self {
            tenant,
            first,
            second,
            token,
            team,
        }
    }

    async fn push(&self, component: &[u8]) -> String {
        self.team.push(component).await["digest"].as_str().unwrap().to_owned()
    }

    /// The decisions made until now of this version, in shadow or not.
    async fn decisions_of(&self, digest: &str, in_shadow: bool) -> usize {
        let answer = self.team.get("decisions?limit=100").await.body;
        let decisions = answer["decisions"].as_array().unwrap();
        let of = |decision: &&Value| decision["policy"] == digest && decision["shadow"].is_null() != in_shadow;
        decisions.iter().filter(of).count()
    }

    /// Signs people in at the second host until this version is asked there, or asked in shadow.
    async fn wait_at_second(&self, digest: &str, in_shadow: bool) {
        let before = self.decisions_of(digest, in_shadow).await;
        let person = put(&self.second, "waiting").await;
        for _ in 0..LOOKS.0 {
            person.sign_in(&self.second, &Browser::new()).await;
            if self.decisions_of(digest, in_shadow).await > before {
                return;
            }
            tokio::time::sleep(LOOKS.1).await;
        }
        panic!("the other host does not ask {digest}: {}", self.second.log());
    }
}

#[tokio::test]
async fn what_is_activated_and_rolled_back_at_one_host_decides_at_the_other() {
    let two = Two::start();
    let lodash = two.push(conjoin_policies::LODASH.component).await;
    let (begun_before, browser) = (put(&two.second, "before").await, Browser::new());
    let preview = begun_before.review(&two.second, &browser).await;
    two.team.activate(&lodash, json!({})).await;
    two.wait_at_second(&lodash, false).await;
    let joined = put(&two.second, "after").await.join(&two.second).await;
    assert_eq!(joined["user_metadata"]["tags"], json!(BY_INDEX));
    let joined = begun_before.confirm(&two.second, &browser, &preview).await;
    assert_eq!(
        joined["user_metadata"]["tags"],
        json!(CONCATENATED),
        "what was shown is what is done"
    );

    // Who saw an older state is told to look again, whichever host they ask.
    let elsewhere = Team::at(&two.second.url, &two.token);
    assert_eq!(elsewhere.number().await, 1);
    let late = elsewhere.put_activation(Some(0), "lodash", json!({})).await;
    assert_eq!(late.status, 412, "{}", late.body);
    let back = elsewhere.post("activation/rollback", &json!({})).await;
    assert_eq!(back.status, 200, "{}", back.body);
    let default = back.body["policy"].as_str().unwrap();
    assert_ne!(default, lodash);
    let joined = put(&two.second, "rolled").await.join(&two.second).await;
    assert_eq!(
        joined["user_metadata"]["tags"],
        json!(CONCATENATED),
        "at once where it was done"
    );
}

#[tokio::test]
async fn what_is_revoked_at_one_host_confirms_nothing_at_the_other() {
    let two = Two::start();
    let lodash = two.push(conjoin_policies::LODASH.component).await;
    two.team.activate(&lodash, json!({})).await;
    two.wait_at_second(&lodash, false).await;
    let (person, browser) = (put(&two.second, "late").await, Browser::new());
    let preview = person.review(&two.second, &browser).await;
    let revoked = two.team.post(&format!("policies/{lodash}/revoke"), &json!({})).await;
    assert_eq!(revoked.status, 204, "{}", revoked.body);
    // No waiting: this counts at once everywhere.
    let refused = flow::confirm(&browser, &preview).await;
    assert_eq!(refused.message(), "policy-gone", "{}", refused.readable());
    assert!(two.tenant.tenant.writes().await.is_empty());
}

#[tokio::test]
async fn what_is_tried_at_one_host_is_tried_at_the_other_until_it_is_stopped() {
    let two = Two::start();
    let lodash = two.push(conjoin_policies::LODASH.component).await;
    let folder = tempfile::tempdir().unwrap();
    let begun = two.team.command(folder.path(), &["policy", "shadow", &lodash]);
    assert!(begun.status.success(), "{}", String::from_utf8_lossy(&begun.stderr));
    two.wait_at_second(&lodash, true).await;
    assert_eq!(two.team.delete("shadow").await.status, 204);
    let default = two.team.get("activation").await.body["policy"]
        .as_str()
        .unwrap()
        .to_owned();
    // The other host stops too: at last only what decides is asked, again and again. One time says nothing, since it is not asked while it is still at another question.
    let mut calm = 0;
    let person = put(&two.second, "later").await;
    for _ in 0..LOOKS.0 {
        let before = (
            two.decisions_of(&lodash, true).await,
            two.decisions_of(&default, false).await,
        );
        person.sign_in(&two.second, &Browser::new()).await;
        tokio::time::sleep(LOOKS.1).await;
        let after = (
            two.decisions_of(&lodash, true).await,
            two.decisions_of(&default, false).await,
        );
        let stopped = after.0 == before.0 && after.1 > before.1;
        calm = if stopped { calm + 1 } else { 0 };
        if calm == CALM {
            return;
        }
    }
    panic!("the other host goes on asking: {}", two.second.log());
}

#[tokio::test]
async fn a_version_that_fails_for_people_of_both_hosts_is_taken_out_at_both() {
    let two = Two::start();
    let faulty = two.push(&crate::failing::faulty()).await;
    two.team.activate(&faulty, json!({"fault": "select-traps"})).await;
    two.wait_at_second(&faulty, false).await;
    for number in 0..8 {
        for host in [&two.first, &two.second] {
            let person = put(host, &format!("failed{number}")).await;
            person.sign_in(host, &Browser::new()).await;
        }
    }
    let default = crate::failing::after(&two.team, 1).await;
    assert_eq!(
        (&default["kind"], &default["number"]),
        (&json!("breaker"), &json!(2)),
        "{default}"
    );
    two.wait_at_second(default["policy"].as_str().unwrap(), false).await;
    let joined = put(&two.second, "at-last").await.join(&two.second).await;
    assert_eq!(joined["user_metadata"]["tags"], json!(CONCATENATED));
}
