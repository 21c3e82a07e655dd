//! What one tenant's policy costs the people of another. A measurement, not a test: `cargo test -p conjoin-tests --test policies fairness -- --ignored --nocapture`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use conjoin_tests::{Browser, Host, TenantProcess, free_port};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use url::Url;

use crate::built::hostile_path;
use crate::person::Person;

/// How often the other tenant's page is opened, and how many people meet the loop meanwhile.
const LOOKS: usize = 300;
const LOOPING: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_policy_that_loops_and_the_people_of_another_tenant() {
    let process = TenantProcess::start();
    let second = format!(
        "
            [tenants.test-second]
            base_url = \"http://127.0.0.1:{{port}}\"
            issuer = \"{issuer}\"
            client_id = \"conjoin-dev\"
            client_secret = \"conjoin-dev-secret\"
            management_client_id = \"conjoin-m2m\"
            management_client_secret = \"conjoin-m2m-secret\"
            policy = {{ component = {component:?} }}
            ",
        issuer = process.tenant.url,
        component = hostile_path(),
    );
    let port = free_port();
    let host = process.host(
        tempfile::tempdir().unwrap(),
        port,
        &second.replace("{port}", &port.to_string()),
    );
    let (ada, browser) = (Person::named("calm").put(&host.tenant).await, Browser::new());
    ada.sign_in(&host, &browser).await;
    let calm = looks(&host, &browser).await;

    let mut elsewhere = host.url.clone();
    elsewhere.set_host(Some("127.0.0.1")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let all_there = Arc::new(Barrier::new(LOOPING + 1));
    let mut people = JoinSet::new();
    for number in 0..LOOPING {
        let person = Person::named(&format!("looping{number}x")).own(json!({"user_metadata": {"on_select": "loop"}}));
        let person = person.put(&host.tenant).await;
        people.spawn(look_on(elsewhere.clone(), person, all_there.clone(), stop.clone()));
    }
    all_there.wait().await;
    let stormy = looks(&host, &browser).await;
    stop.store(true, Ordering::Relaxed);
    let looped: usize = people.join_all().await.into_iter().sum();
    let ratio = |place: usize| stormy[place].as_secs_f64() / calm[place].as_secs_f64();
    let (median, last) = (LOOKS / 2, LOOKS * 99 / 100);
    println!("calm: median {:?}, p99 {:?}", calm[median], calm[last]);
    println!(
        "while {looped} decisions looped: median {:?} ({:.2}x), p99 {:?} ({:.2}x)",
        stormy[median],
        ratio(median),
        stormy[last],
        ratio(last)
    );
}

/// How long each look took, the shortest first.
async fn looks(host: &Host, browser: &Browser) -> Vec<Duration> {
    let mut took = Vec::new();
    for _ in 0..LOOKS {
        let began = Instant::now();
        let page = browser.get(host.at("/user")).await;
        assert_eq!(page.name(), "account");
        took.push(began.elapsed());
    }
    took.sort_unstable();
    took
}

/// Signs in at the other tenant, and once all have, looks again and again; how often.
async fn look_on(elsewhere: Url, person: Person, all_there: Arc<Barrier>, stop: Arc<AtomicBool>) -> usize {
    let browser = Browser::new();
    let form = browser.get(elsewhere.join("/login").unwrap()).await;
    conjoin_tests::flow::enter(&browser, &form, &person.email()).await;
    all_there.wait().await;
    let mut looked = 0;
    while !stop.load(Ordering::Relaxed) {
        browser.get(elsewhere.join("/user").unwrap()).await;
        looked += 1;
    }
    looked
}
