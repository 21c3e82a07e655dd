//! What decides is changed again and again, as fast as the admin API takes it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use conjoin_tests::{Browser, DEV_TOKEN, Host, Team};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::person::Person;
use crate::platform::put;
use crate::swapping::{BY_INDEX, CONCATENATED};

/// Requests at once: far more than the admin API takes of one token in the time that they take.
const HURRIED: usize = 300;

#[tokio::test]
async fn who_hurries_is_told_when_to_come_back_and_is_let_in_then() {
    let host = Host::start().await;
    let mut requests = JoinSet::new();
    for _ in 0..HURRIED {
        let hurried = Team::of(&host).with(DEV_TOKEN);
        requests.spawn(async move { hurried.get("whoami").await });
    }
    let answers = requests.join_all().await;
    let slowed = answers.into_iter().find(|answer| answer.status != 200).unwrap();
    assert_eq!(
        (slowed.status, &slowed.body["code"]),
        (429, &json!("too-many-requests"))
    );
    let wait = slowed.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(slowed.headers["content-type"], "application/problem+json");
    assert_eq!(Team::of(&host).get("whoami").await.status, 200);
}

/// How many changes of what decides happen while people link.
const CHANGES: usize = 1_000;

/// How many people are at it at any time.
const AT_IT: usize = 4;

/// After every twenty-fifth change somebody asks for a link: the offer is made by the version that had just been activated. Meanwhile others link, and nothing of theirs fails.
#[tokio::test(flavor = "multi_thread")]
async fn s36_a_thousand_activations_and_rollbacks_while_people_link() {
    let host = Arc::new(Host::start().await);
    let team = Team::of(&host);
    let lodash = team.push(conjoin_policies::LODASH.component).await["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let joined = team.push(conjoin_policies::JOINED.component).await["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    team.activate(&joined, json!({})).await;
    let (ended, linked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut people = JoinSet::new();
    for place in 0..AT_IT {
        let (host, ended, linked) = (host.clone(), ended.clone(), linked.clone());
        people.spawn(async move {
            let mut number = 0;
            while !ended.load(Ordering::Relaxed) {
                let person = put(&host, &format!("person{place}x{number}x")).await;
                let tags = person.join(&host).await["user_metadata"]["tags"].clone();
                assert!(
                    tags == json!(BY_INDEX) || tags == json!(CONCATENATED),
                    "one of the two, whole: {tags}"
                );
                linked.fetch_add(1, Ordering::Relaxed);
                number += 1;
            }
        });
    }
    let (looker, browser) = (put(&host, "looker").await, Browser::new());
    looker.sign_in(&host, &browser).await;
    let mut number = team.number().await;
    for change in 0..CHANGES {
        let (answer, now) = match change % 3 {
            0 => (team.put_activation(Some(number), &lodash, json!({})).await, &lodash),
            1 => (team.post("activation/rollback", &json!({})).await, &joined),
            _ => (
                team.put_activation(Some(number), &joined, json!({"arrays": "union"}))
                    .await,
                &joined,
            ),
        };
        assert_eq!(answer.status, 200, "{change}: {}", answer.body);
        number = answer.body["number"].as_i64().unwrap();
        if change % 25 == 0 {
            let account = browser.get(host.at("/user")).await;
            let asked = browser.submit_once(&account.form("[data-offer='Google']")).await;
            assert_eq!(asked.status, 303, "{}", asked.readable());
            assert_eq!(asked_by(&host, &looker), *now, "change {change}");
        }
    }
    ended.store(true, Ordering::Relaxed);
    people.join_all().await;
    assert_eq!(usize::try_from(number).unwrap(), CHANGES + 1);
    assert!(linked.load(Ordering::Relaxed) > AT_IT, "people did link meanwhile");
}

/// Which version made the offer that this person took up last, as the audit trail has it.
fn asked_by(host: &Host, person: &Person) -> String {
    let trail = host.operate(&["audit", "export"]);
    let mut lines = trail
        .lines()
        .rev()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let asked = lines.find(|line| {
        line["entry"]["event"] == "link.requested" && line["entry"]["facts"]["initiator"] == person.own_id()
    });
    asked.unwrap_or_else(|| panic!("{trail}"))["entry"]["facts"]["policy"]
        .as_str()
        .unwrap()
        .to_owned()
}
